// Light or dark. Runs before the first paint, so that a dark page never flashes white, and tells the server by cookie.
(() => {
  const system = window.matchMedia('(prefers-color-scheme: dark)');
  let watcher = null;

  const read = name => document.cookie.split('; ').find(part => part.startsWith(name + '='))?.slice(name.length + 1);
  const write = (name, value) => { document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`; };
  const choice = () => { const kept = read('crab-theme'); return kept === 'light' || kept === 'dark' ? kept : 'system'; };

  const apply = () => {
    const dark = choice() === 'system' ? system.matches : choice() === 'dark';
    document.documentElement.dataset.scheme = dark ? 'dark' : 'light';
    write('crab-scheme', dark ? 'dark' : 'light');
    watcher?.invokeMethodAsync('ThemeChanged', choice(), dark).catch(() => {}); // the page may have lost its connection
  };

  system.addEventListener('change', apply);
  window.crabTheme = {
    watch(reference) { watcher = reference; apply(); },
    unwatch() { watcher = null; },
    choose(value) { write('crab-theme', value); apply(); },
  };
  apply();
})();
