// Joins controls, views, tables and exports, and draws everything for the first time.
const byId = (id) => document.getElementById(id);

/** The slot that a plain click fills: A first, then B. */
function chooseSlot() {
  return state.a === kNone ? "a" : "b";
}

function setUpAxes() {
  const choices = dimensions.filter((d) => d.levels === null || d.levels.length > 1);
  for (const key of ["x", "y", "colour"]) {
    const select = byId(key === "colour" ? "colour" : `axis-${key}`);
    if (key === "colour") select.append(make("option", { value: "" }, "one"));
    for (const d of choices) select.append(make("option", { value: d.index }, titleOf(d)));
    select.value = state[key] ? state[key].index : "";
    select.addEventListener("change", () => {
      state[key] = select.value === "" ? null : dimensions[Number(select.value)];
      showView();
    });
  }
  for (const axis of ["x", "y"]) byId(`log-${axis}`).addEventListener("change", showView);
  state.logX = byId("log-x").checked = wide(state.x);
  state.logY = byId("log-y").checked = wide(state.y);
}

const wide = (d) => d.low > 0 && d.high / d.low > 100;

function showView() {
  for (const axis of ["x", "y"]) {
    const box = byId(`log-${axis}`), dimension = state[axis];
    box.disabled = dimension.category || !(dimension.low > 0);
    if (box.disabled) box.checked = false;
    state[axis === "x" ? "logX" : "logY"] = box.checked;
  }
  tell("view");
  drawLegend();
}

function drawLegend() {
  const swatch = (colour, text) => [make("span", { class: "swatch", style: `background:${colour}` }), text];
  const parts = [...swatch(ink.front, `front of all objectives (${data.front.length})`)];
  const d = state.colour;
  if (!d) parts.push(...swatch(ink.core, "other points"));
  else if (d.category) d.categories.slice(0, 8).forEach((word, k) => parts.push(...swatch(scatter.colourOfBucket(k), word)));
  else {
    const ramp = `linear-gradient(90deg, ${scatter.colourOfBucket(0)}, ${scatter.colourOfBucket(scatter.kBuckets - 1)})`;
    parts.push(` ${titleOf(d)} ${formatNumber(d.low)}`, make("span", { class: "ramp", style: `background:${ramp}` }), formatNumber(d.high));
  }
  if (data.references.length) parts.push(make("span", {}, "  ◆ baseline or published figure"));
  byId("legend").replaceChildren(...parts);
}

function drawHypervolume() {
  const points = data.hypervolume ?? [];
  if (points.length === 0) return byId("hypervolume").replaceChildren("not stated");
  const w = 520, h = 220, left = 62;
  const x = d3.scaleLinear().domain([0, d3.max(points, (p) => p.evaluated)]).range([left, w - 14]);
  const y = d3.scaleLinear().domain([0, d3.max(points, (p) => p.value) * 1.05]).range([h - 40, 10]);
  const svg = d3.create("svg").attr("viewBox", `0 0 ${w} ${h}`).attr("role", "img").attr("aria-label", "Hypervolume over points evaluated");
  for (const t of y.ticks(4)) {
    svg.append("line").attr("class", "grid").attr("x1", left).attr("x2", w - 14).attr("y1", y(t)).attr("y2", y(t));
    svg.append("text").attr("x", left - 6).attr("y", y(t) + 4).attr("text-anchor", "end").text(formatNumber(t));
  }
  for (const t of x.ticks(5)) svg.append("text").attr("x", x(t)).attr("y", h - 22).attr("text-anchor", "middle").text(formatNumber(t));
  svg.append("text").attr("x", (left + w) / 2).attr("y", h - 4).attr("text-anchor", "middle").text("points evaluated");
  svg.append("path").attr("fill", "none").attr("stroke", "var(--core)").attr("stroke-width", 2)
    .attr("d", d3.line().x((p) => x(p.evaluated)).y((p) => y(p.value)).curve(d3.curveStepAfter)(points));
  byId("hypervolume").replaceChildren(svg.node());
}

function drawReferences() {
  const row = (reference, r) => make("tr", {}, make("td", {}, make("button", { type: "button", "aria-label": `compare with ${reference.name}`, onclick: () => choose("b", -2 - r) }, "B")),
    make("td", {}, reference.name), ...objectives.map((d) => make("td", {}, formatNumber(reference.objectives[d.name]))), make("td", {}, reference.source));
  const heads = ["", "name", ...objectives.map(titleOf), "source"].map((t) => make("th", {}, t));
  byId("references").replaceChildren(data.references.length ? make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...data.references.map(row))) : "none");
}

const percent = (share) => `${(share * 100).toPrecision(3)} %`;

function drawProvenance() {
  const text = (v) => (v === null || v === undefined ? "–" : typeof v === "object" ? JSON.stringify(v) : String(v));
  const price = data.price_model;
  const limits = (data.constraints ?? []).map((c) => `${c.name} ${c.at_most !== undefined ? `≤ ${c.at_most}` : `≥ ${c.at_least}`} ${c.unit ?? ""}`).join("; ");
  const rows = [["lutra", data.lutra_version], ["library", data.library], ["engine", data.engine], ["search", data.search], ["seed", data.seed],
    ["space_hash", data.space_hash], ["constraints", limits || "none"],
    ["price model", price ? `median error ${percent(price.median_error)}, worst ${percent(price.worst_error)}; ${text(price.provenance)}` : "–"]];
  byId("provenance").replaceChildren(make("table", { class: "from9" }, make("tbody", {}, ...rows.map(([k, v]) => make("tr", {}, make("td", {}, k), make("td", {}, text(v)))))));
  const failed = Object.entries(data.errors);
  byId("errors").hidden = failed.length === 0;
  byId("errors").replaceChildren(make("summary", {}, `Points that ended with an error: ${failed.length}`),
    make("ul", {}, ...failed.slice(0, 200).map(([i, why]) => make("li", {}, `${data.ids[i]}: ${why}`))));
  byId("title").textContent = `${pointCount.toLocaleString("en")} designs, ${data.front.length} on the front`;
  byId("basis").textContent = `${text(data.search)} search, ${text(data.library)}${price ? `; prices from a fitted model, median error ${percent(price.median_error)}, worst ${percent(price.worst_error)}` : ""}`;
}

function save(name, blob) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

const shownPoints = () => data.ids.map((_, i) => i).filter((i) => state.visible[i]);
const plainValue = (d, i) => (Number.isNaN(d.column[i]) ? null : d.category ? d.categories[d.column[i]] : d.column[i]);

function saveCsv() {
  const quote = (v) => (v === null ? "" : /[",\n]/.test(String(v)) ? `"${String(v).replaceAll('"', '""')}"` : String(v));
  const head = ["id", "on_front", ...dimensions.map((d) => (d.unit ? `${labelOf(d)} [${d.unit}]` : labelOf(d)))];
  const lines = shownPoints().map((i) => [data.ids[i], onFront[i] === 1, ...dimensions.map((d) => plainValue(d, i))].map(quote).join(","));
  save("sweep.csv", new Blob([[head.map(quote).join(","), ...lines].join("\n") + "\n"], { type: "text/csv" }));
}

function saveJson() {
  const section = (role, i) => Object.fromEntries(dimensions.filter((d) => d.role === role).map((d) => [d.name, plainValue(d, i)]));
  const points = shownPoints().map((i) => ({ id: data.ids[i], status: plainValue(statusDimension, i), error: data.errors[i] ?? "", on_front: onFront[i] === 1,
    parameters: section("parameter", i), objectives: section("objective", i), area_um2: section("area", i), energy_pj: section("energy", i), cycles: section("cycles", i) }));
  const { lutra_version, seed, space_hash, library, price_model, references } = data;
  save("sweep_shown.json", new Blob([JSON.stringify({ lutra_version, seed, space_hash, library, price_model, references, points })], { type: "application/json" }));
}

function savePng() {
  const parts = [scatter.canvas, byId("scatter-marks"), parallel.canvas];
  const picture = document.createElement("canvas");
  picture.width = Math.max(...parts.map((p) => p.width));
  picture.height = scatter.canvas.height + parallel.canvas.height;
  const c = picture.getContext("2d");
  c.fillStyle = ink.card;
  c.fillRect(0, 0, picture.width, picture.height);
  parts.forEach((part, k) => c.drawImage(part, 0, k < 2 ? 0 : scatter.canvas.height));
  picture.toBlob((blob) => save("sweep.png", blob), "image/png");
}

/** Both schemes live in media rules of the style sheet: choosing one switches those rules on or off. */
const schemeRules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).filter((rule) => rule instanceof CSSMediaRule && rule.conditionText.includes("prefers-color-scheme"));
let dark = matchMedia("(prefers-color-scheme: dark)").matches;

function showScheme(asDark) {
  for (const rule of schemeRules) rule.media.mediaText = asDark ? "all" : "not all";
  document.documentElement.style.colorScheme = asDark ? "dark" : "light";
  byId("theme").textContent = asDark ? "Light" : "Dark";
  byId("theme").setAttribute("aria-pressed", String(asDark));
  readColours();
  parallel.layout();
  parallel.draw();
  showView();
}

function chooseById(slot) {
  const text = byId(`id-${slot}`).value.trim();
  const reference = data.references.findIndex((r) => r.name === text);
  const item = text === "" ? kNone : indexOfId.get(text) ?? (reference >= 0 ? -2 - reference : undefined);
  byId(`id-${slot}`).setCustomValidity(item === undefined ? `no point has the id ${text}` : "");
  if (item === undefined) byId(`id-${slot}`).reportValidity();
  else choose(slot, item);
}

function setUpButtons() {
  byId("reset").addEventListener("click", clearFilters);
  byId("csv").addEventListener("click", saveCsv);
  byId("json").addEventListener("click", saveJson);
  byId("png").addEventListener("click", savePng);
  byId("theme").addEventListener("click", () => showScheme((dark = !dark)));
  byId("swap").addEventListener("click", () => { [state.a, state.b] = [state.b, state.a]; tell("choose"); });
  byId("forget").addEventListener("click", () => { state.a = state.b = kNone; tell("choose"); });
  for (const slot of ["a", "b"]) byId(`id-${slot}`).addEventListener("change", () => chooseById(slot));
  byId("ids").append(...data.front.map((i) => make("option", { value: data.ids[i] })), ...data.references.map((r) => make("option", { value: r.name })));
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; showScheme(dark); } });
  // Paper is white, whatever the screen is.
  addEventListener("beforeprint", () => showScheme(false));
  addEventListener("afterprint", () => showScheme(dark));
}

readColours();
scatter.layout();
parallel.layout();
setUpAxes();
setUpButtons();
clearFilters();
pointTable.draw();
drawHypervolume();
drawReferences();
drawProvenance();
detail.draw();
showScheme(dark);
