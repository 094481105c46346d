// The red bar when the connection to the studio is lost. Blazor tries some times and then gives up; this goes on until
// the studio answers. What the page showed lives on the server, so loading it again loses nothing.
(() => {
  const bar = document.getElementById('components-reconnect-modal');
  let trying = false;

  const reload = () => { bar.classList.add('connection-back'); location.reload(); };

  const keepTrying = async () => {
    if (trying) return;
    trying = true;
    bar.classList.add('connection-trying');
    for (;;) {
      try {
        if (await Blazor.reconnect()) break; // the same page goes on
        return reload();                     // the studio answers but no longer knows this page
      } catch {
        await new Promise(resolve => setTimeout(resolve, 1500)); // not there yet
      }
    }
    trying = false;
    bar.classList.remove('connection-trying');
  };

  bar.addEventListener('components-reconnect-state-changed', event => {
    if (event.detail.state === 'failed') keepTrying();
    else if (event.detail.state === 'rejected' || event.detail.state === 'resume-failed') reload();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && bar.classList.contains('components-reconnect-show')) keepTrying();
  });
})();
