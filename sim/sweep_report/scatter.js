// The Pareto scatter: every point on a canvas, the front joined, references marked, a drag to filter, a click or a key to choose.
const scatter = (() => {
  const canvas = document.getElementById("scatter");
  const overlay = document.getElementById("scatter-marks");
  const box = canvas.parentElement;
  const tip = document.getElementById("tip");
  const margin = { left: 64, right: 18, top: 14, bottom: 46 };
  let width = 600, height = 420, scaleX, scaleY;
  const px = new Float32Array(pointCount), py = new Float32Array(pointCount);

  const kBuckets = 16;
  const layer = makeLayer();
  let hits = new Uint8Array(0);

  function extent(dimension, log) {
    let low = Infinity, high = -Infinity;
    const take = (v) => {
      if (Number.isNaN(v) || (log && v <= 0)) return;
      if (v < low) low = v;
      if (v > high) high = v;
    };
    // Points that failed or break a constraint may lie far away: the axes are for the others.
    const usable = statusDimension.categories.indexOf("ok");
    for (let i = 0; i < pointCount; ++i) if (statusDimension.column[i] === usable) take(dimension.column[i]);
    data.references.forEach((_, r) => take(valueOf(-2 - r, dimension)));
    if (low > high) return [0, 1];
    return low === high ? [low - Math.abs(low || 1) * 0.1, high + Math.abs(high || 1) * 0.1] : [low, high];
  }

  function makeScale(dimension, log, range) {
    const [low, high] = extent(dimension, log);
    if (log) return d3.scaleLog().domain([low / 1.08, high * 1.08]).range(range);
    const pad = (high - low) * 0.04;
    return d3.scaleLinear().domain([low - pad, high + pad]).range(range);
  }

  function layout() {
    width = Math.max(280, box.clientWidth);
    height = Math.round(Math.min(520, Math.max(300, width * 0.62)));
    margin.left = width < 480 ? 52 : 64;
    box.style.height = `${height}px`;
    scaleX = makeScale(state.x, state.logX, [margin.left, width - margin.right]);
    scaleY = makeScale(state.y, state.logY, [height - margin.bottom, margin.top]);
    for (let i = 0; i < pointCount; ++i) {
      px[i] = scaleX(state.x.column[i]);
      py[i] = scaleY(state.y.column[i]);
    }
  }

  function colourOfBucket(bucket) {
    const d = state.colour;
    if (!d) return ink.core;
    if (d.category) return ink[`series-${(bucket % 8) + 1}`];
    return d3.interpolateHcl(ink["ramp-low"], ink["ramp-high"])(bucket / (kBuckets - 1));
  }

  function bucketOf(i) {
    const d = state.colour;
    if (!d) return 0;
    const v = d.column[i];
    if (Number.isNaN(v)) return 0;
    if (d.category) return v % 8;
    return d.high > d.low ? Math.min(kBuckets - 1, Math.floor(((v - d.low) / (d.high - d.low)) * kBuckets)) : 0;
  }

  /**
   * All points as pixels: dots are stamped into typed arrays, because 20,000 calls of the canvas would take too long. Where dots
   * overlap the pixel gets denser; hidden points are small and grey.
   */
  function pointLayer() {
    const zoom = Math.min(window.devicePixelRatio || 1, 2);
    const w = Math.round(width * zoom), h = Math.round(height * zoom);
    if (hits.length !== w * h) hits = new Uint8Array(w * h);
    else hits.fill(0);
    const pixels = layer.begin(w, h);
    const one = state.visibleCount > 4000 ? 0.4 : 0.7, grey = (((0.2 * 255) << 24) | channels(ink.host)) >>> 0;
    const alpha = Uint32Array.from({ length: 256 }, (_, n) => Math.round(255 * (1 - (1 - one) ** n)) << 24);
    const radius = 2.4 * zoom, offsets = [];
    for (let y = -Math.ceil(radius); y <= radius; ++y) for (let x = -Math.ceil(radius); x <= radius; ++x) if (x * x + y * y <= radius * radius) offsets.push(y * w + x);
    const edge = Math.ceil(radius) + 1;
    const colours = Array.from({ length: kBuckets }, (_, b) => channels(colourOfBucket(b)));
    const left = margin.left * zoom, right = (width - margin.right) * zoom, top = Math.max(edge, margin.top * zoom), bottom = (height - margin.bottom) * zoom;
    for (let i = 0; i < pointCount; ++i) {
      const x = Math.round(px[i] * zoom), y = Math.round(py[i] * zoom);
      if (!(x >= left && x < right && y >= top && y < bottom)) continue;
      const at = y * w + x;
      if (!state.visible[i]) {
        for (const pixel of [at, at + 1, at + w, at + w + 1]) if (hits[pixel] === 0) pixels[pixel] = grey;
        continue;
      }
      const rgb = colours[bucketOf(i)];
      for (const offset of offsets) {
        const pixel = at + offset;
        if (hits[pixel] < 255) ++hits[pixel];
        pixels[pixel] = (alpha[hits[pixel]] | rgb) >>> 0;
      }
    }
    layer.end();
    return layer.canvas;
  }

  function drawAxes(c) {
    c.font = "12px system-ui, sans-serif";
    c.lineWidth = 1;
    const ticksX = tickValues(scaleX, state.x, width < 480 ? 4 : 8), ticksY = tickValues(scaleY, state.y, 6);
    c.strokeStyle = ink.line;
    c.beginPath();
    for (const t of ticksX) {
      c.moveTo(Math.round(scaleX(t)) + 0.5, margin.top);
      c.lineTo(Math.round(scaleX(t)) + 0.5, height - margin.bottom);
    }
    for (const t of ticksY) {
      c.moveTo(margin.left, Math.round(scaleY(t)) + 0.5);
      c.lineTo(width - margin.right, Math.round(scaleY(t)) + 0.5);
    }
    c.stroke();
    c.fillStyle = ink.soft;
    c.textAlign = "center";
    for (const t of ticksX) c.fillText(formatValue(state.x, t), scaleX(t), height - margin.bottom + 17);
    c.textAlign = "right";
    for (const t of ticksY) c.fillText(formatValue(state.y, t), margin.left - 7, scaleY(t) + 4);
    c.fillStyle = ink.ink;
    c.font = "600 12px system-ui, sans-serif";
    c.textAlign = "center";
    c.fillText(axisTitle(state.x), (margin.left + width - margin.right) / 2, height - 10);
    c.save();
    c.translate(13, (margin.top + height - margin.bottom) / 2);
    c.rotate(-Math.PI / 2);
    c.fillText(axisTitle(state.y), 0, 0);
    c.restore();
  }

  const axisTitle = (d) => titleOf(d) + (d.direction ? (d.direction === "minimise" ? ", less is better" : ", more is better") : "");

  function tickValues(scale, dimension, count) {
    if (dimension.category) return dimension.categories.map((_, i) => i);
    const ticks = scale.ticks(count);
    if (ticks.length <= count * 2) return ticks;
    const powers = ticks.filter((t) => [1, 2, 5].includes(Number(t.toExponential(0)[0])));
    return powers.length <= count * 2 ? powers : powers.filter((t) => Number(t.toExponential(0)[0]) === 1);
  }

  /** The points of the front of these two axes alone among what is visible, in order of x. */
  function frontInView() {
    if (!state.x.direction || !state.y.direction || state.x === state.y) return [];
    const sx = state.x.direction === "minimise" ? 1 : -1, sy = state.y.direction === "minimise" ? 1 : -1;
    const order = [];
    for (let i = 0; i < pointCount; ++i) if (state.visible[i] && !Number.isNaN(px[i]) && !Number.isNaN(py[i])) order.push(i);
    order.sort((i, j) => sx * (state.x.column[i] - state.x.column[j]) || sy * (state.y.column[i] - state.y.column[j]));
    const front = [];
    let best = Infinity;
    for (const i of order) {
      const y = sy * state.y.column[i];
      if (y < best) {
        best = y;
        front.push(i);
      }
    }
    return front;
  }

  function drawFront(c) {
    const front = frontInView();
    if (front.length > 1) {
      c.strokeStyle = ink.front;
      c.lineWidth = 1.5;
      c.beginPath();
      front.forEach((i, k) => {
        if (k === 0) c.moveTo(px[i], py[i]);
        else {
          c.lineTo(px[i], py[front[k - 1]]);
          c.lineTo(px[i], py[i]);
        }
      });
      c.stroke();
    }
    for (const i of data.front) {
      if (!state.visible[i] || Number.isNaN(px[i])) continue;
      c.beginPath();
      c.arc(px[i], py[i], 4.2, 0, 2 * Math.PI);
      c.fillStyle = state.colour ? colourOfBucket(bucketOf(i)) : ink.front;
      c.fill();
      c.strokeStyle = state.colour ? ink.front : ink.card;
      c.lineWidth = state.colour ? 2 : 1.2;
      c.stroke();
    }
  }

  function referencePlaces() {
    return data.references.map((reference, r) => {
      const x = valueOf(-2 - r, state.x), y = valueOf(-2 - r, state.y);
      return { item: -2 - r, name: reference.name, x: scaleX(x), y: scaleY(y) };
    }).filter((place) => Number.isFinite(place.x) && Number.isFinite(place.y));
  }

  function drawReferences(c) {
    c.font = "600 12px system-ui, sans-serif";
    const taken = [];
    for (const place of referencePlaces()) {
      c.beginPath();
      c.moveTo(place.x, place.y - 7);
      c.lineTo(place.x + 7, place.y);
      c.lineTo(place.x, place.y + 7);
      c.lineTo(place.x - 7, place.y);
      c.closePath();
      c.fillStyle = ink.reference;
      c.fill();
      c.lineWidth = 2;
      c.strokeStyle = ink.card;
      c.stroke();
      drawReferenceName(c, place, taken);
    }
  }

  /** The name beside its mark, moved down where another name already stands, with a halo so that points do not hide it. */
  function drawReferenceName(c, place, taken) {
    const textWidth = c.measureText(place.name).width;
    const left = place.x + 11 + textWidth > width - margin.right;
    const x = left ? Math.max(margin.left + 2, place.x - 11 - textWidth) : place.x + 11;
    let y = place.y + 4;
    while (taken.some((t) => Math.abs(t.y - y) < 15 && x < t.x + t.w + 4 && t.x < x + textWidth + 4)) y += 15;
    taken.push({ x, y, w: textWidth });
    c.textAlign = "left";
    c.lineWidth = 4;
    c.lineJoin = "round";
    c.strokeStyle = ink.card;
    c.strokeText(place.name, x, y);
    c.fillStyle = ink.ink;
    c.fillText(place.name, x, y);
  }

  function draw() {
    const c = prepareCanvas(canvas, width, height);
    c.fillStyle = ink.card;
    c.fillRect(0, 0, width, height);
    drawAxes(c);
    c.drawImage(pointLayer(), 0, 0, width, height);
    drawFront(c);
    drawReferences(c);
    drawMarks();
  }

  const placeOf = (item) => (isReference(item)
    ? { x: scaleX(valueOf(item, state.x)), y: scaleY(valueOf(item, state.y)) }
    : { x: px[item], y: py[item] });

  /** What is chosen and under the pointer, on a canvas of its own so that moving the pointer redraws no point. */
  function drawMarks() {
    const c = prepareCanvas(overlay, width, height);
    c.clearRect(0, 0, width, height);
    const ring = (item, colour, letter) => {
      if (item === kNone) return;
      const { x, y } = placeOf(item);
      if (!Number.isFinite(x) || !Number.isFinite(y)) return;
      c.beginPath();
      c.arc(x, y, 9, 0, 2 * Math.PI);
      c.lineWidth = 5;
      c.strokeStyle = ink.card;
      c.stroke();
      c.lineWidth = 2.5;
      c.strokeStyle = colour;
      c.stroke();
      if (!letter) return;
      c.beginPath();
      c.arc(x + 11, y - 11, 8, 0, 2 * Math.PI);
      c.fillStyle = colour;
      c.fill();
      c.fillStyle = ink.card;
      c.font = "700 11px system-ui, sans-serif";
      c.textAlign = "center";
      c.fillText(letter, x + 11, y - 7);
    };
    ring(state.hover, ink.ink, "");
    ring(state.a, ink["chosen-a"], "A");
    ring(state.b, ink["chosen-b"], "B");
    drawTip();
  }

  function drawTip() {
    if (state.hover === kNone) {
      tip.hidden = true;
      return;
    }
    const { x, y } = placeOf(state.hover);
    tip.hidden = !Number.isFinite(x) || !Number.isFinite(y);
    if (tip.hidden) return;
    const lines = objectives.map((d) => make("div", {}, make("span", {}, d.name),
      make("b", {}, `${formatValue(d, valueOf(state.hover, d))} ${d.unit ?? ""}`)));
    const note = isReference(state.hover) ? referenceOf(state.hover).source : onFront[state.hover] ? "on the Pareto front" : "";
    tip.replaceChildren(make("strong", {}, itemName(state.hover)), ...lines, note ? make("small", {}, note) : "");
    const right = x > width / 2;
    tip.style.left = right ? "" : `${x + 16}px`;
    tip.style.right = right ? `${width - x + 16}px` : "";
    tip.style.top = `${Math.max(4, Math.min(y - 20, height - tip.offsetHeight - 8))}px`;
  }

  function itemAt(x, y) {
    let best = kNone, nearest = 18 * 18;
    for (const place of referencePlaces()) {
      const distance = (place.x - x) ** 2 + (place.y - y) ** 2;
      if (distance < 100) return place.item;
    }
    for (let i = 0; i < pointCount; ++i) {
      if (!state.visible[i]) continue;
      let distance = (px[i] - x) ** 2 + (py[i] - y) ** 2;
      if (onFront[i]) distance *= 0.5;  // where points overlap, the better one is meant
      if (distance < nearest) {
        nearest = distance;
        best = i;
      }
    }
    return best;
  }

  let dragFrom = null;
  const at = (event) => {
    const bounds = canvas.getBoundingClientRect();
    return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
  };

  overlay.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button === 0) dragFrom = at(event);
  });
  overlay.addEventListener("pointermove", (event) => {
    const here = at(event);
    if (dragFrom && Math.hypot(here.x - dragFrom.x, here.y - dragFrom.y) > 6) {
      hoverOver(kNone);
      drawMarks();
      const c = overlay.getContext("2d");
      c.fillStyle = ink.core;
      c.globalAlpha = 0.15;
      c.fillRect(dragFrom.x, dragFrom.y, here.x - dragFrom.x, here.y - dragFrom.y);
      c.globalAlpha = 1;
      c.strokeStyle = ink.core;
      c.strokeRect(dragFrom.x, dragFrom.y, here.x - dragFrom.x, here.y - dragFrom.y);
    } else {
      hoverOver(itemAt(here.x, here.y));
    }
  });
  overlay.addEventListener("pointerleave", () => hoverOver(kNone));
  overlay.addEventListener("pointerup", (event) => {
    const here = at(event), from = dragFrom;
    dragFrom = null;
    if (from && Math.hypot(here.x - from.x, here.y - from.y) > 6) {
      filterTo(from, here);
      return;
    }
    const item = itemAt(here.x, here.y);
    if (item !== kNone) choose(event.shiftKey || event.ctrlKey || event.metaKey ? "b" : chooseSlot(), item);
  });

  function filterTo(from, to) {
    const range = (scale, u, v) => [scale.invert(u), scale.invert(v)].sort((p, q) => p - q);
    for (const [dimension, scale, u, v] of [[state.x, scaleX, from.x, to.x], [state.y, scaleY, from.y, to.y]]) {
      const [low, high] = range(scale, u, v);
      if (dimension.category) state.filters.set(dimension, { set: new Set(dimension.levels.filter((l) => l >= low && l <= high)) });
      else state.filters.set(dimension, { low, high });
    }
    applyFilters();
  }

  /** Arrow keys walk along the visible points of the front, in order of the axis of the arrow. */
  overlay.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      if (state.hover !== kNone) choose(event.shiftKey ? "b" : chooseSlot(), state.hover);
      event.preventDefault();
      return;
    }
    if (event.key === "Escape") return hoverOver(kNone);
    const along = { ArrowLeft: [px, -1], ArrowRight: [px, 1], ArrowUp: [py, -1], ArrowDown: [py, 1] }[event.key];
    if (!along) return;
    event.preventDefault();
    const walk = data.front.filter((i) => state.visible[i] && !Number.isNaN(px[i]) && !Number.isNaN(py[i]));
    if (walk.length === 0) return;
    walk.sort((i, j) => along[0][i] - along[0][j] || i - j);
    const now = walk.indexOf(state.hover);
    hoverOver(now < 0 ? walk[along[1] > 0 ? 0 : walk.length - 1] : walk[Math.max(0, Math.min(walk.length - 1, now + along[1]))]);
  });

  on("filter", draw);
  on("view", () => { layout(); draw(); });
  on("choose", drawMarks);
  on("hover", drawMarks);
  return { canvas, layout, draw, itemPlace: placeOf, colourOfBucket, kBuckets };
})();
