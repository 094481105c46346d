// Shortcuts that work anywhere, and the list of them. Single letters can be switched off, because speech input types letters.
(() => {
  const stored = 'crab-letter-keys';
  const letters = () => localStorage.getItem(stored) !== 'off';
  const writes = element => element.closest?.('input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable], dialog[open], .mud-dialog');

  const open = () => {
    const dialog = document.getElementById('shortcuts');
    if (!dialog || dialog.open) return;
    dialog.querySelector('[data-letters]').checked = letters();
    dialog.showModal();
  };

  document.addEventListener('click', event => {
    if (event.target.closest?.('[data-opens="shortcuts"]')) open();
    // A press beside the dialog closes it.
    else if (event.target.id === 'shortcuts') event.target.close();
  });
  document.addEventListener('change', event => {
    if (event.target.matches?.('[data-letters]')) localStorage.setItem(stored, event.target.checked ? 'on' : 'off');
  });

  document.addEventListener('keydown', event => {
    if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
      const form = event.target.closest?.('form.question-form');
      if (form) {
        form.requestSubmit();
        event.preventDefault();
      }
      return;
    }

    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !event.target.closest || writes(event.target)) return;
    // The timeline editor has letters of its own, and a list of them.
    if (event.target.closest('[data-lanes]') || !letters() && event.key !== '?') return;
    const places = { n: '/', s: '/sessions', q: '/queue' };
    if (event.key === '?') open();
    else if (event.key === '/') {
      const search = document.querySelector('main input[type=search], main [data-search] input, main input[data-search]');
      if (!search) return;
      search.focus();
    } else if (event.key in places) window.Blazor?.navigateTo(places[event.key]);
    else return;
    event.preventDefault();
  });

  // --- a word when an answer is done, for who looks elsewhere ------------------------------------------------------
  const wanted = 'crab-notify';
  window.crabNotice = {
    // on, off, denied or missing
    state: () => !('Notification' in window) ? 'missing' : Notification.permission === 'denied' ? 'denied'
      : Notification.permission === 'granted' && localStorage.getItem(wanted) === 'on' ? 'on' : 'off',
    async turn(on) {
      if (on && 'Notification' in window && Notification.permission === 'default') await Notification.requestPermission();
      localStorage.setItem(wanted, on ? 'on' : 'off');
      return this.state();
    },
    tell(title, text) {
      if (document.visibilityState === 'visible' && document.hasFocus() || this.state() !== 'on') return false;
      const notice = new Notification(title, { body: text, tag: 'crab-answer' });
      notice.onclick = () => { window.focus(); notice.close(); };
      return true;
    },
  };

  // --- the last settings -------------------------------------------------------------------------------------------
  window.crabSettings = {
    get: name => localStorage.getItem(`crab-${name}`),
    set: (name, value) => value === null ? localStorage.removeItem(`crab-${name}`) : localStorage.setItem(`crab-${name}`, value),
  };
})();
