// Routing over time, space and depth: elements that fetch their numbers in binary pieces and draw them on canvas.
// Nothing of it passes through Blazor; what a person selects goes into the address, from where every view takes it.

// --- selection --------------------------------------------------------------------------------------------------
const kinds = ['words', 'sound', 'video', 'still'];

const parse = text => {
  const items = new Map();
  for (const item of (text ?? '').split('~')) {
    const dash = item.indexOf('-');
    if (dash > 0) items.set(item.slice(0, dash), item.slice(dash + 1));
  }
  return items;
};

const format = items => ['tokens', 'time', 'patch', 'modality', 'part', 'layer', 'module', 'expert'].filter(name => items.has(name)).map(name => `${name}-${items.get(name)}`).join('~');

const only = (items, names) => new Map([...items].filter(([name]) => names.includes(name)));

// What is selected of a part's linears: of another part's selection, nothing.
const linearsOf = (part, items) => (items.has('part') && items.get('part') !== part ? new Map() : only(items, ['layer', 'module']));

const number = (value, digits = 3) => String(Number(value.toFixed(digits)));

// Changes the selection in the address; the same again takes it back.
const choose = (answer, changes) => {
  const url = new URL(location.href);
  const items = parse(url.searchParams.get('select'));
  const again = Object.entries(changes).every(([name, value]) => (value === null ? !items.has(name) : items.get(name) === value));
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || again) items.delete(name); else items.set(name, value);
  }
  const select = format(items);
  if (select) url.searchParams.set('select', select); else url.searchParams.delete('select');
  url.searchParams.set('answer', answer);
  // As the studio writes it: “~” needs no escape in an address.
  Blazor.navigateTo(url.pathname + url.search.replaceAll('%7E', '~'), { replaceHistoryEntry: true });
};

// --- numbers ----------------------------------------------------------------------------------------------------
const entropy = mix => mix.reduce((sum, share) => sum - (share > 0 ? share * Math.log2(share) : 0), 0);
const letter = expert => (expert < 26 ? String.fromCharCode(65 + expert) : `E${expert + 1}`);
const shares = mix => [...mix].map((share, expert) => `${letter(expert)} ${(100 * share).toFixed(2)}%`).join(', ');

// The words of a view, as the server gave them in the language of the page, with {0}, {1}, … for values.
const wordsOf = element => JSON.parse(element.closest('[data-route-view]')?.dataset.words ?? '{}');
const fill = (text, ...values) => (text ?? '').replace(/\{(\d)\}/g, (_, place) => values[place]);

// What a page has of one answer: kept while an element draws it, and forgotten with the last.
const stores = new Map();

class Store {
  #answer;
  #pieces = new Map();
  users = 0;

  constructor(answer) { this.#answer = answer; }

  static take(answer) {
    if (!stores.has(answer)) stores.set(answer, new Store(answer));
    const store = stores.get(answer);
    store.users++;
    return store;
  }

  release() {
    if (--this.users <= 0) stores.delete(this.#answer);
  }

  #get(path, read) {
    if (!this.#pieces.has(path)) {
      const piece = fetch(`/api/answers/${this.#answer}/routes/${path}`).then(async response => {
        if (!response.ok) throw Object.assign(new Error((await response.json().catch(() => null))?.detail ?? ''), { status: response.status });
        return read(response);
      });
      piece.catch(() => this.#pieces.delete(path));
      // Selections come and go: the pieces of the last few are enough.
      if (this.#pieces.size > 48) this.#pieces.delete(this.#pieces.keys().next().value);
      this.#pieces.set(path, piece);
    }
    return this.#pieces.get(path);
  }

  outline() { return this.#get('outline', response => response.json()); }

  #floats(path) {
    return this.#get(path, async response => ({ values: new Float32Array(await response.arrayBuffer()), count: Number(response.headers.get('X-Count') ?? 0) }));
  }

  async places(part) {
    const { values } = await this.#floats(`places?part=${part}`);
    return Array.from({ length: values.length / 8 }, (_, i) => {
      const [kind, clip, from, to, frame, lastFrame, row, column] = values.subarray(8 * i, 8 * i + 8);
      return { kind, clip, from, to, frame, lastFrame, row, column };
    });
  }

  // [position, expert], the mean over the selected linears.
  async mixes(part, items) {
    return (await this.#floats(`weights?part=${part}&mean=linears&select=${format(linearsOf(part, items))}`)).values;
  }

  // [linear, expert], the mean over the selected positions.
  matrix(part, items) {
    return this.#floats(`weights?part=${part}&mean=positions&select=${format(only(items, ['tokens', 'time', 'patch', 'modality']))}`);
  }
}

// --- drawing: the same strokes on a canvas and in an SVG file ----------------------------------------------------
class CanvasPen {
  constructor(context) { this.context = context; }

  rect(x, y, width, height, fill, alpha = 1) {
    this.context.globalAlpha = alpha;
    this.context.fillStyle = fill;
    this.context.fillRect(x, y, width, height);
    this.context.globalAlpha = 1;
  }

  frame(x, y, width, height, stroke, thick = 2) {
    this.context.strokeStyle = stroke;
    this.context.lineWidth = thick;
    this.context.strokeRect(x, y, width, height);
  }

  text(x, y, words, fill, anchor = 'start') {
    this.context.fillStyle = fill;
    this.context.font = '12px system-ui, sans-serif';
    this.context.textAlign = anchor === 'middle' ? 'center' : anchor;
    this.context.fillText(words, x, y);
  }

  image(picture, x, y, width, height) { this.context.drawImage(picture, x, y, width, height); }

  moved(x, y, draw) {
    this.context.save();
    this.context.translate(x, y);
    draw();
    this.context.restore();
  }
}

const escaped = text => text.replace(/[&<>"]/g, sign => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]);

class SvgPen {
  parts = [];

  rect(x, y, width, height, fill, alpha = 1) {
    this.parts.push(`<rect x="${number(x, 2)}" y="${number(y, 2)}" width="${number(Math.max(0, width), 2)}" height="${number(Math.max(0, height), 2)}" fill="${fill}"${alpha < 1 ? ` fill-opacity="${number(alpha)}"` : ''}/>`);
  }

  frame(x, y, width, height, stroke, thick = 2) {
    this.parts.push(`<rect x="${number(x, 2)}" y="${number(y, 2)}" width="${number(width, 2)}" height="${number(height, 2)}" fill="none" stroke="${stroke}" stroke-width="${thick}"/>`);
  }

  text(x, y, words, fill, anchor = 'start') {
    this.parts.push(`<text x="${number(x, 2)}" y="${number(y, 2)}" fill="${fill}" text-anchor="${anchor}" font-family="system-ui, sans-serif" font-size="12">${escaped(words)}</text>`);
  }

  image(picture, x, y, width, height) {
    const canvas = Object.assign(document.createElement('canvas'), { width: picture.naturalWidth, height: picture.naturalHeight });
    canvas.getContext('2d').drawImage(picture, 0, 0);
    this.parts.push(`<image x="${number(x, 2)}" y="${number(y, 2)}" width="${number(width, 2)}" height="${number(height, 2)}" preserveAspectRatio="none" href="${canvas.toDataURL('image/png')}"/>`);
  }

  moved(x, y, draw) {
    this.parts.push(`<g transform="translate(${number(x, 2)} ${number(y, 2)})">`);
    draw();
    this.parts.push('</g>');
  }
}

// Viridis at nine points: even to the eye from dark to light, and readable without colour vision.
const viridis = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37]];

const shade = value => {
  const at = Math.min(1, Math.max(0, value)) * (viridis.length - 1);
  const low = Math.min(viridis.length - 2, Math.floor(at));
  const part = at - low;
  return `rgb(${viridis[low].map((channel, i) => Math.round(channel + part * (viridis[low + 1][i] - channel))).join(' ')})`;
};

// --- what the elements share ------------------------------------------------------------------------------------
class RouteView extends HTMLElement {
  static observedAttributes = ['answer', 'part', 'kind', 'clip', 'seconds', 'select', 'frame', 'stretch', 'opacity'];

  store = null;
  items = new Map();
  at = null;
  timing = null;
  #canvas = null;
  #marker = null;
  #sizes = new ResizeObserver(() => this.draw());
  #scheme = new MutationObserver(() => this.draw());
  #queued = false;
  #turn = 0;
  #told = null;

  connectedCallback() {
    if (!this.#canvas) {
      this.#canvas = this.appendChild(document.createElement('canvas'));
      this.#marker = this.appendChild(Object.assign(document.createElement('span'), { className: 'route-marker', hidden: true }));
      this.#marker.setAttribute('aria-hidden', 'true');
      this.#canvas.setAttribute('aria-hidden', 'true');
      this.addEventListener('pointermove', event => this.#point(event));
      this.addEventListener('pointerleave', () => { if (document.activeElement !== this) this.show(null); });
      this.addEventListener('keydown', event => this.#key(event));
      this.addEventListener('focus', () => { if (this.at === null && this.count) this.show(this.first); });
      this.addEventListener('blur', () => this.show(null));
      this.tabIndex = 0;
      this.setAttribute('role', 'slider');
      this.setAttribute('aria-valuemin', '1');
      this.setAttribute('aria-valuenow', '1');
      this.setAttribute('aria-valuetext', this.told.keys ?? '');
    }
    this.#sizes.observe(this);
    this.#scheme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-scheme'] });
    this.load();
  }

  disconnectedCallback() {
    this.#sizes.disconnect();
    this.#scheme.disconnect();
    this.store?.release();
    this.store = null;
  }

  attributeChangedCallback(name, before, after) {
    if (!this.#canvas || !this.isConnected || before === after) return;
    if (name === 'answer') {
      this.store?.release();
      this.store = null;
    }
    if (name === 'stretch' || name === 'opacity') this.draw(); else this.load();
  }

  get answer() { return this.getAttribute('answer'); }

  get part() { return this.getAttribute('part'); }

  get colours() { return this.getAttribute('colours').split(','); }

  get first() { return 0; }

  get told() { return this.#told ??= wordsOf(this); }

  async load() {
    const turn = ++this.#turn;
    if (!this.store) this.store = Store.take(this.answer);
    this.items = parse(this.getAttribute('select'));
    try {
      const data = await this.fetch(this.store, this.items);
      if (turn !== this.#turn) return;
      const arrived = performance.now();
      this.data = data;
      this.arrange();
      this.removeAttribute('aria-busy');
      this.setAttribute('data-state', this.count ? 'drawn' : 'empty');
      this.setAttribute('aria-valuemax', String(Math.max(1, this.count)));
      this.draw(() => { this.timing = { data: arrived, painted: performance.now() }; });
    } catch (error) {
      if (turn !== this.#turn) return;
      this.data = null;
      this.setAttribute('data-state', 'failed');
      this.say(fill(this.told.failed, error.message || fill(this.told.refused, error.status)));
    }
  }

  // Once a frame, whatever asks for it.
  draw(done) {
    if (!this.#canvas) return;
    if (done) this.painted = done;
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => {
      this.#queued = false;
      const wanted = this.height?.();
      if (wanted) this.style.height = `${wanted}px`;
      const { clientWidth: width, clientHeight: height } = this;
      const density = window.devicePixelRatio || 1;
      this.#canvas.width = Math.round(width * density);
      this.#canvas.height = Math.round(height * density);
      if (!width || !this.data) return;
      const context = this.#canvas.getContext('2d');
      context.scale(density, density);
      this.paint(new CanvasPen(context), width, height);
      if (this.at !== null) this.#mark();
      const painted = this.painted;
      this.painted = null;
      // After the frame is out.
      if (painted) { const { port1, port2 } = new MessageChannel(); port1.onmessage = painted; port2.postMessage(0); }
    });
  }

  ink(name) { return getComputedStyle(this).getPropertyValue(`--mud-palette-${name}`).trim() || 'gray'; }

  // A mix as stacked shares from the ground, or one expert's share of it.
  stack(pen, x, y, width, height, mix, alpha = 1, across = false) {
    const expert = this.items.has('expert') ? this.items.get('expert').charCodeAt(0) - 65 : -1;
    let from = 0;
    mix.forEach((share, one) => {
      if (expert >= 0 && one !== expert) return;
      const to = from + share;
      if (across) pen.rect(x + from * width, y, share * width, height, this.colours[one], alpha);
      else pen.rect(x, y + height - to * height, width, share * height, this.colours[one], alpha);
      from = to;
    });
  }

  show(at) {
    this.at = at;
    if (at === null || !this.count) {
      this.#marker.hidden = true;
      return;
    }
    this.#mark();
    const words = this.words(at);
    this.say(words);
    this.setAttribute('aria-valuenow', String(at + 1));
    this.setAttribute('aria-valuetext', words);
  }

  say(words) {
    const line = this.closest('[data-route-view]')?.querySelector('.route-readout');
    if (line) line.textContent = words;
  }

  // A box of its own over the canvas: pointing draws nothing anew.
  #mark() {
    const box = this.box(this.at);
    this.#marker.hidden = !box;
    if (box) Object.assign(this.#marker.style, { transform: `translate(${box.x}px, ${box.y}px)`, width: `${box.width}px`, height: `${box.height}px` });
  }

  #point(event) {
    const frame = this.getBoundingClientRect();
    const at = this.hit(event.clientX - frame.left, event.clientY - frame.top);
    if (at !== this.at) this.show(at);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.count) return;
    const next = this.walk(event.key, this.at ?? this.first);
    if (next !== undefined) this.show(Math.max(0, Math.min(this.count - 1, next)));
    else if ((event.key === 'Enter' || event.key === ' ') && this.at !== null) this.pick(this.at, event.shiftKey);
    else return;
    event.preventDefault();
  }

  async linears() {
    const network = (await this.store.outline()).networks.find(one => one.part === this.part);
    const items = linearsOf(this.part, this.items);
    const [layer, module] = [items.get('layer'), items.get('module')];
    return (network?.linears ?? []).map((linear, index) => ({ ...linear, index }))
      .filter(linear => (layer === undefined || String(linear.layer) === layer) && (module === undefined || linear.module === module));
  }
}

const meanOf = (weights, indices, experts) => {
  const mix = new Array(experts).fill(0);
  for (const index of indices) for (let expert = 0; expert < experts; expert++) mix[expert] += weights[index * experts + expert];
  return mix.map(sum => sum / indices.length);
};

const timeOf = items => {
  const [from, to] = (items.get('time') ?? '').split('-').map(Number);
  return to > from ? { from, to } : null;
};

// --- over time --------------------------------------------------------------------------------------------------
// <crab-route-lane part="text" kind="sound" clip="…" seconds="10">: a column of shares for each position, on the axis of the timeline.
class CrabRouteLane extends RouteView {
  async fetch(store, items) {
    const [outline, places, weights, linears] = await Promise.all([store.outline(), store.places(this.part), store.mixes(this.part, items), this.linears()]);
    return { outline, places, weights, linears: linears.length };
  }

  arrange() {
    const { outline, places, weights } = this.data;
    const clip = outline.clips.indexOf(this.getAttribute('clip'));
    const patch = this.items.get('patch')?.split('.').map(Number);
    const groups = new Map();
    places.forEach((place, index) => {
      if (place.clip !== clip || Number.isNaN(place.from) || weights.length === 0) return;
      if (this.getAttribute('kind') === 'sound') {
        if (place.kind === 1) groups.set(index, { from: place.from, to: place.to, indices: [index] });
      } else if (place.kind > 1) {
        // A patch that is selected is followed through all frames.
        if (patch && !Number.isNaN(place.row) && (place.row !== patch[1] - 1 || place.column !== patch[2] - 1)) return;
        for (let frame = place.frame; frame <= place.lastFrame; frame++) {
          const seen = outline.frames[frame];
          if (!groups.has(frame)) groups.set(frame, { from: place.from, to: place.to, at: seen.timeSeconds, frame, indices: [] });
          groups.get(frame).indices.push(index);
        }
      }
    });
    this.points = [...groups.values()].map(point => ({ ...point, mix: meanOf(weights, point.indices, outline.experts) })).sort((one, other) => (one.at ?? one.from) - (other.at ?? other.from));
    this.count = this.points.length;
  }

  get seconds() { return Number(this.getAttribute('seconds')); }

  span(point, width) {
    if (point.at === undefined) return { x: point.from / this.seconds * width, width: (point.to - point.from) / this.seconds * width };
    const wide = Math.max(4, Math.min(20, 0.8 * width / Math.max(1, this.count)));
    return { x: Math.min(width - wide, Math.max(0, point.at / this.seconds * width - wide / 2)), width: wide };
  }

  meant(point) {
    const time = timeOf(this.items);
    const kind = this.items.get('modality');
    return !this.items.has('tokens')
      && (!this.items.has('part') || this.items.get('part') === this.part)
      && (!time || (point.from < time.to && (point.to > time.from || (point.to === point.from && point.to >= time.from))))
      && (!kind || kind === (this.getAttribute('kind') === 'sound' ? 'sound' : this.data.places[point.indices[0]].kind === 3 ? 'still' : 'video'))
      && (!this.items.has('patch') || this.getAttribute('kind') !== 'sound');
  }

  paint(pen, width, height) {
    const experts = this.data.outline.experts;
    const wide = this.count && this.points[0].at === undefined ? this.span(this.points[0], width).width : 4;
    if (wide < 1) {
      // More positions than pixels: a column is the plain mean of those that begin in it.
      const columns = new Map();
      for (const point of this.points) {
        const x = Math.floor(this.span(point, width).x);
        if (x < width) columns.set(x, [...(columns.get(x) ?? []), point]);
      }
      for (const [x, points] of columns) {
        const mix = points[0].mix.map((_, expert) => points.reduce((sum, point) => sum + point.mix[expert], 0) / points.length);
        this.stack(pen, x, 0, 1, height, mix, points.some(point => this.meant(point)) ? 1 : 0.3);
      }
    } else {
      for (const point of this.points) {
        // On whole pixels, so that no seam shows between neighbours.
        const span = this.span(point, width);
        const [left, right] = [span.x, Math.min(span.x + span.width, width)].map(edge => Math.round(edge + 0.001));
        if (left < width) this.stack(pen, left, 0, Math.max(1, right - left), height, point.mix, this.meant(point) ? 1 : 0.3);
      }
    }
    // Equal shares, and only the first of the lines where one expert is looked at.
    for (let mark = 1; mark < (this.items.has('expert') ? 2 : experts); mark++) pen.rect(0, height - mark / experts * height, width, 1, this.ink('surface'), 0.9);
    const time = timeOf(this.items);
    if (time) pen.frame(time.from / this.seconds * width, 1, Math.max(2, (Math.min(time.to, this.seconds) - time.from) / this.seconds * width), height - 2, this.ink('text-primary'));
    this.note = wide < 1 ? fill(this.told.columnMean, Math.ceil(1 / wide)) : '';
    const note = this.closest('[data-route-view]')?.querySelector('.route-note');
    if (note && this.note) note.textContent = this.note;
  }

  hit(x) {
    let best = null;
    let near = 12;
    this.points?.forEach((point, index) => {
      const span = this.span(point, this.clientWidth);
      const away = Math.max(span.x - x, x - span.x - span.width, 0);
      if (away < near) [near, best] = [away, index];
    });
    return best;
  }

  box(at) {
    const span = this.span(this.points[at], this.clientWidth);
    return { x: span.x, y: 0, width: Math.max(2, span.width), height: this.clientHeight };
  }

  words(at) {
    const point = this.points[at];
    const [name, mix, bits, linears] = [this.getAttribute('aria-label'), shares(point.mix), entropy(point.mix).toFixed(3), this.data.linears];
    return point.at === undefined ? fill(this.told.sound, name, point.from.toFixed(2), point.to.toFixed(2), mix, bits, linears)
      : fill(this.told.frame, name, point.frame + 1, point.at.toFixed(2), point.indices.length, mix, bits, linears);
  }

  walk(key, at) { return { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, PageUp: at + 10, PageDown: at - 10, Home: 0, End: this.count - 1 }[key]; }

  pick(at) {
    const point = this.points[at];
    this.range(point.from, point.to > point.from ? point.to : point.from + 0.04);
  }

  range(from, to) { choose(this.answer, { time: `${number(Math.max(0, from))}-${number(to)}`, tokens: null, patch: null }); }

  connectedCallback() {
    const fresh = !this.ready;
    this.ready = true;
    super.connectedCallback();
    if (!fresh) return;
    this.addEventListener('pointerdown', event => {
      if (event.button !== 0 || !this.data) return;
      const from = event.clientX;
      const second = x => (x - this.getBoundingClientRect().left) / this.clientWidth * this.seconds;
      this.setPointerCapture(event.pointerId);
      this.addEventListener('pointerup', up => {
        if (Math.abs(up.clientX - from) > 4) {
          const [start, end] = [second(Math.min(from, up.clientX)), second(Math.max(from, up.clientX))];
          this.range(Math.round(start * 100) / 100, Math.round(Math.min(end, this.seconds) * 100) / 100);
          return;
        }
        const at = this.hit(up.clientX - this.getBoundingClientRect().left);
        if (at !== null) this.pick(at);
      }, { once: true });
    });
  }

  get columns() { return ['part', 'kind', 'from_s', 'to_s', 'picture', 'positions', 'linears', ...this.colours.map((_, expert) => `share_${letter(expert)}`), 'entropy_bits']; }

  rows() {
    return (this.points ?? []).map(point => [this.part, this.getAttribute('kind'), number(point.at ?? point.from), number(point.at ?? point.to), point.frame === undefined ? '' : point.frame + 1,
      point.indices.length, this.data.linears, ...point.mix.map(share => number(share, 6)), number(entropy(point.mix), 6)]);
  }
}

// --- over space -------------------------------------------------------------------------------------------------
// <crab-route-frame part="text" frame="0" opacity="0.7">: the grid of merged patches over a picture.
class CrabRouteFrame extends RouteView {
  async fetch(store, items) {
    const [outline, places, weights, linears] = await Promise.all([store.outline(), store.places(this.part), store.mixes(this.part, items), this.linears()]);
    return { outline, places, weights, linears: linears.length };
  }

  get frame() { return Number(this.getAttribute('frame')); }

  get expert() { return this.items.has('expert') ? Math.min(this.data.outline.experts - 1, this.items.get('expert').charCodeAt(0) - 65) : null; }

  arrange() {
    const { outline, places, weights } = this.data;
    const cells = new Map();
    [this.least, this.most] = [1, 0];
    places.forEach((place, index) => {
      if (Number.isNaN(place.frame) || Number.isNaN(place.row) || weights.length === 0) return;
      if (this.expert !== null) {
        const weight = weights[index * outline.experts + this.expert];
        [this.least, this.most] = [Math.min(this.least, weight), Math.max(this.most, weight)];
      }
      if (this.frame < place.frame || this.frame > place.lastFrame) return;
      const key = place.row * 4096 + place.column;
      if (!cells.has(key)) cells.set(key, { row: place.row, column: place.column, from: place.from, to: place.to, kind: place.kind, indices: [] });
      cells.get(key).indices.push(index);
    });
    this.cells = [...cells.values()].sort((one, other) => one.row - other.row || one.column - other.column).map(cell => ({ ...cell, mix: meanOf(weights, cell.indices, outline.experts) }));
    this.rowCount = Math.max(0, ...this.cells.map(cell => cell.row + 1));
    this.columnCount = Math.max(0, ...this.cells.map(cell => cell.column + 1));
    this.count = this.cells.length;
    const scale = this.closest('[data-route-view]')?.querySelector('.route-scale');
    if (scale) this.scale(scale);
  }

  // The same for all pictures of the view: from 0 to 1, or over the range of all their patches.
  scale(element) {
    element.hidden = this.expert === null;
    if (this.expert === null) return;
    const stretched = this.stretched;
    const uniform = 1 / this.data.outline.experts;
    const [low, high] = stretched ? [this.least, this.most] : [0, 1];
    element.querySelector('.route-scale-bar').style.backgroundImage = `linear-gradient(to right, ${viridis.map(colour => `rgb(${colour.join(' ')})`).join(', ')})`;
    const inside = uniform >= low - 1e-6 && uniform <= high + 1e-6;
    const mark = element.querySelector('.scale-mark');
    mark.hidden = !inside;
    mark.style.left = `${100 * Math.min(1, Math.max(0, (uniform - low) / Math.max(1e-9, high - low)))}%`;
    const [name, experts, equal] = [letter(this.expert), this.data.outline.experts, uniform.toFixed(4)];
    element.querySelector('.scale-words').textContent = stretched ? fill(inside ? this.told.scaleInside : this.told.scaleOutside, name, low.toFixed(4), high.toFixed(4), experts, equal)
      : fill(this.told.scale, name, experts, equal);
  }

  // What looks alike in numbers is never stretched into a difference.
  get stretched() { return this.getAttribute('stretch') === 'true' && this.most - this.least >= 1e-4; }

  place(cell, width, height) {
    const [wide, high] = [width / this.columnCount, height / this.rowCount];
    return { x: cell.column * wide, y: cell.row * high, width: wide, height: high };
  }

  paint(pen, width, height) {
    const time = timeOf(this.items);
    const patch = this.items.get('patch')?.split('.').map(Number);
    const alpha = Number(this.getAttribute('opacity') ?? 0.7);
    const kind = this.items.get('modality');
    const scale = this.closest('[data-route-view]')?.querySelector('.route-scale');
    if (scale) this.scale(scale);
    for (const cell of this.cells) {
      const box = this.place(cell, width, height);
      const meant = !this.items.has('tokens') && (!kind || kinds[cell.kind] === kind) && (!time || (cell.from < time.to && cell.to >= time.from));
      const strength = meant ? alpha : alpha * 0.25;
      if (this.expert === null) {
        this.stack(pen, box.x + 1.5, box.y + 1.5, box.width - 3, box.height - 3, cell.mix, strength);
      } else {
        const weight = cell.mix[this.expert];
        pen.rect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1, shade(this.stretched ? (weight - this.least) / (this.most - this.least) : weight), strength);
      }
      if (patch && patch[1] - 1 === cell.row && patch[2] - 1 === cell.column && this.holds(patch[0] - 1)) {
        pen.frame(box.x + 1, box.y + 1, box.width - 2, box.height - 2, this.ink('surface'), 4);
        pen.frame(box.x + 1, box.y + 1, box.width - 2, box.height - 2, this.ink('text-primary'), 2);
      }
    }
  }

  // Two frames share their positions: a patch of one is that of the other.
  holds(frame) {
    const place = this.cells.length ? this.data.places[this.cells[0].indices[0]] : null;
    return place !== null && frame >= place.frame && frame <= place.lastFrame;
  }

  hit(x, y) {
    if (!this.count) return null;
    const [column, row] = [Math.floor(x / this.clientWidth * this.columnCount), Math.floor(y / this.clientHeight * this.rowCount)];
    const at = this.cells.findIndex(cell => cell.row === row && cell.column === column);
    return at < 0 ? null : at;
  }

  box(at) { return this.place(this.cells[at], this.clientWidth, this.clientHeight); }

  words(at) {
    const cell = this.cells[at];
    return fill(cell.indices.length > 1 ? this.told.patches : this.told.patch,
      this.frame + 1, cell.row + 1, cell.column + 1, shares(cell.mix), entropy(cell.mix).toFixed(3), this.data.linears, cell.indices.length);
  }

  walk(key, at) {
    const { row, column } = this.cells[at] ?? { row: 0, column: 0 };
    const [rows, columns] = [this.rowCount - 1, this.columnCount - 1];
    const to = { ArrowRight: [row, column + 1], ArrowLeft: [row, column - 1], ArrowDown: [row + 1, column], ArrowUp: [row - 1, column], Home: [row, 0], End: [row, columns], PageUp: [0, column], PageDown: [rows, column] }[key];
    if (!to) return undefined;
    const found = this.cells.findIndex(cell => cell.row === Math.min(rows, Math.max(0, to[0])) && cell.column === Math.min(columns, Math.max(0, to[1])));
    return found < 0 ? at : found;
  }

  pick(at) {
    const cell = this.cells[at];
    choose(this.answer, { patch: `${this.frame + 1}.${cell.row + 1}.${cell.column + 1}`, tokens: null, time: null });
  }

  connectedCallback() {
    const fresh = !this.ready;
    this.ready = true;
    super.connectedCallback();
    if (fresh) this.addEventListener('click', () => { if (this.at !== null && this.data) this.pick(this.at); });
  }

  get columns() { return ['part', 'picture', 'time_s', 'row', 'column', 'patches', 'linears', ...this.colours.map((_, expert) => `share_${letter(expert)}`), 'entropy_bits']; }

  rows() {
    return (this.cells ?? []).map(cell => [this.part, this.frame + 1, number(this.data.outline.frames[this.frame].timeSeconds), cell.row + 1, cell.column + 1, cell.indices.length, this.data.linears,
      ...cell.mix.map(share => number(share, 6)), number(entropy(cell.mix), 6)]);
  }

  get ground() { return this.parentElement.querySelector('img'); }
}

// --- over depth -------------------------------------------------------------------------------------------------
// <crab-route-depth part="text">: layer × module × expert.
const order = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'];
const [gutter, head, line] = [44, 20, 15];

class CrabRouteDepth extends RouteView {
  async fetch(store, items) {
    const answer = this.part === 'text' && items.has('tokens');
    // Tokens of the answer do not pass the towers.
    const none = items.has('tokens') && this.part !== 'text';
    const [outline, means] = await Promise.all([store.outline(), none ? { values: new Float32Array(0), count: 0 } : store.matrix(answer ? 'answer' : this.part, items)]);
    return { outline, weights: means.values, positions: means.count, answer };
  }

  arrange() {
    const { outline, weights } = this.data;
    const linears = outline.networks.find(one => one.part === this.part)?.linears ?? [];
    const rank = module => (order.includes(module) ? order.indexOf(module) : order.length);
    this.modules = [...new Set(linears.map(linear => linear.module))].sort((one, other) => rank(one) - rank(other) || one.localeCompare(other));
    this.layers = [...new Set(linears.map(linear => linear.layer))].sort((one, other) => one - other);
    this.cells = weights.length !== linears.length * outline.experts ? [] : linears.map((linear, index) => ({
      ...linear, row: this.layers.indexOf(linear.layer), column: this.modules.indexOf(linear.module), mix: [...weights.subarray(index * outline.experts, (index + 1) * outline.experts)],
    }));
    this.count = this.cells.length;
    const note = this.parentElement.querySelector('.depth-note');
    if (note) {
      const { depthAnswer, depthText, depthAudio, depthVision, depthNone } = this.told;
      note.textContent = this.count ? fill(this.data.answer ? depthAnswer : { text: depthText, audio: depthAudio }[this.part] ?? depthVision, this.count, this.data.positions) : depthNone;
    }
  }

  height() { return this.count ? head + line * this.layers.length : 0; }

  place(cell, width) {
    const wide = (width - gutter) / this.modules.length;
    return { x: gutter + cell.column * wide, y: head + cell.row * line, width: wide - 4, height: line - 2 };
  }

  meant(cell) {
    return (!this.items.has('layer') || String(cell.layer) === this.items.get('layer')) && (!this.items.has('module') || cell.module === this.items.get('module')) && (!this.items.has('part') || this.items.get('part') === this.part);
  }

  paint(pen, width) {
    if (!this.count) return;
    const experts = this.data.outline.experts;
    const ink = this.ink('text-secondary');
    this.modules.forEach((module, column) => pen.text(this.place({ column, row: 0 }, width).x, head - 6, module, ink));
    this.layers.forEach((layer, row) => pen.text(gutter - 8, head + row * line + 11, layer === null ? '–' : String(layer), ink, 'end'));
    for (const cell of this.cells) {
      const box = this.place(cell, width);
      this.stack(pen, box.x, box.y, box.width, box.height, cell.mix, this.meant(cell) ? 1 : 0.25, true);
    }
    this.modules.forEach((_, column) => {
      const { x, width: wide } = this.place({ column, row: 0 }, width);
      for (let mark = 1; mark < (this.items.has('expert') ? 2 : experts); mark++) pen.rect(x + mark / experts * wide, head, 1, line * this.layers.length - 2, this.ink('surface'), 0.9);
    });
  }

  hit(x, y) {
    if (!this.count) return null;
    const column = Math.floor((x - gutter) / ((this.clientWidth - gutter) / this.modules.length));
    const row = Math.floor((y - head) / line);
    const at = this.cells.findIndex(cell => cell.row === row && cell.column === Math.max(0, column));
    return at < 0 ? null : at;
  }

  box(at) {
    const box = this.place(this.cells[at], this.clientWidth);
    return { x: box.x, y: box.y, width: box.width, height: box.height };
  }

  words(at) {
    const cell = this.cells[at];
    return fill(this.data.answer ? this.told.cellOfTokens : this.told.cellOfPositions,
      this.getAttribute('aria-label'), cell.layer ?? '–', cell.module, shares(cell.mix), entropy(cell.mix).toFixed(3), this.data.positions);
  }

  walk(key, at) {
    const cell = this.cells[at];
    const [rows, columns] = [this.layers.length - 1, this.modules.length - 1];
    const to = { ArrowRight: [cell.row, cell.column + 1], ArrowLeft: [cell.row, cell.column - 1], ArrowDown: [cell.row + 1, cell.column], ArrowUp: [cell.row - 1, cell.column], Home: [0, cell.column], End: [rows, cell.column], PageDown: [cell.row + 10, cell.column], PageUp: [cell.row - 10, cell.column] }[key];
    if (!to) return undefined;
    const found = this.cells.findIndex(one => one.row === Math.min(rows, Math.max(0, to[0])) && one.column === Math.min(columns, Math.max(0, to[1])));
    return found < 0 ? at : found;
  }

  pick(at, whole) {
    const cell = this.cells[at];
    const layer = cell.layer === null ? null : String(cell.layer);
    choose(this.answer, { part: this.part, layer, module: whole ? null : cell.module });
  }

  connectedCallback() {
    const fresh = !this.ready;
    this.ready = true;
    super.connectedCallback();
    if (!fresh) return;
    this.addEventListener('click', event => {
      if (!this.count) return;
      const frame = this.getBoundingClientRect();
      const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
      const column = Math.floor((x - gutter) / ((this.clientWidth - gutter) / this.modules.length));
      const row = Math.floor((y - head) / line);
      if (y < head && column >= 0 && this.modules[column]) choose(this.answer, { part: this.part, module: this.modules[column], layer: null });
      else if (x < gutter && this.layers[row] != null) choose(this.answer, { part: this.part, layer: String(this.layers[row]), module: null });
      else if (this.at !== null) this.pick(this.at, event.shiftKey);
    });
  }

  get columns() { return ['part', 'layer', 'module', 'linear', 'positions', ...this.colours.map((_, expert) => `share_${letter(expert)}`), 'entropy_bits']; }

  rows() { return (this.cells ?? []).filter(cell => this.meant(cell)).map(cell => [this.part, cell.layer ?? '', cell.module, cell.name, this.data.positions, ...cell.mix.map(share => number(share, 6)), number(entropy(cell.mix), 6)]); }
}

customElements.define('crab-route-lane', CrabRouteLane);
customElements.define('crab-route-frame', CrabRouteFrame);
customElements.define('crab-route-depth', CrabRouteDepth);

// --- tables and files -------------------------------------------------------------------------------------------
const viewsOf = view => [...view.querySelectorAll('crab-route-lane, crab-route-frame, crab-route-depth')].filter(element => element.data);

const save = (name, content) => {
  const link = Object.assign(document.createElement('a'), { download: name, href: URL.createObjectURL(content) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

// All pictures of a view below each other, each under its name.
const compose = (view, pen, colours) => {
  let y = 0;
  const width = Math.max(...viewsOf(view).map(element => element.clientWidth));
  for (const element of viewsOf(view).filter(one => one.count)) {
    const height = element.clientHeight;
    pen.text(4, y + 14, element.getAttribute('aria-label'), colours.ink);
    pen.moved(0, y + 20, () => {
      if (element.ground?.complete) pen.image(element.ground, 0, 0, element.clientWidth, height);
      element.paint(pen, element.clientWidth, height);
    });
    y += height + 28;
  }
  const experts = viewsOf(view)[0].colours;
  const told = wordsOf(view);
  experts.forEach((colour, expert) => {
    pen.rect(4 + 88 * expert, y + 4, 12, 12, colour);
    pen.text(20 + 88 * expert, y + 14, fill(told.expert, letter(expert)), colours.ink);
  });
  y += 24;
  pen.text(4, y + 14, view.querySelector('.route-set')?.textContent ?? '', colours.ink);
  return { width: Math.max(width, 640), height: y + 24 };
};

const svgOf = (view, colours) => {
  const pen = new SvgPen();
  const { width, height } = compose(view, pen, colours);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${Math.ceil(height)}" viewBox="0 0 ${width} ${Math.ceil(height)}"><rect width="100%" height="100%" fill="${colours.ground}"/>${pen.parts.join('')}</svg>`;
};

const pngOf = async (view, colours) => {
  const measure = compose(view, new SvgPen(), colours);
  const canvas = Object.assign(document.createElement('canvas'), { width: 2 * measure.width, height: 2 * Math.ceil(measure.height) });
  const context = canvas.getContext('2d');
  context.scale(2, 2);
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, measure.width, measure.height);
  compose(view, new CanvasPen(context), colours);
  return new Promise(done => canvas.toBlob(done, 'image/png'));
};

const tableOf = view => {
  const elements = viewsOf(view);
  const table = document.createElement('table');
  table.className = 'plain-table number';
  table.createCaption().textContent = view.getAttribute('aria-label') ?? '';
  table.caption.className = 'visually-hidden';
  const titles = elements[0]?.columns ?? [];
  const told = wordsOf(view);
  const named = title => (title.startsWith('share_') ? fill(told['column.share'], title.slice('share_'.length)) : told[`column.${title}`] ?? title);
  const top = table.createTHead().insertRow();
  for (const title of titles) top.append(Object.assign(document.createElement('th'), { textContent: named(title), scope: 'col' }));
  const body = table.createTBody();
  for (const row of elements.flatMap(element => element.rows())) {
    const cells = body.insertRow();
    // The part of the network and the kind of positions are words; files keep them as the API has them.
    row.forEach((value, place) => { cells.insertCell().textContent = ['part', 'kind'].includes(titles[place]) ? told[`value.${value}`] ?? value : value; });
  }
  return table;
};

document.addEventListener('click', async event => {
  const button = event.target.closest?.('[data-route-export]');
  const view = button?.closest('[data-route-view]');
  if (!view) return;
  const kind = button.dataset.routeExport;
  const frame = view.querySelector('.route-table');
  if (kind === 'table') {
    const open = frame.hidden;
    frame.hidden = !open;
    button.setAttribute('aria-expanded', String(open));
    frame.replaceChildren(...open ? [tableOf(view)] : []);
    return;
  }
  if (viewsOf(view).length === 0) return;
  const style = getComputedStyle(view);
  const colours = { ink: style.getPropertyValue('--mud-palette-text-primary').trim() || 'black', ground: style.getPropertyValue('--mud-palette-surface').trim() || 'white' };
  const name = `routing-${view.dataset.routeView}`;
  if (kind === 'csv') {
    const elements = viewsOf(view);
    const lines = [elements[0].columns, ...elements.flatMap(element => element.rows())].map(row => row.map(value => (/[",\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : value)).join(','));
    save(`${name}.csv`, new Blob([lines.join('\n') + '\n'], { type: 'text/csv' }));
  } else if (kind === 'svg') {
    save(`${name}.svg`, new Blob([svgOf(view, colours)], { type: 'image/svg+xml' }));
  } else {
    save(`${name}.png`, await pngOf(view, colours));
  }
});

// The open table follows the selection.
new MutationObserver(changes => {
  for (const view of new Set(changes.filter(change => change.target.matches('crab-route-lane, crab-route-frame, crab-route-depth')).map(change => change.target.closest('[data-route-view]')))) {
    const frame = view?.querySelector('.route-table');
    if (frame && !frame.hidden) setTimeout(() => frame.replaceChildren(tableOf(view)), 400);
  }
}).observe(document.documentElement, { subtree: true, attributes: true, attributeFilter: ['select', 'part'] });

// Escape takes the selection back, unless something else that is open has first claim to it.
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape' || event.defaultPrevented || event.target.closest?.('[role="dialog"], .help-tip, input, textarea, select') || document.querySelector('[role="dialog"]')) return;
  document.querySelector('[data-route-clear]')?.click();
});
