// The filters as form fields, which a keyboard can reach, and the table of points.
const filterForm = (() => {
  const box = document.getElementById("filters");
  const shownDimensions = [statusDimension, ...parameters, ...objectives].filter((d) => d.levels === null || d.levels.length > 1 || d === statusDimension);
  const fields = new Map();

  function wordField(d) {
    const boxes = d.categories.map((word, level) => {
      const input = make("input", { type: "checkbox", onchange: () => {
        const set = new Set(boxes.filter((b) => b.input.checked).map((b) => b.level));
        setFilter(d, set.size === d.categories.length ? null : { set });
      } });
      return { input, level, label: make("label", {}, input, ` ${word}`) };
    });
    fields.set(d, () => {
      const filter = state.filters.get(d);
      for (const b of boxes) b.input.checked = !filter || passes(filter, b.level);
    });
    return make("fieldset", {}, make("legend", { title: d.doc }, titleOf(d)), ...boxes.map((b) => b.label));
  }

  function numberField(d) {
    const bound = (name) => make("input", { type: "number", step: "any", "aria-label": `${d.name}, ${name}`, placeholder: formatNumber(name === "at least" ? d.low : d.high), onchange: change });
    const low = bound("at least"), high = bound("at most");
    function change() {
      const from = low.value === "" ? -Infinity : Number(low.value), to = high.value === "" ? Infinity : Number(high.value);
      setFilter(d, from === -Infinity && to === Infinity ? null : { low: from, high: to });
    }
    fields.set(d, () => {
      const filter = state.filters.get(d);
      const text = (v) => (filter && Number.isFinite(v) ? String(Number(v.toPrecision(6))) : "");
      if (document.activeElement !== low) low.value = text(filter?.low);
      if (document.activeElement !== high) high.value = text(filter?.high);
    });
    return make("fieldset", {}, make("legend", { title: d.doc }, titleOf(d)), low, " to ", high);
  }

  box.append(...shownDimensions.map((d) => (d.category ? wordField(d) : numberField(d))));
  on("filter", () => fields.forEach((show) => show()));
})();

const pointTable = (() => {
  const box = document.getElementById("points");
  const columns = [...objectives, ...parameters];
  const most = 40;
  let by = state.y, up = state.y.direction === "minimise", timer = 0;

  /** The first `most` shown points in the order of the chosen column; points without a value come last. */
  function rows() {
    const shown = [];
    for (let i = 0; i < pointCount; ++i) if (state.visible[i]) shown.push(i);
    const key = (i) => (Number.isNaN(by.column[i]) ? Infinity : up ? by.column[i] : -by.column[i]);
    return shown.sort((i, j) => key(i) - key(j) || i - j).slice(0, most);
  }

  function head(d) {
    const sorted = d === by;
    const action = () => {
      up = sorted ? !up : d.direction === "minimise" || d.role === "parameter";
      by = d;
      draw();
      box.querySelector("th[aria-sort] button").focus();
    };
    return make("th", { "aria-sort": sorted ? (up ? "ascending" : "descending") : null, title: d.doc },
      make("button", { type: "button", onclick: action }, `${titleOf(d)}${sorted ? (up ? " ↑" : " ↓") : ""}`));
  }

  function row(i) {
    const pick = (slot) => make("button", { type: "button", "aria-label": `choose point ${data.ids[i]} as ${slot.toUpperCase()}`, onclick: () => choose(slot, i) }, slot.toUpperCase());
    return make("tr", { class: onFront[i] ? "front" : null }, make("td", {}, pick("a"), pick("b")), make("td", {}, data.ids[i]),
      ...columns.map((d) => make("td", {}, formatValue(d, d.column[i]))));
  }

  function draw() {
    const shown = rows();
    box.replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, make("th", {}, ""), make("th", {}, "id"), ...columns.map(head))),
      make("tbody", {}, ...shown.map(row))),
      make("p", { class: "small" }, `${shown.length} of ${state.visibleCount.toLocaleString("en")} shown points, ids on the front in orange. Sort and filter to reach the others; CSV has all.`));
  }
  // A drag of a brush filters many times a second: the table follows when it rests.
  on("filter", () => { clearTimeout(timer); timer = setTimeout(draw, 120); });
  return { draw };
})();
