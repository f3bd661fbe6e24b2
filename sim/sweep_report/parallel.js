// Parallel coordinates: density of all visible points, the front as lines, and a brush on every axis that filters.
const parallel = (() => {
  const canvas = document.getElementById("parallel");
  const svg = d3.select("#parallel-brushes");
  const frame = document.getElementById("parallel-frame");
  const margin = { left: 46, right: 46, top: 46, bottom: 14 };
  const height = 330;
  const axes = [...parameters, ...objectives].filter((d) => d.levels === null || d.levels.length > 1);
  let width = 900, xs = [];
  // Kept while pointing and choosing, which change no line of theirs.
  const background = makeLayer(), shown = makeLayer();
  let backgroundDrawn = false, shownDrawn = false;

  const plotTop = margin.top, plotHeight = height - margin.top - margin.bottom;

  /** Parameters with few levels stand at equal distances: 1, 2, 4, 8 would crowd at one end of a linear axis. */
  for (const d of axes) {
    d.even = d.category || (d.role === "parameter" && d.levels && d.levels.length <= 12);
    if (d.even) {
      const scale = d3.scalePoint().domain(d.levels).range([plotTop + plotHeight, plotTop]).padding(0.2);
      d.place = (v) => scale(v);
    } else {
      const wide = d.low > 0 && d.high / d.low > 50;
      const scale = (wide ? d3.scaleLog() : d3.scaleLinear()).domain([d.low, d.high]).range([plotTop + plotHeight, plotTop]);
      d.scale = scale;
      d.place = scale;
    }
    d.row = Int16Array.from(d.column, (v) => (Number.isNaN(v) ? -1 : Math.round(d.place(v) - plotTop)));
  }

  const density = { counts: new Uint32Array((plotHeight + 1) * (plotHeight + 1)), touched: new Uint32Array(pointCount), sum: new Float32Array(0) };

  /** Adds the lines between two neighbouring axes to `sum`; equal lines are counted first and drawn once. */
  function addGap(left, right, x0, x1, sum, stride, chosen) {
    const rows = plotHeight + 1;
    let touched = 0;
    for (let i = 0; i < pointCount; ++i) {
      if (!chosen[i]) continue;
      const a = left.row[i], b = right.row[i];
      if (a < 0 || b < 0) continue;
      const key = a * rows + b;
      if (density.counts[key]++ === 0) density.touched[touched++] = key;
    }
    const span = x1 - x0;
    for (let k = 0; k < touched; ++k) {
      const key = density.touched[k];
      const weight = density.counts[key];
      density.counts[key] = 0;
      const a = Math.floor(key / rows), slope = ((key % rows) - a) / span;
      let y = a;
      for (let x = x0; x < x1; ++x, y += slope) {
        const row = y | 0, part = y - row;
        const at = row * stride + x;
        sum[at] += weight * (1 - part);
        sum[at + stride] += weight * part;
      }
    }
  }

  /** Draws the lines of chosen points at half the horizontal resolution, which lines do not show and which halves the work. */
  function addDensity(pixels, w, chosen, colour, strength) {
    const sum = density.sum.length === pixels.length ? density.sum.fill(0) : (density.sum = new Float32Array(pixels.length));
    for (let g = 0; g + 1 < axes.length; ++g) addGap(axes[g], axes[g + 1], Math.round(xs[g] / 2), Math.round(xs[g + 1] / 2), sum, w, chosen);
    let most = 1;
    for (let k = 0; k < sum.length; ++k) if (sum[k] > most) most = sum[k];
    const rgb = channels(colour), levels = 1023, alphas = new Uint32Array(levels + 1);
    for (let k = 0; k <= levels; ++k) alphas[k] = Math.round(strength * 255 * (0.05 + 0.95 * (Math.log1p((k / levels) ** 2 * most) / Math.log1p(most)))) << 24;
    for (let k = 0; k < sum.length; ++k) if (sum[k] > 0) pixels[k] = (alphas[Math.round(Math.sqrt(sum[k] / most) * levels)] | rgb) >>> 0;
  }

  function drawLayer(layer, parts) {
    const w = Math.ceil(width / 2), pixels = layer.begin(w, plotHeight + 2);
    for (const [chosen, colour, strength] of parts) addDensity(pixels, w, chosen, colour, strength);
    layer.end();
  }

  function layout() {
    width = Math.max(frame.clientWidth, axes.length * 92);
    const step = axes.length > 1 ? (width - margin.left - margin.right) / (axes.length - 1) : 0;
    xs = axes.map((_, k) => margin.left + k * step);
    backgroundDrawn = shownDrawn = false;
    svg.attr("width", width).attr("height", height);
    makeBrushes();
  }

  function line(c, item) {
    c.beginPath();
    let open = false;
    axes.forEach((d, k) => {
      const y = d.place(valueOf(item, d));
      if (y === undefined || Number.isNaN(y)) open = false;
      else if (open) c.lineTo(xs[k], y);
      else {
        c.moveTo(xs[k], y);
        open = true;
      }
    });
    c.stroke();
  }

  function drawLabels(c) {
    axes.forEach((d, k) => {
      c.strokeStyle = ink.soft;
      c.lineWidth = 1;
      c.beginPath();
      c.moveTo(Math.round(xs[k]) + 0.5, plotTop);
      c.lineTo(Math.round(xs[k]) + 0.5, plotTop + plotHeight);
      c.stroke();
      c.textAlign = "center";
      const dot = d.name.lastIndexOf(".");
      const group = dot > 0 ? d.name.slice(0, dot) : d.direction === "minimise" ? "↓ less" : d.direction ? "↑ more" : "";
      c.font = "11px system-ui, sans-serif";
      c.fillStyle = ink.soft;
      c.fillText(group, xs[k], 14);
      c.font = "600 11px system-ui, sans-serif";
      c.fillStyle = ink.ink;
      fitText(c, d.name.slice(dot + 1), xs[k], 29, Math.min((xs[1] ?? width) - xs[0] - 6, 2 * xs[k], 2 * (width - xs[k])));
      drawTicks(c, d, xs[k], k === axes.length - 1);
    });
  }

  function fitText(c, text, x, y, room) {
    const words = c.measureText(text).width > room ? text.replaceAll("_", " ") : text;
    if (c.measureText(words).width <= room) return c.fillText(words, x, y);
    const cut = words.lastIndexOf(" ", Math.ceil(words.length / 2) + 2);
    if (cut < 0) return c.fillText(words, x, y, room);
    c.fillText(words.slice(0, cut), x, y - 2, room);
    c.fillText(words.slice(cut + 1), x, y + 10, room);
  }

  function drawTicks(c, d, x, last) {
    const ticks = d.even ? d.levels : d.scale.ticks(4).filter((t) => !d.scale.base || Number(t.toExponential(0)[0]) === 1);
    c.font = "11px system-ui, sans-serif";
    c.textAlign = last ? "right" : "left";
    for (const t of ticks) {
      const text = formatValue(d, t), shift = last ? -6 : 6;
      c.lineWidth = 3;
      c.strokeStyle = ink.card;
      c.strokeText(text, x + shift, d.place(t) + 4);
      c.fillStyle = ink.soft;
      c.fillText(text, x + shift, d.place(t) + 4);
    }
  }

  function draw() {
    if (axes.length === 0) return;
    const c = prepareCanvas(canvas, width, height);
    c.fillStyle = ink.card;
    c.fillRect(0, 0, width, height);
    if (!backgroundDrawn) drawLayer(background, [[new Uint8Array(pointCount).fill(1), ink.host, 0.28]]);
    if (!shownDrawn) {
      drawLayer(shown, [[state.visible, ink.core, 0.85], [state.visible.map((seen, i) => seen & onFront[i]), ink.front, 0.9]]);
    }
    backgroundDrawn = shownDrawn = true;
    for (const layer of [background, shown]) c.drawImage(layer.canvas, 0, plotTop, Math.ceil(width / 2) * 2, plotHeight + 2);
    drawLabels(c);
    for (const [item, colour] of [[state.a, ink["chosen-a"]], [state.b, ink["chosen-b"]], [state.hover, ink.ink]]) {
      if (item === kNone) continue;
      c.lineWidth = 5;
      c.strokeStyle = ink.card;
      line(c, item);
      c.lineWidth = 2.5;
      c.strokeStyle = colour;
      line(c, item);
    }
  }

  function brushed(d) {
    const selection = d3.event.selection;
    if (moving) return;
    if (!selection) return setFilter(d, null);
    const [top, bottom] = selection;
    if (d.category) {
      setFilter(d, { set: new Set(d.levels.filter((v) => d.place(v) >= top && d.place(v) <= bottom)) });
    } else if (d.even) {
      const inside = d.levels.filter((v) => d.place(v) >= top && d.place(v) <= bottom);
      setFilter(d, inside.length ? { low: inside[0], high: inside[inside.length - 1] } : { low: NaN, high: NaN });
    } else {
      setFilter(d, { low: d.scale.invert(bottom), high: d.scale.invert(top) });
    }
  }

  const brushes = new Map();
  let moving = false;  // brushes are being moved by the program: their events mean nothing
  function makeBrushes() {
    svg.selectAll("*").remove();
    brushes.clear();
    axes.forEach((d, k) => {
      const brush = d3.brushY().extent([[xs[k] - 13, plotTop], [xs[k] + 13, plotTop + plotHeight]]).on("brush end", () => brushed(d));
      const group = svg.append("g").attr("class", "brush");
      group.append("title").text(`${titleOf(d)}: drag to filter, click to clear`);
      brushes.set(d, { brush, group: group.call(brush) });
    });
    showBrushes();
  }

  /** Moves each brush to where its filter is, whoever set it, but not the one that a hand is moving. */
  function showBrushes() {
    if (moving) return;
    moving = true;
    const held = d3.event?.type === "brush" ? d3.event.target : null;
    for (const [d, { brush, group }] of brushes) {
      if (brush === held) continue;
      const filter = state.filters.get(d), place = filter ? span(d, filter) : null;
      if (place || d3.brushSelection(group.node())) group.call(brush.move, place);
    }
    moving = false;
  }

  function span(d, filter) {
    const inside = d.even ? d.levels.filter((v) => passes(filter, v)).map((v) => d.place(v)) : [d.place(filter.high), d.place(filter.low)];
    if (inside.length === 0 || inside.some((v) => Number.isNaN(v))) return null;
    const pad = d.even ? 7 : 0;
    return [Math.max(plotTop, Math.min(...inside) - pad), Math.min(plotTop + plotHeight, Math.max(...inside) + pad)];
  }

  on("filter", () => { shownDrawn = false; showBrushes(); draw(); });
  on("choose", draw);
  let pending = 0;
  on("hover", () => { if (!pending) pending = requestAnimationFrame(() => { pending = 0; draw(); }); });
  return { canvas, layout, draw };
})();
