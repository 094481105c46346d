// Uploads by plain HTTP, with the browser's own progress. Blazor only hears of them: no byte of a file goes through it.
const running = new Map();

export function attach(zone, input, listener) {
  const start = files => {
    for (const file of files) send(file, listener);
  };
  const onChange = () => { start(input.files); input.value = ''; };
  const hasFiles = event => [...(event.dataTransfer?.types ?? [])].includes('Files');
  let depth = 0;
  const onEnter = event => { if (hasFiles(event)) { event.preventDefault(); depth++; zone.classList.add('dragging'); } };
  const onOver = event => { if (hasFiles(event)) { event.preventDefault(); event.dataTransfer.dropEffect = 'copy'; } };
  const onLeave = () => { if (--depth <= 0) { depth = 0; zone.classList.remove('dragging'); } };
  const onDrop = event => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    zone.classList.remove('dragging');
    if (!input.disabled) start(event.dataTransfer.files);
  };
  // The whole page takes drops: who misses the box must not leave the page for the file.
  const page = document.documentElement;
  input.addEventListener('change', onChange);
  page.addEventListener('dragenter', onEnter);
  page.addEventListener('dragover', onOver);
  page.addEventListener('dragleave', onLeave);
  page.addEventListener('drop', onDrop);
  return {
    dispose() {
      input.removeEventListener('change', onChange);
      page.removeEventListener('dragenter', onEnter);
      page.removeEventListener('dragover', onOver);
      page.removeEventListener('dragleave', onLeave);
      page.removeEventListener('drop', onDrop);
    },
  };
}

export function cancel(key) {
  running.get(key)?.abort();
}

let count = 0;

function send(file, listener) {
  const key = `upload-${++count}`;
  const request = new XMLHttpRequest();
  const form = new FormData();
  form.append('file', file, file.name);
  running.set(key, request);

  let told = 0;
  const tell = (method, ...values) => listener.invokeMethodAsync(method, key, ...values).catch(() => {});
  request.upload.addEventListener('progress', event => {
    const now = performance.now();
    // Five times a second is smooth enough, and leaves the connection to the answers.
    if (now - told < 200 && event.loaded < event.total) return;
    told = now;
    tell('UploadProgress', event.loaded, event.total);
  });
  const end = (method, ...values) => { running.delete(key); tell(method, ...values); };
  request.addEventListener('load', () => {
    let body = null;
    try { body = JSON.parse(request.responseText); } catch { /* no JSON: the status says it */ }
    if (request.status === 201 && body?.id) end('UploadDone', body.id);
    else end('UploadFailed', body?.detail ?? body?.title ?? `The studio refused ${file.name} (${request.status} ${request.statusText}). Try again.`);
  });
  request.addEventListener('error', () => end('UploadFailed', `The connection broke while ${file.name} was sent. Check that the studio is running and try again.`));
  request.addEventListener('abort', () => end('UploadCancelled'));
  request.open('POST', 'api/clips');
  request.setRequestHeader('Accept', 'application/json');
  tell('UploadStarted', file.name, file.size);
  request.send(form);
}
