// A reader's page: clip, answer, timeline and routing from the data that the page itself holds. Whatever stands in the data is
// put into the page as text, never as markup; styles are set one by one, because the page's policy forbids style attributes.
// Its own words stand in the data too, in the language of the page, each under its English text.
(() => {
  'use strict';
  const data = JSON.parse(document.getElementById('data').textContent);
  const answer = data.answer;
  const colours = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00', '#F0E442'];

  // --- small helpers ----------------------------------------------------------------------------------------------
  const put = (node, attributes, children) => {
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === 'style') for (const [property, set] of Object.entries(value)) node.style.setProperty(property, set);
      else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? '' : value);
    }
    node.append(...children.flat().filter(child => child !== null && child !== undefined));
    return node;
  };
  const el = (name, attributes, ...children) => put(document.createElement(name), attributes, children);
  const svg = (name, attributes, ...children) => put(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
  const fixed = (value, digits) => Number(value).toFixed(digits);
  const short = value => String(Math.round(value * 100) / 100);
  const percent = share => `${fixed(100 * share, 1)}%`;
  const letter = expert => expert < 26 ? String.fromCharCode(65 + expert) : `E${expert + 1}`;
  const colour = expert => colours[expert % colours.length];
  const bytesOf = text => { const raw = atob(text), bytes = new Uint8Array(raw.length); for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i); return bytes; };
  const floatsOf = text => { const bytes = bytesOf(text), view = new DataView(bytes.buffer), floats = new Float32Array(bytes.length / 4); for (let i = 0; i < floats.length; i++) floats[i] = view.getFloat32(4 * i, true); return floats; };
  const say = (key, ...values) => data.words[key].replace(/\{(\d)\}/g, (_, place) => values[place]);
  const tracks = { audio: say('heard'), visual: say('seen'), audioVisual: say('heard and seen') };
  const sources = { model: say('model'), corrected: say('corrected'), truth: say('truth') };

  // A part of this page as an address that players and pictures take; other addresses stay as they are.
  const parts = new Map();
  const address = (source, type) => {
    if (!source || !source.startsWith('#')) return source;
    if (!parts.has(source)) {
      const text = document.getElementById(source.slice(1)).textContent, pieces = [];
      for (let from = 0; from < text.length; from += 1 << 20) pieces.push(bytesOf(text.slice(from, from + (1 << 20))));
      parts.set(source, URL.createObjectURL(new Blob(pieces, { type })));
    }
    return parts.get(source);
  };

  // --- player and time ---------------------------------------------------------------------------------------------
  const playerArea = document.getElementById('player'), timeArea = document.getElementById('time');
  let clip = data.clips[0] ?? null, player = null;

  const seek = seconds => {
    if (!player) return;
    player.currentTime = Math.max(0, Math.min(seconds, Number.isFinite(player.duration) ? player.duration : seconds));
    showTime();
  };
  const seekButton = seconds => el('button', { type: 'button', class: 'seek number', 'aria-label': say('{0} s: go there', short(seconds)), onclick: () => seek(seconds) }, `${short(seconds)} s`);

  const showTime = () => {
    if (!player || !clip || !clip.seconds) return;
    const now = player.currentTime;
    timeArea.style.setProperty('--playhead', Math.min(1, now / clip.seconds));
    const axis = timeArea.querySelector('.axis');
    axis?.setAttribute('aria-valuenow', fixed(now, 1));
    axis?.setAttribute('aria-valuetext', say('{0} seconds', fixed(now, 1)));
    for (const range of timeArea.querySelectorAll('.range')) range.classList.toggle('now', now >= Number(range.dataset.from) && now < Number(range.dataset.to));
  };
  const follow = () => {
    if (!player || player.paused || player.ended) return;
    showTime();
    requestAnimationFrame(follow);
  };

  const drawPlayer = () => {
    player = null;
    const pictures = data.clips.length > 1
      ? el('div', { class: 'choices', role: 'group', 'aria-label': say('Clips of this session') }, data.clips.map((one, index) =>
        el('button', { type: 'button', 'aria-pressed': String(one === clip), onclick: () => { clip = one; drawPlayer(); drawTime(); playerArea.querySelectorAll('.choices button')[index].focus(); } }, `${index + 1}. ${one.name}`)))
      : null;
    let shown = null;
    if (clip && clip.source && clip.kind === 'image') {
      shown = el('img', { class: 'player', src: address(clip.source, clip.type), alt: clip.name });
    } else if (clip && clip.source) {
      const sound = clip.kind === 'audio';
      shown = player = el(sound ? 'audio' : 'video', { class: 'player', controls: true, preload: 'metadata', playsinline: !sound, 'aria-label': clip.name, 'data-testid': 'player', poster: sound ? null : address(clip.poster, 'image/jpeg') });
      player.src = address(clip.source, clip.type);
      for (const name of ['timeupdate', 'seeking', 'seeked', 'loadedmetadata', 'pause', 'ended']) player.addEventListener(name, showTime);
      player.addEventListener('play', follow);
    } else if (clip && clip.poster) {
      shown = el('img', { class: 'player', src: address(clip.poster, 'image/jpeg'), alt: say('A picture of {0}', clip.name) });
    }
    playerArea.replaceChildren(...[
      el('h2', { class: 'hidden' }, say('Clip')),
      pictures,
      shown,
      clip?.word ? el('p', { class: 'remark', role: 'note', 'data-testid': 'clip-word' }, clip.word) : null,
      clip ? el('p', { class: 'quiet' }, `${clip.name} · ${clip.facts}`) : null,
    ].filter(Boolean));
  };

  const ticks = seconds => {
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].find(one => seconds / one <= (innerWidth < 600 ? 5 : 10)) ?? 3600;
    return Array.from({ length: Math.floor(seconds / step + 1e-9) + 1 }, (_, index) => index * step);
  };

  let redraw = null;
  const drawWave = canvas => {
    const wave = clip.waveform, { clientWidth: width, clientHeight: height } = canvas, density = devicePixelRatio || 1;
    canvas.width = Math.round(width * density);
    canvas.height = Math.round(height * density);
    if (!wave?.peaks?.length || !width) return;
    const context = canvas.getContext('2d');
    context.scale(density, density);
    context.fillStyle = getComputedStyle(canvas).color;
    for (let x = 0; x < width; x++) {
      const from = Math.floor(x / width * clip.seconds * wave.peaksPerSecond), to = Math.max(from + 1, Math.floor((x + 1) / width * clip.seconds * wave.peaksPerSecond));
      let peak = 0;
      for (let i = from; i < to && i < wave.peaks.length; i++) peak = Math.max(peak, wave.peaks[i]);
      const half = Math.max(0.5, peak * (height / 2 - 1));
      context.fillRect(x, height / 2 - half, 1, 2 * half);
    }
  };

  const drawTime = () => {
    redraw?.disconnect();
    timeArea.hidden = !clip || !clip.seconds;
    if (timeArea.hidden) return;
    const canvas = el('canvas', { 'aria-hidden': 'true' });
    const byPointer = event => { const box = axis.getBoundingClientRect(); seek((event.clientX - box.left) / box.width * clip.seconds); };
    const axis = el('div', {
      class: 'axis', role: 'slider', tabindex: '0', 'aria-label': say('Position in the clip. Arrow keys move by a second, with Shift by a tenth; space plays.'),
      'aria-valuemin': '0', 'aria-valuemax': short(clip.seconds), 'aria-valuenow': '0', 'aria-valuetext': say('{0} seconds', '0'), 'data-testid': 'axis',
      onpointerdown: event => { if (event.button === 0) { axis.setPointerCapture(event.pointerId); byPointer(event); } },
      onpointermove: event => { if (axis.hasPointerCapture(event.pointerId)) byPointer(event); },
      onkeydown: event => {
        if (!player || event.ctrlKey || event.metaKey || event.altKey) return;
        const step = event.shiftKey ? 0.1 : 1;
        const moves = { ArrowRight: step, ArrowUp: step, ArrowLeft: -step, ArrowDown: -step, PageUp: 10, PageDown: -10 };
        if (event.key in moves) seek(player.currentTime + moves[event.key]);
        else if (event.key === 'Home') seek(0);
        else if (event.key === 'End') seek(clip.seconds);
        else if (event.key === ' ' || event.key === 'Enter') player.paused ? player.play() : player.pause();
        else return;
        event.preventDefault();
      },
    }, canvas);
    const at = data.clips.indexOf(clip);
    const frames = (answer?.frames ?? []).filter(frame => frame.clip === at && !frame.still);
    const rows = [el('div', { class: 'row' }, el('span', { class: 'name quiet' }, clip.hasSound ? say('Sound') : say('Time')), axis)];
    if (frames.length) {
      rows.push(el('div', { class: 'row' }, el('span', { class: 'name quiet' }, say('Frames seen')), el('div', { class: 'lane' }, frames.map(frame =>
        el('button', { type: 'button', class: 'tick', style: { left: `${100 * Math.min(1, frame.seconds / clip.seconds)}%` }, 'aria-label': say('Frame seen at {0} s: go there', short(frame.seconds)), onclick: () => seek(frame.seconds) })))));
    }
    for (const lane of clip.lanes) {
      const source = sources[lane.source], track = tracks[lane.modality];
      rows.push(el('div', { class: 'row', 'data-testid': 'lane' },
        el('span', { class: 'name', title: say('{0}, {1}, {2}', lane.label, track, source) }, el('span', {}, lane.label), el('span', { class: 'from' }, `${source} · ${track}`)),
        el('div', { class: `lane ${lane.source} ${lane.modality}` }, lane.ranges.map(range => {
          const from = Math.min(range.startSeconds, range.endSeconds), to = Math.max(range.startSeconds, range.endSeconds);
          const times = `${short(range.startSeconds)}–${short(range.endSeconds)}`;
          const said = range.problem ? say('{0}, {1}, {2}, {3} s ({4})', lane.label, track, source, times, range.problem) : say('{0}, {1}, {2}, {3} s', lane.label, track, source, times);
          return el('button', {
            type: 'button', class: `range ${range.problem ? 'doubt' : ''}`, 'data-from': from, 'data-to': to, title: said, 'aria-label': say('{0}. Go there.', said), 'data-testid': 'range',
            style: { left: `min(${100 * range.left}%, 100% - 12px)`, width: `${100 * range.width}%` }, onclick: () => seek(Math.max(0, Math.min(from, clip.seconds))),
          }, el('span', { class: 'number' }, times + (range.problem ? ' ?' : '')));
        }))));
    }
    rows.push(el('div', { class: 'row', 'aria-hidden': 'true' }, el('span', { class: 'name quiet' }, say('Seconds')), el('div', { class: 'scale number' }, ticks(clip.seconds).map(tick => el('span', { style: { left: `${100 * tick / clip.seconds}%` } }, short(tick))))));
    timeArea.replaceChildren(el('h2', { class: 'hidden' }, say('Timeline')), el('div', { class: 'time' }, ...rows, el('div', { class: 'track', 'aria-hidden': 'true' }, el('span', { class: 'head' }))), ...tables());
    redraw = new ResizeObserver(() => drawWave(canvas));
    redraw.observe(canvas);
    showTime();
  };

  const table = (caption, heads, rows, testId) => el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption, 'data-testid': testId }, el('table', {},
    el('caption', { class: 'hidden' }, caption),
    el('thead', {}, el('tr', {}, heads.map(head => el('th', { scope: 'col', class: head.right ? 'right' : null }, head.text ?? head)))),
    el('tbody', {}, rows)));

  // The same as the lanes, for those who cannot see them; boxes and points that people drew stand here alone.
  const tables = () => {
    const rows = clip.lanes.flatMap(lane => lane.ranges.map(range => el('tr', {}, el('th', { scope: 'row' }, lane.label), el('td', {}, sources[lane.source]), el('td', {}, tracks[lane.modality]), el('td', { class: 'right' }, seekButton(range.startSeconds)), el('td', { class: 'right' }, `${short(range.endSeconds)} s`), el('td', {}, range.problem ?? ''))));
    const marks = clip.marks.map(mark => el('tr', {}, el('th', { scope: 'row' }, mark.label), el('td', {}, sources[mark.source]), el('td', {}, mark.where.length === 4 ? say('box') : say('point')), el('td', { class: 'right' }, seekButton(mark.seconds)), el('td', {}, mark.where.map(short).join(', '))));
    return [
      rows.length ? el('details', {}, el('summary', {}, say('The timeline as a table')), table(say('Events of the timeline'), [say('Event'), say('Whose'), say('Track'), { text: say('From'), right: true }, { text: say('To'), right: true }, say('Remark')], rows, 'events-table')) : null,
      marks.length ? el('details', {}, el('summary', {}, say('Boxes and points that people drew')), table(say('Boxes and points'), [say('What'), say('Whose'), say('Kind'), { text: say('At'), right: true }, say('Pixels of the clip')], marks, 'marks-table')) : null,
    ].filter(Boolean);
  };

  // --- answer ------------------------------------------------------------------------------------------------------
  const textArea = document.getElementById('answer-text');
  const whole = answer ? answer.tokens.map(token => token.text).join('') : '';
  const markToken = index => {
    const text = answer.text, start = answer.tokens.slice(0, index ?? 0).reduce((sum, token) => sum + token.text.length, 0);
    const length = index === null || whole !== text ? 0 : answer.tokens[index].text.length;
    if (length) textArea.replaceChildren(text.slice(0, start), el('mark', {}, text.slice(start, start + length)), text.slice(start + length));
    else textArea.textContent = text.length ? text : say('no text');
  };

  const drawAnswer = () => {
    const read = answer.read, area = document.getElementById('answer');
    area.append(el('p', { class: 'quiet', 'data-testid': 'ending' }, say('{0} · kind of question: {1}', answer.ending, answer.task)));
    for (const remark of answer.remarks) area.append(el('p', { class: 'remark', role: 'note' }, remark));
    if (read.choice !== null && read.choice !== undefined) area.append(el('p', {}, el('span', { class: 'quiet' }, say('Answer')), ' ', el('strong', {}, read.choice)));
    if (read.exists !== null && read.exists !== undefined) area.append(el('p', {}, read.exists ? say('The object is in the frame.') : say('The object is not in the frame.')));
    if (read.events.length) {
      area.append(table(say('Events read from the answer'), [say('Event'), say('Track'), { text: say('From'), right: true }, { text: say('To'), right: true }], read.events.map(event => el('tr', {},
        el('th', { scope: 'row' }, event.label), el('td', {}, tracks[event.modality]),
        el('td', { class: 'right' }, event.startSeconds === null ? say('not said') : seekButton(event.startSeconds)), el('td', { class: 'right' }, event.endSeconds === null ? '–' : `${short(event.endSeconds)} s`))), 'parsed-table'));
    }
    for (const box of read.boxes) area.append(el('p', { class: 'number' }, say('Box, in pixels of the frame seen: ({0}, {1}) – ({2}, {3})', box.x1, box.y1, box.x2, box.y2)));
    if (read.points.length) area.append(el('p', { class: 'number' }, say('Points: {0}', read.points.map(point => `(${point.x}, ${point.y})`).join('  '))));
    if (read.problems.length) area.append(el('div', { class: 'remark', role: 'note' }, el('p', {}, say('Not everything could be read from this answer:')), el('ul', {}, read.problems.map(problem => el('li', {}, problem)))));
    area.append(el('dl', { class: 'facts' }, answer.facts.map(fact => el('div', {}, el('dt', {}, fact.name), el('dd', { class: 'number' }, fact.value)))));
    markToken(null);
  };

  const drawSeen = () => {
    const area = document.getElementById('seen'), read = answer.read;
    area.hidden = !answer.seen;
    if (!answer.seen) return;
    const large = answer.frames.some(frame => frame.still);
    area.append(el('h2', {}, say('What the model saw and heard')), el('p', { class: 'quiet number' }, answer.seen));
    if (answer.frames.some(frame => frame.marked) && !large && answer.frames.length > 1) area.append(el('p', { class: 'remark', role: 'note' }, say('The answer does not say which frame its coordinates are about, so they are drawn over each.')));
    area.append(el('ul', { class: `frames ${large ? 'large' : ''}`, 'aria-label': say('Frames') }, answer.frames.map(frame => el('li', {}, el('figure', {},
      el('div', { class: 'frame' },
        frame.source ? el('img', { src: address(frame.source, 'image/png'), width: frame.width, height: frame.height, alt: say('Frame that the model saw at {0} s', short(frame.seconds)) }) : el('p', { class: 'quiet' }, say('not kept')),
        frame.marked ? svg('svg', { viewBox: `0 0 ${frame.width} ${frame.height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': say('{0} boxes and {1} points of the answer', read.boxes.length, read.points.length) },
          read.boxes.flatMap(box => [['#000', 4], ['#F0E442', 2]].map(([ink, width]) => svg('rect', { x: Math.min(box.x1, box.x2), y: Math.min(box.y1, box.y2), width: Math.abs(box.x2 - box.x1), height: Math.abs(box.y2 - box.y1), fill: 'none', stroke: ink, 'stroke-width': width }))),
          read.points.map(point => svg('circle', { cx: point.x, cy: point.y, r: 3, fill: '#F0E442', stroke: '#000', 'stroke-width': 1 }))) : null),
      el('figcaption', {}, frame.still && frame.seconds === 0 ? el('span', { class: 'quiet' }, say('still')) : seekButton(frame.seconds)))))));
  };

  // --- routing -----------------------------------------------------------------------------------------------------
  const entropy = mix => Math.max(0, -mix.reduce((sum, share) => sum + (share > 0 ? share * Math.log2(share) : 0), 0));
  const meanOf = (weights, experts) => {
    const mean = new Array(experts).fill(0), linears = weights.length / experts;
    for (let i = 0; i < weights.length; i++) mean[i % experts] += weights[i] / linears;
    return mean;
  };
  const dominant = mix => {
    const best = mix.indexOf(Math.max(...mix));
    return mix.some((share, expert) => expert !== best && mix[best] - share < 1e-4) ? null : best;
  };
  const shares = mix => mix.map((share, expert) => `${letter(expert)} ${percent(share)}`).join(', ');
  // Stacked from 0 to 1 with hard edges: never a blend.
  const stacked = (mix, direction) => {
    let from = 0;
    const stops = mix.map((share, expert) => { const to = expert === mix.length - 1 ? 1 : Math.min(1, from + share), stop = `${colour(expert)} ${100 * from}% ${100 * to}%`; from = to; return stop; });
    return `linear-gradient(${direction}, ${stops.join(', ')})`;
  };
  const visible = text => text.length ? text.replaceAll('\n', '⏎').replaceAll('\r', '␍').replaceAll('\t', '⇥').replaceAll(' ', '␣') : '∅';
  const spoken = text => text.trim() || visible(text);
  const linearName = name => { const found = /(?:^|\.)(?:layers|blocks)\.(\d+)\.(.+)$/.exec(name); return found ? say('layer {0} · {1}', found[1], found[2]) : name; };

  const drawRouting = () => {
    const area = document.getElementById('routing'), routing = answer?.routing;
    area.append(el('h2', {}, say('Routing')));
    if (!routing) {
      area.append(el('p', { class: 'quiet' }, say('There are no router weights of this answer: the model has no adapter, or they were not kept.')));
      return;
    }
    const { experts, linears } = routing, steps = floatsOf(routing.steps), width = linears.length * experts;
    const weightsOf = index => { const at = routing.routed.indexOf(index); return at < 0 ? null : steps.subarray(at * width, (at + 1) * width); };
    const mixes = answer.tokens.map(token => { const weights = weightsOf(token.index); return weights ? meanOf(weights, experts) : null; });
    area.append(
      el('p', {}, say('Each part of the network asks a small router how much each expert should speak for this token. Bars show the shares.')),
      el('div', { class: 'legend' }, Array.from({ length: experts }, (_, expert) => el('span', {}, el('span', { class: 'chip', 'aria-hidden': 'true', style: { 'background-color': colour(expert) } }), say('Expert {0}', letter(expert)))), el('span', { class: 'quiet' }, say('all alike: 1/{0} = {1} each', experts, percent(1 / experts)))));

    // What is looked at: a token, all tokens, or a part of the prompt.
    const views = [];
    let view = 0, chosen = routing.routed[0] ?? null, stretched = false;
    if (routing.routed.length) {
      const all = new Float32Array(width);
      for (let i = 0; i < steps.length; i++) all[i % width] += steps[i] / routing.routed.length;
      views.push({ name: say('One token'), one: true, linears, weights: () => weightsOf(chosen), over: () => say('Token {0}, “{1}”: mean of {2} linears of the text decoder.', chosen + 1, visible(answer.tokens[chosen].text), linears.length) });
      views.push({ name: say('All tokens'), linears, weights: () => all, over: () => say('Mean over {0} tokens of the answer, for each of {1} linears of the text decoder.', routing.routed.length, linears.length) });
    }
    for (const matrix of routing.prompt) {
      const weights = floatsOf(matrix.weights);
      views.push({ name: matrix.name, linears: matrix.linears, weights: () => weights, over: () => matrix.over });
    }

    const cells = answer.tokens.map(token => {
      const mix = mixes[token.index], best = mix && dominant(mix);
      return el('div', { class: 'token', role: 'option', id: `token-${token.index}`, 'aria-selected': 'false', 'data-testid': `token-${token.index}`, onclick: () => choose(token.index) },
        el('span', { class: 'hidden' }, mix ? say('Token {0}: {1}. {2}', token.index + 1, spoken(token.text), shares(mix)) : say('Token {0}: {1}', token.index + 1, spoken(token.text))),
        el('span', { class: 'mix', 'aria-hidden': 'true', style: mix ? { 'background-image': stacked(mix, 'to top') } : null }), el('small', { 'aria-hidden': 'true' }, mix ? (best === null ? '=' : letter(best)) : ' '), el('code', { 'aria-hidden': 'true' }, visible(token.text)));
    });
    const strip = el('div', {
      class: 'strip', role: 'listbox', tabindex: '0', 'aria-label': say('Tokens of the answer, by their expert mix'), 'aria-orientation': 'horizontal', 'data-testid': 'token-strip',
      onkeydown: event => {
        const now = chosen ?? 0, next = { ArrowRight: now + 1, ArrowDown: now + 1, ArrowLeft: now - 1, ArrowUp: now - 1, PageDown: now + 10, PageUp: now - 10, Home: 0, End: cells.length - 1 }[event.key];
        if (next === undefined) return;
        choose(Math.max(0, Math.min(cells.length - 1, next)));
        event.preventDefault();
      },
    }, cells);
    const group = el('div', { class: 'choices', role: 'group', 'aria-label': say('What the weights below are of') }, views.map((one, index) => el('button', { type: 'button', 'aria-pressed': String(index === view), onclick: () => { view = index; drawMatrix(); } }, one.name)));
    const place = el('div', { 'data-testid': 'matrix' });
    const stretch = el('input', { type: 'checkbox', onchange: () => { stretched = stretch.checked; drawMatrix(); } });

    const choose = index => {
      if (!routing.routed.includes(index)) return;
      [chosen, view] = [index, 0];
      markToken(index);
      drawMatrix();
      // Inside its strip only: the page never moves.
      const cell = cells[index], box = cell.getBoundingClientRect(), frame = strip.getBoundingClientRect();
      if (box.top < frame.top) strip.scrollTop -= frame.top - box.top + 8;
      else if (box.bottom > frame.bottom) strip.scrollTop += box.bottom - frame.bottom + 8;
    };

    const drawMatrix = () => {
      for (const [index, button] of [...group.children].entries()) button.setAttribute('aria-pressed', String(index === view));
      const one = views[view];
      for (const [index, cell] of cells.entries()) cell.setAttribute('aria-selected', String(one?.one === true && index === chosen));
      if (cells.length && chosen !== null) strip.setAttribute('aria-activedescendant', `token-${chosen}`);
      const weights = one?.weights();
      if (!weights) { place.replaceChildren(el('p', { class: 'quiet' }, say('There are no weights here.'))); return; }
      const mix = meanOf(weights, experts);
      let least = 1, most = 0;
      for (const weight of weights) { least = Math.min(least, weight); most = Math.max(most, weight); }
      // What looks alike in four digits is never stretched into a difference.
      const shade = weight => !stretched ? weight : most - least < 1e-4 ? 0.5 : (weight - least) / (most - least);
      const rows = one.linears.map((name, linear) => {
        const row = Array.from(weights.subarray(linear * experts, (linear + 1) * experts));
        return el('tr', {}, el('th', { scope: 'row', title: name }, linearName(name)), row.map(weight => el('td', { class: 'right' }, el('span', { class: 'heat', 'aria-hidden': 'true', style: { '--shade': `${100 * shade(weight)}%` } }), fixed(weight, 4))), el('td', { class: 'right' }, fixed(entropy(row), 3)));
      });
      place.replaceChildren(
        el('p', {}, one.over()),
        el('div', { class: 'bar', role: 'img', 'aria-label': shares(mix), style: { 'background-image': stacked(mix, 'to right') } }),
        el('p', { class: 'number', 'data-testid': 'mix' }, say('{0} · entropy of this mean {1} bits of at most {2}', shares(mix), fixed(entropy(mix), 3), fixed(Math.log2(experts), 3))),
        table(say('{0}: router weights, linear by expert. {1}', one.name, one.over()), [say('Linear'), ...mix.map((_, expert) => ({ text: letter(expert), right: true })), { text: say('Entropy, bits'), right: true }], rows, 'matrix-table'),
        el('p', { class: 'quiet number' }, say('Colours run from {0} to {1}.', stretched ? fixed(least, 4) : 0, stretched ? fixed(most, 4) : 1)));
    };

    if (answer.tokens.length) area.append(strip, el('p', { class: 'quiet' }, say('One column for each token: shares from 0 (bottom) to 1, mean over linears; below, the dominant expert, or “=” where shares are equal.')));
    if (routing.routed.length) {
      const all = el('details', { ontoggle: () => {
        if (!all.open || all.children.length > 1) return;
        all.append(table(say('Tokens of the answer with their expert shares'), [{ text: say('No.'), right: true }, say('Token'), { text: say('After'), right: true }, ...Array.from({ length: experts }, (_, expert) => ({ text: letter(expert), right: true })), say('Dominant')], answer.tokens.map(token => {
          const mix = mixes[token.index], best = mix && dominant(mix);
          return el('tr', {}, el('td', { class: 'right' }, String(token.index + 1)), el('th', { scope: 'row' }, el('code', {}, visible(token.text))), el('td', { class: 'right' }, `${fixed(token.seconds, 2)} s`), Array.from({ length: experts }, (_, expert) => el('td', { class: 'right' }, mix ? percent(mix[expert]) : '–')), el('td', {}, mix ? (best === null ? say('none') : letter(best)) : '–'));
        }), 'token-table'));
      } }, el('summary', {}, say('All tokens as a table')));
      area.append(all);
    }
    area.append(el('h3', {}, say('Weights, linear by expert')), group, place, el('div', { class: 'tools' }, el('label', {}, stretch, ' ', say('Stretch colours to the range'))));
    drawMatrix();
  };

  // --- the page ----------------------------------------------------------------------------------------------------
  if (data.others.length) {
    const others = document.getElementById('others');
    others.hidden = false;
    others.append(el('ul', { class: 'choices' }, data.others.map(one => el('li', {}, el('a', { href: one.address, 'aria-current': one.current ? 'page' : null }, `${one.words} · ${one.status}`)))));
  }
  const made = new Date(data.madeAt).toLocaleString(data.language);
  document.getElementById('made').textContent = data.offline
    ? say('This file holds everything that it shows; it needs no network and no studio. Put together {0}.', made)
    : say('This page can be read only. Put together {0}.', made);
  drawPlayer();
  drawTime();
  if (answer) { drawAnswer(); drawSeen(); }
  else for (const id of ['answer', 'seen']) document.getElementById(id).hidden = true;
  drawRouting();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { const canvas = timeArea.querySelector('canvas'); if (canvas) drawWave(canvas); });
  document.documentElement.dataset.drawn = 'true';
})();
