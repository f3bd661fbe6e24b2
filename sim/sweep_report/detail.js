// The one or two chosen items: figures side by side, area tree, energy, cycles, roofline, operators, timeline.
const detail = (() => {
  const box = document.getElementById("detail");
  const slots = () => ["a", "b"].filter((slot) => state[slot] !== kNone);
  const badge = (slot) => make("span", { class: `badge ${slot}` }, slot.toUpperCase());

  function better(d, a, b) {
    if (!d.direction || Number.isNaN(a) || Number.isNaN(b) || a === b) return "";
    return (d.direction === "minimise") === (b < a) ? "better" : "";
  }

  function figureRow(d, chosen) {
    const values = chosen.map((slot) => valueOf(state[slot], d));
    const differs = values.length === 2 && values[0] !== values[1] && !values.every(Number.isNaN);
    const ratio = values.length === 2 && !d.category && values[0] ? values[1] / values[0] : NaN;
    const cells = values.map((v) => make("td", {}, formatValue(d, v)));
    if (values.length === 2) cells.push(make("td", { class: better(d, values[0], values[1]) }, Number.isFinite(ratio) ? `${ratio.toPrecision(3)} ×` : ""));
    return make("tr", { class: differs ? "differs" : null }, make("td", { title: d.doc }, titleOf(d)), ...cells);
  }

  function figures(chosen) {
    const heads = chosen.map((slot) => make("th", {}, badge(slot), itemName(state[slot])));
    if (chosen.length === 2) heads.push(make("th", {}, "B / A"));
    return make("div", { class: "scroll" }, make("table", { class: "compare" }, make("thead", {}, make("tr", {}, make("th", {}, ""), ...heads)),
      make("tbody", {}, ...[...objectives, ...parameters].map((d) => figureRow(d, chosen)))));
  }

  /** Rows of a tree: blocks named with slashes or dots stand under what contains them; a parent without a figure has its parts' sum. */
  function treeRows(role, item) {
    const leaves = dimensions.filter((d) => d.role === role).map((d) => ({ path: d.name.split(/[/.]/), value: valueOf(item, d) })).filter((l) => !Number.isNaN(l.value));
    const nodes = new Map();
    for (const leaf of leaves) nodes.set(leaf.path.join("/"), { path: leaf.path, value: leaf.value });
    for (const leaf of leaves) {
      for (let depth = leaf.path.length - 1; depth > 0; --depth) {
        const path = leaf.path.slice(0, depth), key = path.join("/");
        const own = nodes.get(key);
        if (own && !own.summed) break;
        if (own) own.value += leaf.value;
        else nodes.set(key, { path, value: leaf.value, summed: true });
      }
    }
    const under = (prefix, depth) => [...nodes.values()]
      .filter((n) => n.path.length === depth && n.path.slice(0, depth - 1).join("/") === prefix)
      .sort((p, q) => q.value - p.value)
      .flatMap((n) => [n, ...under(n.path.join("/"), depth + 1)]);
    return under("", 1);
  }

  function bars(role, unit, colour, item, most) {
    const rows = treeRows(role, item);
    if (rows.length === 0) return null;
    const total = rows.filter((r) => r.path.length === 1).reduce((sum, r) => sum + r.value, 0);
    return make("div", {}, make("h3", {}, `${{ area: "Area", energy: "Energy by component", cycles: "Cycles by class" }[role]}: ${formatFigure(total, unit)}`),
      make("div", { class: "tree" }, ...rows.flatMap((r) => [
        make("span", { style: `padding-left:${(r.path.length - 1) * 14}px` }, r.path[r.path.length - 1]),
        make("i", { style: `width:${(100 * r.value) / most}%;background:var(--${colour});opacity:${r.path.length > 1 ? 0.6 : 1}` }),
        make("span", {}, `${formatFigure(r.value, unit)}${total > 0 ? ` · ${((100 * r.value) / total).toFixed(1)} %` : ""}`)])));
  }

  /** The same scale for both chosen points, so that lengths compare. */
  function mostOf(role, chosen) {
    return Math.max(...chosen.flatMap((slot) => treeRows(role, state[slot]).map((r) => r.value)), 1e-30);
  }

  const svgElement = (width, height, label) => d3.create("svg").attr("viewBox", `0 0 ${width} ${height}`).attr("role", "img").attr("aria-label", label);

  function roofline(roof) {
    const w = 520, h = 300, left = 58, right = 12, top = 12, bottom = 40;
    const intensities = roof.points.map((p) => p.ops_per_byte).filter((v) => v > 0);
    const peak = Math.max(...roof.peaks.map((p) => p.gops));
    const ridge = peak / roof.bandwidth_gb_s;
    const x = d3.scaleLog().domain([Math.min(ridge / 10, ...intensities) / 1.5, Math.max(ridge * 8, ...intensities) * 1.5]).range([left, w - right]);
    const speeds = roof.points.map((p) => p.gops).filter((v) => v > 0);
    const y = d3.scaleLog().domain([Math.min(peak / 50, ...speeds) / 1.5, peak * 1.6]).range([h - bottom, top]);
    const svg = svgElement(w, h, "Roofline: attained speed over arithmetic intensity");
    const tens = (scale) => scale.ticks().filter((t) => Number(t.toExponential(0)[0]) === 1);
    for (const t of tens(x)) {
      svg.append("line").attr("class", "grid").attr("x1", x(t)).attr("x2", x(t)).attr("y1", top).attr("y2", h - bottom);
      svg.append("text").attr("x", x(t)).attr("y", h - bottom + 16).attr("text-anchor", "middle").text(formatNumber(t));
    }
    for (const t of tens(y)) {
      svg.append("line").attr("class", "grid").attr("x1", left).attr("x2", w - right).attr("y1", y(t)).attr("y2", y(t));
      svg.append("text").attr("x", left - 6).attr("y", y(t) + 4).attr("text-anchor", "end").text(formatNumber(t));
    }
    svg.append("text").attr("x", (left + w) / 2).attr("y", h - 6).attr("text-anchor", "middle").text("operations per byte");
    svg.append("text").attr("transform", `translate(13 ${h / 2}) rotate(-90)`).attr("text-anchor", "middle").text("GOP/s");
    for (const p of roof.peaks) {
      const corner = p.gops / roof.bandwidth_gb_s, x0 = Math.max(x.domain()[0], y.domain()[0] / roof.bandwidth_gb_s);
      svg.append("path").attr("class", "roof").attr("d", `M${x(x0)},${y(x0 * roof.bandwidth_gb_s)}L${x(corner)},${y(p.gops)}L${w - right},${y(p.gops)}`);
      svg.append("text").attr("x", w - right).attr("y", y(p.gops) - 5).attr("text-anchor", "end").text(`${p.name}: ${formatNumber(p.gops)} GOP/s`);
    }
    for (const p of roof.points.filter((q) => q.gops > 0 && q.ops_per_byte > 0)) {
      svg.append("circle").attr("class", p.phase).attr("cx", x(p.ops_per_byte)).attr("cy", y(p.gops)).attr("r", 5)
        .append("title").text(`${p.phase} ${p.name}: ${formatNumber(p.ops_per_byte)} op/byte, ${formatNumber(p.gops)} GOP/s`);
    }
    return svg.node();
  }

  function operators(list) {
    const total = list.reduce((sum, o) => sum + o.seconds, 0);
    const row = (o) => make("tr", {}, ...[`${o.phase} ${o.name}`, o.shape, o.types, formatNumber(o.macs), formatNumber(o.bytes),
      o.on_core ? formatNumber(o.cycles) : "not on core", `${formatNumber(o.seconds * 1e6)} µs`, `${((100 * o.seconds) / total).toFixed(1)} %`].map((t) => make("td", {}, t)));
    const heads = ["operator", "M × N × K", "types", "MACs", "bytes", "cycles", "time", "share"].map((t) => make("th", {}, t));
    return make("div", { class: "scroll" }, make("table", { class: "figures" }, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...list.map(row))));
  }

  function timeline(events) {
    const tracks = [...new Set(events.map((e) => e.track))];
    const w = 520, rowHeight = 24, left = 92, h = tracks.length * rowHeight + 26;
    const end = Math.max(...events.map((e) => e.begin_s + e.seconds));
    const x = d3.scaleLinear().domain([0, end]).range([left, w - 8]);
    const svg = svgElement(w, h, "Timeline by unit");
    tracks.forEach((track, k) => svg.append("text").attr("x", left - 8).attr("y", k * rowHeight + 16).attr("text-anchor", "end").text(track));
    for (const e of events) {
      svg.append("rect").attr("x", x(e.begin_s)).attr("y", tracks.indexOf(e.track) * rowHeight + 3).attr("width", Math.max(0.6, x(e.begin_s + e.seconds) - x(e.begin_s) - 0.4))
        .attr("height", rowHeight - 7).attr("fill", `var(--series-${(tracks.indexOf(e.track) % 8) + 1})`)
        .append("title").text(`${e.name}: ${formatNumber(e.seconds * 1e6)} µs`);
    }
    for (const t of x.ticks(5)) svg.append("text").attr("x", x(t)).attr("y", h - 6).attr("text-anchor", "middle").text(`${formatNumber(t * 1e6)} µs`);
    return svg.node();
  }

  function described(item) {
    const d = data.details[data.ids[item]];
    if (!d) return [make("p", { class: "small" }, `details.json describes ${Object.keys(data.details).length} points; operators, roofline and timeline of this one are not among them.`)];
    const title = (text) => make("h3", {}, text);
    return [...(d.roofline ? [title("Roofline"), roofline(d.roofline)] : []), ...(d.timeline?.length ? [title("Timeline"), timeline(d.timeline)] : []),
      ...(d.operators?.length ? [title("Operators"), operators(d.operators)] : [])];
  }

  function column(slot, most) {
    const item = state[slot];
    const title = make("h3", {}, badge(slot), itemName(item));
    if (isReference(item)) return make("div", {}, title, make("p", { class: "small" }, `Published: ${referenceOf(item).source}`));
    const error = data.errors[item] ? make("p", { class: "verdict bad" }, data.errors[item]) : null;
    return make("div", {}, title, error, bars("area", "um2", "area", item, most.area), bars("energy", "pJ", "energy", item, most.energy),
      bars("cycles", "cycles", "core", item, most.cycles), ...described(item));
  }

  function draw() {
    const chosen = slots();
    for (const slot of ["a", "b"]) document.getElementById(`id-${slot}`).value = state[slot] === kNone ? "" : isReference(state[slot]) ? referenceOf(state[slot]).name : data.ids[state[slot]];
    if (chosen.length === 0) {
      box.replaceChildren(make("p", { class: "small" }, "Nothing is chosen yet: click a point, or type its id."));
      return;
    }
    const most = { area: mostOf("area", chosen), energy: mostOf("energy", chosen), cycles: mostOf("cycles", chosen) };
    box.replaceChildren(figures(chosen), make("div", { class: chosen.length === 2 ? "both two" : "both" }, ...chosen.map((slot) => column(slot, most))));
  }
  on("choose", draw);
  return { draw };
})();
