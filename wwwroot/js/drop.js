// Files dropped on any page. Where the upload zone is (upload.js) it takes them at once; from every other page they wait in
// this browser for the New analysis page, which is opened for them.
(() => {
  const brought = window.crabBrought = [];
  const root = document.documentElement;
  const media = item => item.kind === 'file' && (item.type === '' || /^(video|audio|image)\//.test(item.type));
  const here = () => document.querySelector('.upload-zone') !== null;
  // A field for files takes what is dropped on it by itself; the one for clips is the zone's.
  const own = event => event.target.closest?.('input[type=file]') && !event.target.closest('.upload-zone');
  const blocked = () => document.querySelector('dialog[open], .mud-dialog') !== null;
  // Other files are refused in words where clips are uploaded; elsewhere they are no reason to leave the page.
  const wanted = event => !blocked() && (here() || [...event.dataTransfer.items].some(media));
  const files = event => [...(event.dataTransfer?.types ?? [])].includes('Files') && !own(event);
  let depth = 0;

  const show = on => {
    if (on) root.dataset.dragging = here() ? 'here' : 'away';
    else { depth = 0; delete root.dataset.dragging; }
  };

  document.addEventListener('dragenter', event => {
    if (!files(event)) return;
    event.preventDefault();
    depth++;
    if (wanted(event)) show(true);
  });
  document.addEventListener('dragover', event => {
    if (!files(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = wanted(event) ? 'copy' : 'none';
  });
  document.addEventListener('dragleave', event => {
    if (--depth <= 0 || event.relatedTarget === null) show(false);
  });
  // What lay under the pointer may have gone while something was dragged over it; a pointer that moves drags nothing.
  document.addEventListener('pointermove', () => { if (root.dataset.dragging) show(false); }, { passive: true });
  document.addEventListener('drop', event => {
    if (!files(event)) return;
    // Who misses the box must not leave the page for the file.
    event.preventDefault();
    const take = wanted(event);
    show(false);
    if (!take) return;
    const dropped = [...event.dataTransfer.files];
    brought.push(...here() ? dropped : dropped.filter(file => media({ kind: 'file', type: file.type })));
    if (document.dispatchEvent(new CustomEvent('crab:brought', { cancelable: true })) && location.pathname !== '/') window.Blazor?.navigateTo('/');
  });
})();
