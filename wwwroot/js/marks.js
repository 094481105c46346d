// Boxes and points on a frame beside Blazor: what is being dragged, and keys. In pixels of the clip's picture, as the drawing's
// viewBox has them.
export function attach(drawing, editor) {
  const ended = new AbortController();
  const on = (name, does) => drawing.addEventListener(name, does, { signal: ended.signal });
  const ghost = drawing.querySelector('[data-marks-ghost]');
  const size = () => drawing.viewBox.baseVal;
  const place = event => {
    const box = drawing.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width * size().width, (event.clientY - box.top) / box.height * size().height];
  };
  const ask = async (method, ...args) => {
    try {
      return await editor.invokeMethodAsync(method, ...args);
    } catch (problem) {
      // The connection is down; the page says so.
      console.info(problem);
      return undefined;
    }
  };
  const focusOn = id => {
    if (id === undefined || ended.signal.aborted || document.activeElement?.matches?.('input, select, textarea')) return;
    ((id && drawing.querySelector(`[data-mark="${CSS.escape(id)}"]`)) || drawing).focus({ preventScroll: true });
  };
  let drag = null;
  on('pointerdown', event => {
    if (event.button !== 0) return;
    const mark = event.target.closest('[data-mark]'), [x, y] = place(event), corners = mark?.querySelector('[data-box]')?.dataset.box.split(' ').map(Number);
    drag = { x, y, clientX: event.clientX, clientY: event.clientY, id: mark?.dataset.mark, corners, mark };
    if (corners) {
      // The corner that is held, if one is near enough.
      const box = drawing.getBoundingClientRect(), near = event.pointerType === 'touch' ? 20 : 10;
      const sideX = [0, 2].find(i => Math.abs(corners[i] - x) / size().width * box.width < near), sideY = [1, 3].find(i => Math.abs(corners[i] - y) / size().height * box.height < near);
      if (sideX !== undefined && sideY !== undefined) drag.corner = [sideX, sideY];
    }
    drawing.setPointerCapture(event.pointerId);
    (mark ?? drawing).focus({ preventScroll: true });
    event.preventDefault();
  });
  const moved = event => {
    const [x, y] = place(event);
    if (!drag.id) return [drag.x, drag.y, x, y];
    if (drag.corner) {
      const corners = [...drag.corners];
      [corners[drag.corner[0]], corners[drag.corner[1]]] = [x, y];
      return corners;
    }
    const by = [x - drag.x, y - drag.y], base = drag.corners ?? [drag.x - 2, drag.y - 2, drag.x + 2, drag.y + 2];
    return [base[0] + by[0], base[1] + by[1], base[2] + by[0], base[3] + by[1]];
  };
  on('pointermove', event => {
    if (!drag || (!drag.moved && Math.hypot(event.clientX - drag.clientX, event.clientY - drag.clientY) < 4)) return;
    drag.moved = true;
    const [x1, y1, x2, y2] = moved(event);
    ghost.setAttribute('x', Math.min(x1, x2));
    ghost.setAttribute('y', Math.min(y1, y2));
    ghost.setAttribute('width', Math.abs(x2 - x1));
    ghost.setAttribute('height', Math.abs(y2 - y1));
    ghost.setAttribute('visibility', 'visible');
  });
  on('pointerup', async event => {
    const done = drag;
    if (!done) return;
    const corners = moved(event), [x, y] = place(event);
    drag = null;
    ghost.setAttribute('visibility', 'hidden');
    if (!done.moved) {
      if (done.id) await ask('Chosen', done.id);
      else focusOn(await ask('DrawnPoint', x, y));
    }
    else if (!done.id) focusOn(await ask('DrawnBox', ...corners));
    else if (done.corner) focusOn(await ask('Resized', done.id, ...corners));
    else focusOn(await ask('Moved', done.id, x - done.x, y - done.y));
  });
  on('pointercancel', () => { drag = null; ghost.setAttribute('visibility', 'hidden'); });
  on('focusin', event => {
    const mark = event.target.closest('[data-mark]');
    if (mark && !drag && !mark.classList.contains('mark-chosen')) ask('Chosen', mark.dataset.mark);
  });
  on('keydown', event => {
    const control = event.ctrlKey || event.metaKey, key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const step = event.shiftKey ? 10 : 1, way = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[key];
    const what = control ? { z: event.shiftKey ? 'redo' : 'undo', y: 'redo' }[key] : event.altKey ? undefined : { b: 'box', p: 'point', Delete: 'delete', Backspace: 'delete', Enter: 'relabel' }[key];
    if (!way && !what) return;
    event.preventDefault();
    event.stopPropagation();
    if (way) ask('Nudged', ...way, control || event.altKey);
    else if (what === 'relabel') ask('Pressed', what);
    else ask('Pressed', what).then(focusOn);
  });
  return { dispose() { ended.abort(); } };
}
