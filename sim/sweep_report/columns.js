// The points as typed columns, the filters over them, and what is chosen: the state that every view reads.
const data = JSON.parse(document.getElementById("data").textContent);
const pointCount = data.ids.length;

const dimensions = data.dimensions.map((d, index) => {
  const column = Float64Array.from(d.values, (v) => (v === null ? NaN : v));
  const distinct = new Set();
  for (let i = 0; i < column.length && distinct.size <= 400; ++i) if (!Number.isNaN(column[i])) distinct.add(column[i]);
  let low = Infinity, high = -Infinity;
  for (const v of column) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  const levels = distinct.size <= 400 ? [...distinct].sort((a, b) => a - b) : null;
  return { ...d, values: null, index, column, low, high, levels, category: Boolean(d.categories) };
});
const parameters = dimensions.filter((d) => d.role === "parameter");
const objectives = dimensions.filter((d) => d.role === "objective");
const statusDimension = dimensions.find((d) => d.role === "status");
const onFront = new Uint8Array(pointCount);
for (const i of data.front) onFront[i] = 1;
const indexOfId = new Map(data.ids.map((id, i) => [id, i]));

const kNone = -1;
const state = {
  x: objectives[0] ?? parameters[0],
  y: objectives[1] ?? objectives[0] ?? parameters[0],
  colour: null,
  logX: false,
  logY: false,
  // A chosen item is a point's index, or -2 - r for reference r, or kNone.
  a: kNone,
  b: kNone,
  hover: kNone,
  filters: new Map(),
  visible: new Uint8Array(pointCount),
  visibleCount: 0,
  filterMs: 0,
};

const isReference = (item) => item <= -2;
const referenceOf = (item) => data.references[-2 - item];
const itemName = (item) => (isReference(item) ? referenceOf(item).name : `point ${data.ids[item]}`);

/** The value of an item in a dimension; NaN where it has none. */
function valueOf(item, dimension) {
  if (item === kNone) return NaN;
  if (!isReference(item)) return dimension.column[item];
  const value = dimension.role === "objective" ? referenceOf(item).objectives[dimension.name] : undefined;
  return value ?? NaN;
}

const kSiSteps = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];
/** Four significant digits, with a letter for thousands where the number is long. */
function formatNumber(v) {
  if (v === null || v === undefined || Number.isNaN(v)) return "–";
  const size = Math.abs(v);
  if (size !== 0 && (size < 1e-3 || size >= 1e15)) return v.toExponential(3);
  for (const [step, letter] of kSiSteps) if (size >= step * 10) return `${Number((v / step).toPrecision(4))} ${letter}`;
  return String(Number(v.toPrecision(4)));
}
const kJoules = [[1e12, "J"], [1e9, "mJ"], [1e6, "µJ"], [1e3, "nJ"], [0, "pJ"]];
/** A figure of the area tree, the energies or the cycles in the unit that suits its size. */
function formatFigure(v, unit) {
  if (unit === "um2") return v >= 1e4 ? `${formatNumber(v / 1e6)} mm²` : `${formatNumber(v)} µm²`;
  if (unit !== "pJ") return formatNumber(v);
  const [step, name] = kJoules.find(([least]) => v >= least);
  return `${formatNumber(v / (step || 1))} ${name}`;
}
const formatValue = (dimension, v) => (Number.isNaN(v) ? "–" : dimension.category ? dimension.categories[v] : formatNumber(v));
const labelOf = (d) => (d.role === "area" || d.role === "energy" || d.role === "cycles" ? `${d.role}: ${d.name}` : d.name);
const titleOf = (d) => (d.unit ? `${labelOf(d)} (${d.unit})` : labelOf(d));

const listeners = { filter: [], choose: [], view: [], hover: [] };
const on = (event, action) => listeners[event].push(action);
const tell = (event) => listeners[event].forEach((action) => action());

function passes(filter, v) {
  return filter.set ? filter.set.has(v) : v >= filter.low && v <= filter.high;
}

function computeVisible() {
  const visible = state.visible.fill(1);
  for (const [dimension, filter] of state.filters) {
    const column = dimension.column;
    if (filter.set) {
      for (let i = 0; i < pointCount; ++i) if (!filter.set.has(column[i])) visible[i] = 0;
    } else {
      const { low, high } = filter;
      for (let i = 0; i < pointCount; ++i) if (!(column[i] >= low && column[i] <= high)) visible[i] = 0;
    }
  }
  let count = 0;
  for (let i = 0; i < pointCount; ++i) count += visible[i];
  state.visibleCount = count;
}

/** Filters, redraws every view, and notes how long that took. */
function applyFilters() {
  const start = performance.now();
  computeVisible();
  tell("filter");
  state.filterMs = performance.now() - start;
  document.getElementById("shown").textContent =
    `${state.visibleCount.toLocaleString("en")} of ${pointCount.toLocaleString("en")} points shown`;
  document.getElementById("shown").title = `filtered and drawn in ${state.filterMs.toFixed(1)} ms`;
}

/** Sets or, with null, removes the filter of one dimension: {low, high} or {set}. */
function setFilter(dimension, filter) {
  if (filter) state.filters.set(dimension, filter);
  else state.filters.delete(dimension);
  applyFilters();
}

function clearFilters() {
  state.filters.clear();
  const usable = statusDimension.categories.indexOf("ok");
  if (usable >= 0) state.filters.set(statusDimension, { set: new Set([usable]) });
  applyFilters();
}

function choose(slot, item) {
  state[slot] = item;
  tell("choose");
}

function hoverOver(item) {
  if (item === state.hover) return;
  state.hover = item;
  tell("hover");
}

/** Makes an element: attributes, "on..." listeners, children (text or elements). */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** The colours of the page as the style sheet has them now. */
let ink = {};
function readColours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["page", "card", "ink", "soft", "line", "core", "host", "area", "energy", "front", "chosen-a", "chosen-b", "reference",
    "ramp-low", "ramp-high", "series-1", "series-2", "series-3", "series-4", "series-5", "series-6", "series-7", "series-8"];
  ink = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** Sizes a canvas to its box at the screen's density and returns its context in CSS pixels. */
function prepareCanvas(canvas, width, height) {
  const density = Math.min(window.devicePixelRatio || 1, 2);
  const wide = Math.round(width * density), high = Math.round(height * density);
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(density, 0, 0, density, 0, 0);
  return context;
}

const channels = (colour) => {
  const c = d3.rgb(colour);
  return (c.b << 16) | (c.g << 8) | c.r;
};

/** A canvas that is written pixel by pixel and drawn onto another; kept, because making one for every filter costs more than filling it. */
function makeLayer() {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let image = null, pixels = null;
  return {
    canvas,
    /** Cleared pixels of this size. */
    begin(width, height) {
      if (image?.width !== width || image.height !== height) {
        canvas.width = width;
        canvas.height = height;
        image = new ImageData(width, height);
        pixels = new Uint32Array(image.data.buffer);
      } else pixels.fill(0);
      return pixels;
    },
    end: () => context.putImageData(image, 0, 0),
  };
}
