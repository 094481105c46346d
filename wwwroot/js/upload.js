// Resumable uploads by the tus protocol (tus.min.js), with the browser's own progress. Blazor only hears of them: no byte of
// a file goes through it. What was begun is remembered in this browser, so that the same file goes on where it stopped.
const most = 3;
const running = new Map();
const waiting = [];
// Who draws the uploads: the zone of the page that is open, if it has one. They go on without it, and another takes over.
let listening = null;
// What that page says in its person's language.
let words = {};
const lines = new Map();
let tus = null;
let active = 0;
let count = 0;

const endpoint = () => new URL('api/uploads', document.baseURI).href;
// Half a second, then longer, then every 15 seconds for hours: a network may be away for long.
const delays = Array.from({ length: 1000 }, (_, attempt) => Math.min(15000, 500 * 2 ** Math.min(attempt, 10)));

export async function attach(input, listener, library, told) {
  if (!tus) {
    await import(new URL(library, document.baseURI).href);
    tus = window.tus;
  }

  const start = files => {
    for (const file of files) enqueue(file);
  };
  const onChange = () => { start(input.files); input.value = ''; };
  input.addEventListener('change', onChange);
  // What was recorded in the browser (record.js), and what was dropped on this page or on the one before (drop.js).
  const onRecorded = event => start(event.detail);
  const onBrought = event => { event?.preventDefault(); start(window.crabBrought.splice(0)); };
  document.addEventListener('crab:files', onRecorded);
  document.addEventListener('crab:brought', onBrought);
  [listening, words] = [listener, told];
  for (const [key, line] of lines) {
    const tell = teller(key);
    tell('UploadStarted', line.name, line.size);
    tell('UploadProgress', line.sent, line.size);
  }
  for (const [key, one] of running) if (one.paused) running.delete(key);
  onBrought();
  showPaused();
  return {
    dispose() {
      if (listening === listener) listening = null;
      input.removeEventListener('change', onChange);
      document.removeEventListener('crab:files', onRecorded);
      document.removeEventListener('crab:brought', onBrought);
    },
  };
}

export function cancel(key) {
  running.get(key)?.cancel();
}

// The page may have lost its connection to the studio just now: what ends an upload is told until somebody has heard it.
const lasting = new Set(['UploadDone', 'UploadFailed', 'UploadCancelled']);
const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

const teller = key => async (method, ...values) => {
  for (let attempt = 0; attempt < (lasting.has(method) ? 300 : 1); attempt++) {
    try {
      if (listening && await Promise.race([listening.invokeMethodAsync(method, key, ...values).then(() => true), pause(5000)])) break;
    } catch { /* the connection is away, or the page has gone */ }
    if (lasting.has(method)) await pause(1000);
  }
  if (lasting.has(method)) lines.delete(key);
};

// Held while an upload goes on in this page, so that another page does not take it for one that stopped.
const lockOf = url => `upload ${url}`;
const held = async () => new Set((await navigator.locks?.query().catch(() => null))?.held?.map(lock => lock.name) ?? []);

// What was begun before and did not come to its end: the same file, chosen again, goes on.
async function showPaused() {
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
    const key = `upload-${++count}`, tell = teller(key);
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

function enqueue(file) {
  const key = `upload-${++count}`, tell = teller(key);
  const begin = () => send(file, key, tell);
  running.set(key, {
    cancel() {
      running.delete(key);
      waiting.splice(waiting.indexOf(begin), 1);
      tell('UploadCancelled');
    },
  });
  lines.set(key, { name: file.name, size: file.size, sent: 0 });
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

async function send(file, key, tell) {
  let told = 0, ended = false, free = () => {}, locked = null;
  const end = (method, ...values) => {
    if (ended) return;
    ended = true;
    running.delete(key);
    free();
    active--;
    tell(method, ...values);
    next();
  };
  const named = text => text.replace('{0}', () => file.name);
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
      if (lines.has(key)) lines.get(key).sent = sent;
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
