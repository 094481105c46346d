// Recording in the browser: camera with microphone, screen, microphone alone. What is recorded stays here until a person uses
// it; then it goes the way of every other file (upload.js hears the event).
const longest = 10 * 60;
const types = {
  video: ['video/mp4;codecs=avc1.42E01E,mp4a.40.2', 'video/webm;codecs=vp9,opus', 'video/webm;codecs=vp8,opus', 'video/webm'],
  audio: ['audio/mp4;codecs=mp4a.40.2', 'audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/webm'],
};

// The words come from the page, which knows the person's language.
const reason = (error, kind, words) => {
  switch (error?.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return words[`${kind}Refused`];
    case 'NotFoundError':
    case 'OverconstrainedError':
      return words[`${kind}Missing`];
    case 'NotReadableError':
    case 'AbortError':
      return words[`${kind}Busy`];
    default:
      return words.failed.replace('{0}', () => error?.message ?? words.unknown);
  }
};

export function attach(live, playback, listener, words) {
  let stream = null, recorder = null, pieces = [], file = null, kind = 'camera', timer = null, begun = 0, address = null, attempt = 0;
  const tell = (state, message = '', seconds = 0) => listener.invokeMethodAsync('RecordingChanged', state, message, seconds).catch(() => {});
  const letGo = () => {
    clearInterval(timer);
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    live.srcObject = null;
  };
  const forget = () => {
    file = null;
    if (address) URL.revokeObjectURL(address);
    address = null;
    playback.removeAttribute('src');
    playback.load();
  };

  const ask = async () => {
    if (kind !== 'screen') return navigator.mediaDevices.getUserMedia(kind === 'microphone' ? { audio: true } : { audio: true, video: { width: { ideal: 1280 }, height: { ideal: 720 } } });
    const screen = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true });
    // Where the system gives no sound of the screen, the microphone stands in; a screen without sound is fine too.
    if (!screen.getAudioTracks().length) {
      try {
        for (const track of (await navigator.mediaDevices.getUserMedia({ audio: true })).getTracks()) screen.addTrack(track);
      } catch { /* silent, then */ }
    }
    return screen;
  };

  const done = () => {
    const type = recorder.mimeType.split(';')[0] || (kind === 'microphone' ? 'audio/webm' : 'video/webm');
    const stamp = new Date(begun).toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.');
    const seconds = (Date.now() - begun) / 1000;
    letGo();
    const blob = new Blob(pieces, { type });
    pieces = [];
    if (!blob.size) { tell('problem', words.empty); return; }
    file = new File([blob], `${words[`${kind}Name`]} ${stamp}.${type.endsWith('mp4') ? (kind === 'microphone' ? 'm4a' : 'mp4') : type.endsWith('ogg') ? 'ogg' : 'webm'}`, { type, lastModified: begun });
    address = URL.createObjectURL(file);
    playback.src = address;
    tell('done', '', seconds);
  };

  return {
    async start(wanted) {
      letGo();
      forget();
      kind = wanted;
      const own = ++attempt;
      if (!navigator.mediaDevices || !window.MediaRecorder || (kind === 'screen' && !navigator.mediaDevices.getDisplayMedia)) {
        tell('problem', window.isSecureContext ? words.unable : words.unsafe);
        return;
      }
      tell('asking');
      let given;
      try {
        given = await ask();
      } catch (error) {
        if (own === attempt) tell('problem', reason(error, kind, words));
        return;
      }
      stream = given;
      // Closed while the browser still asked.
      if (own !== attempt) { letGo(); return; }
      try {
        const type = types[kind === 'microphone' ? 'audio' : 'video'].find(one => MediaRecorder.isTypeSupported(one));
        recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
        pieces = [];
        recorder.ondataavailable = event => { if (event.data.size) pieces.push(event.data); };
        recorder.onstop = () => { if (own === attempt) done(); };
        // The person ends the sharing in the browser's own bar, or a device goes.
        for (const track of stream.getTracks()) track.addEventListener('ended', () => { if (recorder.state !== 'inactive') recorder.stop(); });
        live.srcObject = stream;
        live.play().catch(() => {});
        recorder.start(1000);
      } catch (error) {
        letGo();
        tell('problem', reason(error, kind, words));
        return;
      }
      begun = Date.now();
      tell('recording');
      timer = setInterval(() => {
        const seconds = (Date.now() - begun) / 1000;
        if (seconds >= longest && recorder.state !== 'inactive') recorder.stop();
        else tell('recording', '', seconds);
      }, 1000);
    },
    stop() {
      clearInterval(timer);
      if (recorder?.state !== 'inactive') recorder?.stop();
    },
    use() {
      if (file) document.dispatchEvent(new CustomEvent('crab:files', { detail: [file] }));
    },
    dispose() {
      attempt++;
      if (recorder && recorder.state !== 'inactive') recorder.stop();
      letGo();
      if (address) URL.revokeObjectURL(address);
    },
  };
}
