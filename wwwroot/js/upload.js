// Resumable uploads by the tus protocol (tus.min.js), with the browser's own progress. Blazor only hears of them: no byte of
// a file goes through it. What was begun is remembered in this browser, so that the same file goes on where it stopped.
const most = 3;
const running = new Map();
const waiting = [];
let tus = null;
let active = 0;
let count = 0;

const endpoint = () => new URL('api/uploads', document.baseURI).href;
// Half a second, then longer, then every 15 seconds for hours: a network may be away for long.
const delays = Array.from({ length: 1000 }, (_, attempt) => Math.min(15000, 500 * 2 ** Math.min(attempt, 10)));

// The words come from the page, which knows the person's language.
export async function attach(zone, input, listener, library, words) {
  if (!tus) {
    await import(new URL(library, document.baseURI).href);
    tus = window.tus;
  }

  const start = files => {
    for (const file of files) enqueue(file, listener, words);
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
  // What was recorded in the browser (record.js).
  const onRecorded = event => start(event.detail);
  document.addEventListener('crab:files', onRecorded);
  showPaused(listener, words);
  return {
    dispose() {
      gone.add(listener);
      input.removeEventListener('change', onChange);
      page.removeEventListener('dragenter', onEnter);
      page.removeEventListener('dragover', onOver);
      page.removeEventListener('dragleave', onLeave);
      page.removeEventListener('drop', onDrop);
      document.removeEventListener('crab:files', onRecorded);
    },
  };
}

export function cancel(key) {
  running.get(key)?.cancel();
}

// The page may have lost its connection to the studio just now: what ends an upload is told until somebody has heard it.
const lasting = new Set(['UploadDone', 'UploadFailed', 'UploadCancelled']);
const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));
const gone = new WeakSet();

const teller = (key, listener) => async (method, ...values) => {
  for (let attempt = 0; attempt < (lasting.has(method) ? 300 : 1) && !gone.has(listener); attempt++) {
    try {
      if (await Promise.race([listener.invokeMethodAsync(method, key, ...values).then(() => true), pause(5000)])) return;
    } catch { /* the connection is away, or the page has gone */ }
    await pause(1000);
  }
};

// Held while an upload goes on in this page, so that another page does not take it for one that stopped.
const lockOf = url => `upload ${url}`;
const held = async () => new Set((await navigator.locks?.query().catch(() => null))?.held?.map(lock => lock.name) ?? []);

// What was begun before and did not come to its end: the same file, chosen again, goes on.
async function showPaused(listener, words) {
  const storage = tus.defaultOptions.urlStorage, locks = await held();
  for (const known of await storage.findAllUploads()) {
    if (!known.uploadUrl?.startsWith(endpoint()) || locks.has(lockOf(known.uploadUrl))) continue;
    let response;
    try {
      response = await fetch(known.uploadUrl, { method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } });
    } catch {
      continue;
    }
    if (response.status === 404 || response.status === 410 || response.headers.has('Clip-Id')) {
      await storage.removeUpload(known.urlStorageKey);
      continue;
    }
    if (!response.ok) continue;
    const key = `upload-${++count}`, tell = teller(key, listener);
    running.set(key, {
      url: known.uploadUrl,
      paused: true,
      tell,
      async cancel() {
        running.delete(key);
        await storage.removeUpload(known.urlStorageKey);
        await fetch(known.uploadUrl, { method: 'DELETE', headers: { 'Tus-Resumable': '1.0.0' } }).catch(() => {});
        tell('UploadCancelled');
      },
    });
    tell('UploadPaused', known.metadata?.filename ?? words.clip, Number(response.headers.get('Upload-Offset')), known.size);
  }
}

function enqueue(file, listener, words) {
  const key = `upload-${++count}`, tell = teller(key, listener);
  const begin = () => send(file, key, tell, words);
  running.set(key, {
    cancel() {
      running.delete(key);
      waiting.splice(waiting.indexOf(begin), 1);
      tell('UploadCancelled');
    },
  });
  tell('UploadStarted', file.name, file.size);
  waiting.push(begin);
  next();
}

function next() {
  while (active < most && waiting.length) {
    active++;
    waiting.shift()();
  }
}

async function send(file, key, tell, words) {
  let told = 0, ended = false, free = () => {}, locked = null;
  const named = text => text.replace('{0}', () => file.name);
  const end = (method, ...values) => {
    if (ended) return;
    ended = true;
    running.delete(key);
    free();
    active--;
    tell(method, ...values);
    next();
  };
  const hold = url => {
    if (!url || locked === url) return;
    locked = url;
    navigator.locks?.request(lockOf(url), { ifAvailable: true }, () => new Promise(resolve => { free = resolve; })).catch(() => {});
    // The line of the one that had stopped has become this one.
    for (const [other, one] of running) if (one.paused && one.url === url) { running.delete(other); one.tell('UploadCancelled'); }
  };
  const upload = new tus.Upload(file, {
    endpoint: endpoint(),
    retryDelays: delays,
    chunkSize: 64 * 1024 * 1024,
    removeFingerprintOnSuccess: true,
    metadata: { filename: file.name, filetype: file.type },
    onShouldRetry(error) {
      const status = error.originalResponse?.getStatus() ?? 0;
      const again = status === 0 || status === 409 || status === 423 || (status >= 500 && status !== 507);
      if (again) tell('UploadWaiting');
      return again && !ended;
    },
    onUploadUrlAvailable() { hold(upload.url); },
    onProgress(sent, total) {
      const now = performance.now();
      // Five times a second is smooth enough, and leaves the connection to the answers.
      if (now - told < 200 && sent < total) return;
      told = now;
      tell('UploadProgress', sent, total);
    },
    onSuccess({ lastResponse }) {
      const clip = lastResponse?.getHeader('Clip-Id');
      if (clip) end('UploadDone', clip);
      else end('UploadFailed', named(words.silent));
    },
    onError(error) {
      let body = null;
      try { body = JSON.parse(error.originalResponse?.getBody() ?? ''); } catch { /* no JSON: the words below stand for it */ }
      end('UploadFailed', body?.detail ?? body?.title ?? named(error.originalRequest ? words.broken : words.unreadable));
    },
  });
  running.set(key, {
    async cancel() {
      end('UploadCancelled');
      await upload.abort(true).catch(() => {});
    },
  });
  const [before] = (await upload.findPreviousUploads()).sort((one, other) => new Date(other.creationTime) - new Date(one.creationTime));
  if (ended) return;
  if (before) upload.resumeFromPreviousUpload(before);
  upload.start();
}
