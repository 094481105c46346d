// What pages need beside Blazor: one playhead for player and timeline, the waveform, keys that must not scroll, the clipboard.
// All by delegation from the document, so that nothing has to be attached when Blazor draws anew.
(() => {
  const root = element => element.closest('[data-player-root]') ?? document;
  const media = scope => scope.querySelector('video[data-player], audio[data-player]');

  // --- time -------------------------------------------------------------------------------------------------------
  const clock = (axis, seconds) => axis.dataset.seconds?.replace('{0}', seconds.toFixed(1)) ?? seconds.toFixed(1);

  const showTime = player => {
    const scope = root(player);
    const timeline = scope.querySelector('[data-timeline]');
    if (!timeline) return;
    const length = Number(timeline.dataset.duration) || player.duration || 1;
    const share = Math.min(1, player.currentTime / length);
    timeline.style.setProperty('--playhead', share);
    const axis = timeline.querySelector('[data-axis]');
    axis?.setAttribute('aria-valuenow', player.currentTime.toFixed(1));
    axis?.setAttribute('aria-valuetext', clock(axis, player.currentTime));
    for (const element of timeline.querySelectorAll('[data-from]')) {
      const inside = player.currentTime >= Number(element.dataset.from) && player.currentTime < Number(element.dataset.to);
      element.classList.toggle('now', inside);
    }
  };

  // timeupdate comes four times a second; between, the playhead follows the picture.
  let following = false;
  const follow = player => {
    if (following) return;
    following = true;
    const step = () => {
      if (!player.isConnected || player.paused || player.ended) { following = false; return; }
      showTime(player);
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  };

  for (const name of ['timeupdate', 'seeking', 'seeked', 'loadedmetadata', 'pause', 'ended']) {
    document.addEventListener(name, event => { if (event.target.matches?.('[data-player]')) showTime(event.target); }, true);
  }
  document.addEventListener('play', event => { if (event.target.matches?.('[data-player]')) follow(event.target); }, true);

  const seek = (player, seconds) => {
    if (!player) return;
    const end = Number.isFinite(player.duration) ? player.duration : Infinity;
    player.currentTime = Math.max(0, Math.min(seconds, end));
    showTime(player);
  };

  // The skip link moves the focus; as an ordinary link it would only change the address.
  document.addEventListener('click', event => {
    if (!event.target.closest?.('.skip-link')) return;
    event.preventDefault();
    document.getElementById('content')?.focus();
  }, true);

  document.addEventListener('click', event => {
    const target = event.target.closest?.('[data-seek]');
    if (target) seek(media(root(target)), Number(target.dataset.seek));
  });

  // The axis takes presses anywhere along it, also while dragging.
  const seekByPointer = (axis, event) => {
    const box = axis.getBoundingClientRect();
    const timeline = axis.closest('[data-timeline]');
    seek(media(root(axis)), (event.clientX - box.left) / box.width * Number(timeline.dataset.duration));
  };
  document.addEventListener('pointerdown', event => {
    const axis = event.target.closest?.('[data-axis]');
    if (!axis || event.button !== 0) return;
    axis.setPointerCapture(event.pointerId);
    seekByPointer(axis, event);
    const move = moved => seekByPointer(axis, moved);
    axis.addEventListener('pointermove', move);
    axis.addEventListener('lostpointercapture', () => axis.removeEventListener('pointermove', move), { once: true });
  });

  // --- keys -------------------------------------------------------------------------------------------------------
  document.addEventListener('keydown', event => {
    const target = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || !target.closest) return;
    const axis = target.closest('[data-axis]');
    if (axis) {
      const player = media(root(axis));
      const step = event.shiftKey ? 0.1 : 1;
      const moves = { ArrowRight: step, ArrowUp: step, ArrowLeft: -step, ArrowDown: -step, PageUp: 10, PageDown: -10 };
      if (player && event.key in moves) seek(player, player.currentTime + moves[event.key]);
      else if (player && event.key === 'Home') seek(player, 0);
      else if (player && event.key === 'End') seek(player, Number(axis.closest('[data-timeline]').dataset.duration));
      else if (player && (event.key === ' ' || event.key === 'Enter')) player.paused ? player.play() : player.pause();
      else return;
      event.preventDefault();
      return;
    }

    // A list box: Blazor moves the selection, this only keeps the page from scrolling.
    if (target.dataset?.keys === 'arrows' && /^(Arrow|Page|Home$|End$)/.test(event.key)) {
      event.preventDefault();
      return;
    }

    // Tabs: arrows move along and open.
    const tabs = target.closest('[data-keys="tabs"]');
    if (tabs && target.matches('[role="tab"]')) {
      const all = [...tabs.querySelectorAll('[role="tab"]')];
      const at = all.indexOf(target);
      const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
      if (next === undefined) return;
      const tab = all[(next + all.length) % all.length];
      tab.focus();
      tab.click();
      event.preventDefault();
    }
  });

  // The selected token stays in sight inside its strip, also while the newest is followed; the page itself never moves,
  // and neither does the strip while the pointer reads in it.
  new MutationObserver(changes => {
    for (const strip of new Set(changes.map(change => change.target))) {
      const token = document.getElementById(strip.getAttribute('aria-activedescendant'));
      if (!token || !strip.matches('.token-strip') || (strip.matches(':hover') && document.activeElement !== strip)) continue;
      const [cell, frame] = [token.getBoundingClientRect(), strip.getBoundingClientRect()];
      if (cell.top < frame.top) strip.scrollTop -= frame.top - cell.top + 8;
      else if (cell.bottom > frame.bottom) strip.scrollTop += cell.bottom - frame.bottom + 8;
    }
  }).observe(document.documentElement, { subtree: true, attributes: true, attributeFilter: ['aria-activedescendant'] });

  // --- waveform ---------------------------------------------------------------------------------------------------
  // <crab-waveform src="…" seconds="10"></crab-waveform>: peaks over the length of the axis, in the colour of the text.
  class CrabWaveform extends HTMLElement {
    static observedAttributes = ['src', 'seconds'];
    #peaks = null;
    #canvas = null;
    #sizes = new ResizeObserver(() => this.#draw());
    #scheme = new MutationObserver(() => this.#draw());

    connectedCallback() {
      this.#canvas ??= this.appendChild(document.createElement('canvas'));
      this.#sizes.observe(this);
      this.#scheme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-scheme'] });
      this.#load();
    }

    disconnectedCallback() {
      this.#sizes.disconnect();
      this.#scheme.disconnect();
    }

    attributeChangedCallback(name, before, after) {
      if (!this.#canvas || before === after) return;
      if (name === 'src') this.#load(); else this.#draw();
    }

    async #load() {
      const src = this.getAttribute('src');
      this.#peaks = null;
      try {
        const response = await fetch(src);
        if (response.ok && src === this.getAttribute('src')) this.#peaks = await response.json();
      } catch {
        // Without a waveform the axis still works.
      }
      this.#draw();
    }

    #draw() {
      const { clientWidth: width, clientHeight: height } = this;
      const density = window.devicePixelRatio || 1;
      this.#canvas.width = Math.round(width * density);
      this.#canvas.height = Math.round(height * density);
      const peaks = this.#peaks?.peaks ?? this.#peaks?.Peaks;
      if (!peaks?.length || !width) return;
      const perSecond = this.#peaks.peaksPerSecond ?? this.#peaks.PeaksPerSecond;
      const seconds = Number(this.getAttribute('seconds')) || peaks.length / perSecond;
      const context = this.#canvas.getContext('2d');
      context.scale(density, density);
      context.fillStyle = getComputedStyle(this).color;
      for (let x = 0; x < width; x++) {
        const from = Math.floor(x / width * seconds * perSecond);
        const to = Math.max(from + 1, Math.floor((x + 1) / width * seconds * perSecond));
        let peak = 0;
        for (let i = from; i < to && i < peaks.length; i++) peak = Math.max(peak, peaks[i]);
        const half = Math.max(0.5, peak * (height / 2 - 1));
        context.fillRect(x, height / 2 - half, 1, 2 * half);
      }
    }
  }
  customElements.define('crab-waveform', CrabWaveform);

  // --- clipboard --------------------------------------------------------------------------------------------------
  window.crabStudio = {
    async copy(text) {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch {
        // Not a secure address, or not allowed: the old way.
        const area = Object.assign(document.createElement('textarea'), { value: text });
        area.style.cssText = 'position:fixed;opacity:0';
        document.body.append(area);
        area.select();
        const done = document.execCommand('copy');
        area.remove();
        return done;
      }
    },
  };
})();
