// The timeline editor beside Blazor: zoom, playhead, dragging, keys, loop. It draws what is being dragged and says what was done;
// the timeline itself, its rules and its undo are Blazor's.
export function attach(root, editor) {
  const scroll = root.querySelector('[data-lanes-scroll]');
  const content = root.querySelector('[data-lanes-content]');
  const axis = root.querySelector('[data-lanes-axis]');
  const canvas = root.querySelector('[data-lanes-canvas]');
  const ghost = root.querySelector('[data-lanes-ghost]');
  const loopWords = root.querySelector('[data-lanes-loop]');
  // The words of the page's language, which the page puts at the root; values go where {0} stands.
  const say = (words, ...values) => root.dataset[words].replace(/\{(\d)\}/g, (_, place) => values[place]);
  const scope = root.closest('[data-player-root]') ?? document;
  const ended = new AbortController();
  const on = (target, name, does, options) => target.addEventListener(name, does, { signal: ended.signal, ...options });
  const player = () => scope.querySelector('video[data-player], audio[data-player]');
  const duration = () => Number(root.dataset.duration) || player()?.duration || 1;
  const now = () => player()?.currentTime ?? 0;
  const clamp = (value, least, most) => Math.min(most, Math.max(least, value));
  const round = seconds => Math.round(seconds * 1000) / 1000;
  const whole = () => root.dataset.whole === '1';

  // --- zoom ---------------------------------------------------------------------------------------------------------
  let zoom = 1;
  const gutter = () => axis.getBoundingClientRect().left - content.getBoundingClientRect().left;
  const view = () => Math.max(1, scroll.clientWidth - gutter());
  const mostZoom = () => Math.max(4, duration() * 400 / view());
  const setZoom = (wanted, clientX) => {
    const edge = scroll.getBoundingClientRect().left + gutter();
    const at = clamp((clientX ?? edge + view() / 2) - edge, 0, view());
    const time = (scroll.scrollLeft + at) / (view() * zoom);
    zoom = clamp(wanted, 1, mostZoom());
    content.style.setProperty('--zoom', zoom);
    scroll.scrollLeft = time * view() * zoom - at;
    draw();
  };
  on(scroll, 'wheel', event => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    setZoom(zoom * Math.exp(-event.deltaY / 300), event.clientX);
  }, { passive: false });

  // --- the axis: ticks and sound, of what is in sight only, so that a long clip needs no endless canvas ----------------
  let peaks = null;
  const load = async () => {
    if (!root.dataset.waveform) return;
    try {
      const response = await fetch(root.dataset.waveform);
      if (!response.ok || ended.signal.aborted) return;
      const sound = await response.json();
      peaks = { peaks: sound.peaks ?? sound.Peaks, peaksPerSecond: sound.peaksPerSecond ?? sound.PeaksPerSecond };
    } catch {
      // Without a waveform the axis still works.
    }
    draw();
  };
  const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
  const clock = (seconds, step) => {
    if (duration() < 100) return seconds.toFixed(step < 0.1 ? 2 : step < 1 ? 1 : 0);
    const whole = Math.floor(seconds + 1e-9), rest = seconds - whole;
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}${step < 1 ? rest.toFixed(step < 0.1 ? 2 : 1).slice(1) : ''}`;
  };
  let drawn = 0;
  const draw = () => {
    drawn ||= requestAnimationFrame(() => {
      drawn = 0;
      if (!canvas.isConnected) return;
      const width = view(), height = axis.clientHeight, density = window.devicePixelRatio || 1;
      canvas.style.width = `${width}px`;
      canvas.width = Math.round(width * density);
      canvas.height = Math.round(height * density);
      const pen = canvas.getContext('2d');
      pen.scale(density, density);
      const style = getComputedStyle(canvas);
      const perSecond = width * zoom / duration(), from = scroll.scrollLeft / perSecond;
      const sound = height - 16;
      pen.fillStyle = style.color;
      if (peaks?.peaks?.length) {
        for (let x = 0; x < width; x++) {
          const first = Math.floor((from + x / perSecond) * peaks.peaksPerSecond);
          const last = Math.max(first + 1, Math.floor((from + (x + 1) / perSecond) * peaks.peaksPerSecond));
          let peak = 0;
          for (let i = first; i < last && i < peaks.peaks.length; i++) peak = Math.max(peak, peaks.peaks[i]);
          const half = Math.max(0.5, peak * (sound / 2 - 1));
          pen.fillRect(x, 16 + sound / 2 - half, 1, 2 * half);
        }
      }
      const step = steps.find(one => one * perSecond >= 56) ?? 3600;
      pen.font = `12px ${style.fontFamily}`;
      for (let tick = Math.ceil(from / step); tick * step <= Math.min(duration(), from + width / perSecond) + 1e-9; tick++) {
        const x = (tick * step - from) * perSecond;
        pen.fillRect(Math.round(x), 0, 1, 5);
        const words = clock(tick * step, step), space = pen.measureText(words).width;
        pen.fillText(words, clamp(x + 3, 0, width - space), 12);
      }
    });
  };
  on(scroll, 'scroll', draw, { passive: true });
  const sizes = new ResizeObserver(() => setZoom(zoom));
  sizes.observe(scroll);
  const scheme = new MutationObserver(draw);
  scheme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-scheme'] });

  // --- the playhead -------------------------------------------------------------------------------------------------
  let loop = null;
  const loopOf = () => {
    const range = loop && root.querySelector(`[data-range="${CSS.escape(loop.id)}"]`);
    if (range) [loop.from, loop.to] = [Number(range.dataset.from), Number(range.dataset.to)];
    return loop;
  };
  const showTime = () => {
    const time = now();
    content.style.setProperty('--playhead', clamp(time / duration(), 0, 1));
    axis.setAttribute('aria-valuenow', time.toFixed(1));
    axis.setAttribute('aria-valuetext', say('saysSeconds', time.toFixed(1)));
  };
  const keepInSight = () => {
    const x = now() / duration() * view() * zoom - scroll.scrollLeft;
    if (x < 0 || x > view()) scroll.scrollLeft += x - view() * 0.1;
  };
  const seek = seconds => {
    const media = player();
    if (!media) return;
    media.currentTime = clamp(seconds, 0, Number.isFinite(media.duration) ? media.duration : duration());
    showTime();
    keepInSight();
  };
  let frame = 0;
  const follow = () => {
    cancelAnimationFrame(frame);
    const step = () => {
      const media = player();
      if (!media || media.paused || ended.signal.aborted) return;
      const range = loopOf();
      if (range && (media.currentTime >= range.to - 0.01 || media.currentTime < range.from - 0.2)) media.currentTime = range.from;
      showTime();
      keepInSight();
      frame = requestAnimationFrame(step);
    };
    step();
  };
  for (const name of ['timeupdate', 'seeking', 'seeked', 'loadedmetadata', 'pause']) {
    on(document, name, event => { if (event.target === player()) showTime(); }, { capture: true });
  }
  on(document, 'play', event => { if (event.target === player()) follow(); }, { capture: true });
  on(document, 'ended', event => { if (event.target === player() && loopOf()) { seek(loop.from); player().play(); } }, { capture: true });
  const play = () => { const media = player(); if (media) media.paused ? media.play() : media.pause(); };
  const toggleLoop = () => {
    const range = root.querySelector('[data-range].lanes-chosen') ?? document.activeElement?.closest?.('[data-range]');
    loop = loop || !range ? null : { id: range.dataset.range, from: Number(range.dataset.from), to: Number(range.dataset.to) };
    root.classList.toggle('lanes-looping', loop !== null);
    root.querySelector('[data-lanes-do="loop"]').setAttribute('aria-pressed', loop ? 'true' : 'false');
    loopWords.textContent = loop ? say('saysLoop', loop.from, loop.to) : say('saysNoLoop');
    if (loop) { seek(loop.from); player()?.play(); } else player()?.pause();
  };

  // --- what is said to Blazor ---------------------------------------------------------------------------------------
  const ask = async (method, ...args) => {
    try {
      return await editor.invokeMethodAsync(method, ...args);
    } catch (problem) {
      // The connection is down; the page says so.
      console.info(problem);
      return undefined;
    }
  };
  // The element of a range is another one when it has changed its lane, and the keys must not lose the focus with it.
  const focusOn = id => {
    if (id === undefined || ended.signal.aborted) return;
    const within = root.contains(document.activeElement) || document.activeElement === document.body;
    if (!within || document.activeElement?.matches?.('input, select, textarea')) return;
    const range = id && root.querySelector(`[data-range="${CSS.escape(id)}"]`);
    const target = range || root;
    if (document.activeElement !== target) target.focus({ preventScroll: !range });
  };
  const place = () => {
    const track = document.activeElement?.closest?.('[data-lanes-track]');
    return track ? [track.dataset.layer, track.dataset.label, track.dataset.modality] : [null, null, null];
  };
  const press = async what => focusOn(await ask('Pressed', what, now(), ...place()));

  // --- pressing and dragging ------------------------------------------------------------------------------------------
  const timeAt = (track, clientX) => {
    const box = track.getBoundingClientRect();
    return clamp((clientX - box.left) / box.width, 0, 1) * duration();
  };
  const snapped = seconds => whole() ? Math.round(seconds) : seconds;
  let drag = null;
  const drawGhost = (track, from, to) => {
    const box = track.getBoundingClientRect(), base = content.getBoundingClientRect();
    ghost.style.left = `${box.left - base.left + from / duration() * box.width}px`;
    ghost.style.width = `${Math.max(1, (to - from) / duration() * box.width)}px`;
    ghost.style.top = `${box.top - base.top}px`;
    ghost.style.height = `${box.height}px`;
    ghost.textContent = `${round(from)}–${round(to)}`;
    ghost.hidden = false;
  };
  on(root, 'pointerdown', event => {
    if (event.button !== 0) return;
    const onAxis = event.target.closest('[data-lanes-axis]');
    if (onAxis) {
      onAxis.setPointerCapture(event.pointerId);
      drag = { kind: 'seek', target: onAxis };
      seek(timeAt(onAxis, event.clientX));
      return;
    }
    const track = event.target.closest('[data-lanes-track]');
    const range = event.target.closest('[data-range]');
    if (!track || (!range && (event.target.closest('.lanes-range') || track.dataset.layer === 'model'))) return;
    const at = timeAt(track, event.clientX);
    if (range) {
      const box = range.getBoundingClientRect(), edge = Math.min(event.pointerType === 'touch' ? 16 : 8, box.width / 3);
      const kind = event.clientX - box.left < edge ? 'start' : box.right - event.clientX < edge ? 'end' : 'move';
      drag = { kind, target: range, track, at, id: range.dataset.range, from: Number(range.dataset.from), to: Number(range.dataset.to), x: event.clientX, style: range.getAttribute('style') };
      range.focus({ preventScroll: true });
    } else {
      drag = { kind: 'new', target: track, track, at, from: at, to: at, x: event.clientX };
    }
    drag.target.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  on(root, 'pointermove', event => {
    if (!drag) return;
    if (drag.kind === 'seek') { seek(timeAt(drag.target, event.clientX)); return; }
    if (!drag.moved && Math.abs(event.clientX - drag.x) < 4) return;
    drag.moved = true;
    const at = timeAt(drag.track, event.clientX), by = at - drag.at, length = drag.to - drag.from;
    if (drag.kind === 'new') [drag.newFrom, drag.newTo] = [snapped(Math.min(drag.at, at)), snapped(Math.max(drag.at, at))];
    else if (drag.kind === 'move') { drag.newFrom = clamp(snapped(drag.from + by), 0, Math.max(0, duration() - length)); drag.newTo = drag.newFrom + length; }
    else if (drag.kind === 'start') [drag.newFrom, drag.newTo] = [clamp(snapped(drag.from + by), 0, drag.to - 0.01), drag.to];
    else [drag.newFrom, drag.newTo] = [drag.from, clamp(snapped(drag.to + by), drag.from + 0.01, duration())];
    drawGhost(drag.track, drag.newFrom, drag.newTo);
    if (drag.kind !== 'new') drag.target.classList.add('lanes-dragged');
  });
  const drop = async cancelled => {
    const done = drag;
    drag = null;
    ghost.hidden = true;
    if (!done || done.kind === 'seek') return;
    done.target.classList.remove('lanes-dragged');
    if (cancelled) return;
    if (!done.moved) {
      if (done.kind === 'new') { seek(done.at); await ask('Chosen', null); }
      else await ask('Chosen', done.id);
      return;
    }
    if (done.kind === 'new') {
      if (done.newTo - done.newFrom >= 0.01) {
        const { layer, label, modality } = done.track.dataset;
        focusOn(await ask('Drawn', layer, label, modality, round(done.newFrom), round(done.newTo)));
      }
    } else {
      focusOn(await ask('Placed', done.id, round(done.newFrom), round(done.newTo)));
    }
  };
  on(root, 'pointerup', () => drop(false));
  on(root, 'pointercancel', () => drop(true));
  on(root, 'focusin', event => {
    const range = event.target.closest('[data-range]');
    if (range && !drag && !range.classList.contains('lanes-chosen')) ask('Chosen', range.dataset.range);
  });
  on(root, 'click', event => {
    const does = event.target.closest('[data-lanes-do]')?.dataset.lanesDo;
    if (does === 'in') setZoom(zoom * 2);
    else if (does === 'out') setZoom(zoom / 2);
    else if (does === 'fit') setZoom(1);
    else if (does === 'loop') toggleLoop();
    const what = event.target.closest('[data-lanes-press]')?.dataset.lanesPress;
    if (what) press(what);
  });

  // --- keys -----------------------------------------------------------------------------------------------------------
  const ranges = () => [...root.querySelectorAll('[data-range]')];
  on(root, 'keydown', event => {
    const target = event.target, typing = target.matches('input, select, textarea');
    if (typing || event.isComposing || target.closest('.marks')) return;
    const range = target.closest('[data-range]'), onAxis = target.closest('[data-lanes-axis]');
    const control = event.ctrlKey || event.metaKey, key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const side = event.shiftKey ? 'end-' : control || event.altKey ? 'start-' : '';
    let does = null;
    if (control && key === 'z') does = () => press(event.shiftKey ? 'redo' : 'undo');
    else if (control && key === 'y') does = () => press('redo');
    else if (onAxis && (key === 'ArrowLeft' || key === 'ArrowRight')) does = () => seek(now() + (key === 'ArrowLeft' ? -1 : 1) * (event.shiftKey ? 0.1 : 1));
    else if (key === 'ArrowLeft' || key === 'ArrowRight') does = () => press(side + (key === 'ArrowLeft' ? 'left' : 'right'));
    else if (control || event.altKey) return;
    else if (key === 'ArrowUp' || key === 'ArrowDown') {
      const all = ranges(), at = all.indexOf(range ?? root.querySelector('[data-range].lanes-chosen'));
      does = () => (key === 'ArrowDown' ? all[Math.min(all.length - 1, at + 1)] : all[Math.max(0, at - 1)])?.focus();
    }
    else if (key === 'Home' || key === 'End') does = () => seek(key === 'Home' ? 0 : duration());
    else if (key === 'PageUp' || key === 'PageDown') does = onAxis ? () => seek(now() + (key === 'PageUp' ? 10 : -10)) : null;
    else if (key === ' ') does = range || onAxis || target === root ? play : null;
    else if (key === 'Enter') does = range ? () => ask('Pressed', 'relabel', now(), null, null, null) : onAxis ? play : null;
    else if (key === 'Delete' || key === 'Backspace') does = () => press('delete');
    else if (key === ',' || key === '.') does = () => { player()?.pause(); seek(now() + (key === ',' ? -1 : 1) / (Number(root.dataset.fps) || 25)); };
    else if (key === 'l') does = toggleLoop;
    else if (key === '+' || key === '=') does = () => setZoom(zoom * 2);
    else if (key === '-') does = () => setZoom(zoom / 2);
    else if (key === '0') does = () => setZoom(1);
    else does = { s: () => press('split'), m: () => press('merge'), n: () => press('new'), r: () => press('snap'), '[': () => press('start-here'), ']': () => press('end-here'), '?': () => press('help') }[key];
    if (!does) return;
    event.preventDefault();
    event.stopPropagation();
    does();
  });
  // Space would press the button when it is let go.
  on(root, 'keyup', event => { if (event.key === ' ' && event.target.closest('[data-range]')) event.preventDefault(); });

  load();
  showTime();
  root.focus({ preventScroll: true });
  if (player() && !player().paused) follow();
  return {
    dispose() {
      ended.abort();
      cancelAnimationFrame(frame);
      sizes.disconnect();
      scheme.disconnect();
    },
  };
}
