// Text filters that stand in the address, and presses on the lists that they rebuild. A filter is applied here, when typing
// rests, and never while a pointer is down on a row; a press counts for the row that lay under the pointer when it went down,
// also when the list was built anew before it was let go.
(() => {
  const rest = 250, still = 8;
  const rows = '.kept-list :is(a[href], button, label), .entry-list a[href], [data-press]';
  let pressed = null, written = null;

  const go = (url, replace) => window.Blazor?.navigateTo(url.pathname + url.search.replaceAll('+', '%20'), { replaceHistoryEntry: replace });

  // --- what is written ----------------------------------------------------------------------------------------------
  // <input data-filter="q" data-filter-ends="page,entry">: the name in the address, and what goes from there with another text.
  document.addEventListener('input', event => {
    const { filter, filterEnds } = event.target.dataset ?? {};
    if (!filter) return;
    clearTimeout(written?.timer);
    written = { name: filter, ends: filterEnds?.split(',') ?? [], value: event.target.value, at: written?.at ?? location.href, timer: setTimeout(apply, rest) };
  }, true);
  // At Enter, and when the field is left.
  document.addEventListener('change', event => { if (event.target.dataset?.filter) apply(); }, true);

  function apply() {
    if (!written || pressed) return;
    const { name, ends, value, at, timer } = written;
    clearTimeout(timer);
    written = null;
    const url = new URL(location.href);
    // A press has led elsewhere.
    if (url.pathname !== new URL(at).pathname || (url.searchParams.get(name) ?? '') === value) return;
    // What a press has opened since stays open.
    const opened = url.href !== at;
    if (value) url.searchParams.set(name, value); else url.searchParams.delete(name);
    for (const end of ends) if (end === 'page' || !opened) url.searchParams.delete(end);
    go(url, true);
  }

  // --- what is pressed ----------------------------------------------------------------------------------------------
  // A link leads where it says; <button data-press="sample=ave:3"> to this address with these values.
  const address = element => {
    if (element.matches('a')) return element.href;
    if (element.dataset.press === undefined) return null;
    const url = new URL(location.href);
    for (const [name, value] of new URLSearchParams(element.dataset.press)) url.searchParams.set(name, value);
    return url.href;
  };

  // A row that was drawn before another text was applied leads to its own entry, beside the text that stands there now.
  const target = press => {
    const url = new URL(press.address), name = document.querySelector('[data-filter]')?.dataset.filter;
    const now = new URL(location.href).searchParams.get(name);
    if (name && url.pathname === location.pathname && (url.searchParams.get(name) ?? '') !== (now ?? '')) {
      if (now) url.searchParams.set(name, now); else url.searchParams.delete(name);
      url.searchParams.delete('page');
    }
    return url;
  };

  // Another button of a row is pressed again where its row stands in the new list; where it does not, nothing is done.
  const twin = press => [...document.querySelectorAll('.kept-list li')].find(row => press.row && row.querySelector('a[href]')?.href === press.row)
    ?.querySelector(`[data-testid="${press.name}"]`);
  const land = press => { if (press.address) go(target(press), !press.link); else twin(press)?.click(); };

  const end = press => {
    if (pressed !== press) return;
    pressed = null;
    apply();
  };

  document.addEventListener('pointerdown', event => {
    const plain = event.button === 0 && event.isPrimary && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    const element = plain ? event.target.closest?.(rows) : null;
    pressed = element ? {
      element, link: element.matches('a'), address: address(element), x: event.clientX, y: event.clientY,
      row: element.closest('li')?.querySelector('a[href]')?.href, name: (element.dataset.testid ? element : element.querySelector('[data-testid]'))?.dataset.testid,
    } : null;
  }, true);

  document.addEventListener('pointerup', event => {
    const press = pressed;
    if (!press) return;
    const near = Math.hypot(event.clientX - press.x, event.clientY - press.y) < still;
    // A mouse clicks at once; a finger a moment later. Where the row has gone, nothing is clicked at all.
    setTimeout(() => {
      if (pressed === press && near && !press.clicked) { press.clicked = true; land(press); }
      end(press);
    }, event.pointerType === 'mouse' ? 0 : 400);
  }, true);

  window.addEventListener('click', event => {
    const press = pressed;
    if (!press || event.detail === 0) return;
    const first = !press.clicked, own = press.element.isConnected && press.element.contains(event.target);
    press.clicked = true;
    if (!own || (press.link && target(press).href !== press.address)) {
      // Another row has come under the pointer, or the row is of the list before.
      event.preventDefault();
      event.stopImmediatePropagation();
      if (first && (own || Math.hypot(event.clientX - press.x, event.clientY - press.y) < still)) land(press);
    }
    // When the press has led where it leads.
    setTimeout(() => end(press), 0);
  }, true);

  for (const name of ['pointercancel', 'dragstart']) document.addEventListener(name, () => { if (pressed) end(pressed); }, true);
})();
