// Writes a sweep of made-up designs, the same for the same count: what the page's tests look at.
//   node fixture.mjs DIRECTORY COUNT
import { mkdirSync, writeFileSync } from "node:fs";

const [directory, countText] = process.argv.slice(2);
const count = Number(countText);
let seed = 12345;
const random = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 4294967296;
};
const pick = (list) => list[Math.floor(random() * list.length)];

const parameters = [
  { name: "array.rows", unit: "", kind: "integer", doc: "rows: tokens", values: [1, 2, 4, 8] },
  { name: "array.columns", unit: "", kind: "integer", doc: "columns: outputs", values: [8, 16, 32, 64, 128] },
  { name: "array.tables_per_lane", unit: "", kind: "integer", doc: "tables added in a lane", values: [1, 2, 4, 8, 16] },
  { name: "array.table_inputs", unit: "", kind: "integer", doc: "activations a table", values: [2, 3, 4, 5] },
  { name: "table.storage", unit: "", kind: "word", doc: "storage of the table buffer", values: ["flops", "rebuilt", "sram"] },
  { name: "clock_mhz", unit: "MHz", kind: "number", doc: "clock", values: null },
];
const objectives = [
  { name: "tokens_per_s", unit: "1/s", direction: "maximise" },
  { name: "area", unit: "mm2", direction: "minimise" },
  { name: "energy_per_token", unit: "mJ", direction: "minimise" },
];

function makePoint(id) {
  const p = {};
  for (const { name, values } of parameters) p[name] = values ? pick(values) : Math.round(80 + random() * 320);
  if (id % 97 === 13) return { id, status: "failed", error: "synthesis did not end within 600 s", parameters: p, objectives: {}, area_um2: {}, energy_pj: {}, cycles: {}, on_front: false };
  const lanes = p["array.rows"] * p["array.columns"], work = lanes * p["array.tables_per_lane"] * p["array.table_inputs"];
  const spread = 0.9 + 0.2 * random(), storage = { flops: 1.35, rebuilt: 0.9, sram: 1 }[p["table.storage"]];
  const area = {
    "core/array/lanes": 210 * work * 2 ** (p["array.table_inputs"] - 4) * spread, "core/array/accumulators": 2400 * lanes,
    "core/table_builder": 60000 * storage * p["array.tables_per_lane"] ** 0.5 * spread, "core/control": 90000, "core/load_unit": 160000, "sram": 900000 * storage,
  };
  const total = Object.values(area).reduce((a, b) => a + b);
  const speed = 1 / (1 / (work * p.clock_mhz * 1e-4) + 1 / (9 + random()));
  const power = total * p.clock_mhz * 2.2e-6 * spread + 40;
  const energy = (power / speed) * 0.1;
  const cycles = Math.round((p.clock_mhz * 1e6) / speed);
  return {
    id, status: total > 9e6 ? "infeasible" : "ok", error: "", parameters: p, on_front: false,
    objectives: { tokens_per_s: speed, area: total / 1e6, energy_per_token: energy },
    area_um2: area, energy_pj: { array: energy * 3e8, tables: energy * 1e8, sram: energy * 2.5e8, dram: energy * 3.5e8 },
    cycles: { projections: Math.round(cycles * 0.8), lm_head: Math.round(cycles * 0.2) },
  };
}

const better = (o, p) => {
  const a = p.objectives, b = o.objectives;
  return b.tokens_per_s >= a.tokens_per_s && b.area <= a.area && b.energy_per_token <= a.energy_per_token;
};

const points = Array.from({ length: count }, (_, id) => makePoint(id));
const usable = points.filter((p) => p.status === "ok").sort((a, b) => b.objectives.tokens_per_s - a.objectives.tokens_per_s);
const front = [];
for (const p of usable) {
  if (front.some((f) => better(f, p))) continue;
  p.on_front = true;
  front.push(p);
}

function describe(p) {
  const names = ["qkv_proj", "o_proj", "gate_proj", "down_proj", "lm_head"];
  const part = [0.2, 0.1, 0.35, 0.2, 0.15], seconds = 1 / p.objectives.tokens_per_s;
  let begin = 0;
  const operators = [], timeline = [], roofPoints = [];
  const peak = p.parameters["array.rows"] * p.parameters["array.columns"] * p.parameters["array.tables_per_lane"] * p.parameters["array.table_inputs"] * 2 * p.parameters.clock_mhz * 1e-3;
  names.forEach((name, k) => {
    const macs = 2e9 * part[k], bytes = macs / 4, took = seconds * part[k];
    operators.push({ phase: "decode", name, shape: `1 x ${2560 + 256 * k} x 2560`, types: "ternary x int8", calls: 30, on_core: true, macs, bytes, cycles: Math.round(took * p.parameters.clock_mhz * 1e6), seconds: took });
    timeline.push({ track: "core", name, begin_s: begin, seconds: took * 0.9 }, { track: "memory", name, begin_s: begin + took * 0.05, seconds: took * 0.8 });
    roofPoints.push({ name, phase: "decode", ops_per_byte: 8 - k * 0.6, gops: Math.min(peak, 6.4 * (8 - k * 0.6)) * 0.9 });
    begin += took;
  });
  return { operators, timeline, roofline: { bandwidth_gb_s: 6.4, peaks: [{ name: "one plane", gops: peak }], points: roofPoints } };
}

mkdirSync(directory, { recursive: true });
const hypervolume = [1, 2, 5, 10, 20, 50, 100].map((percent, k) => ({ evaluated: Math.round((count * percent) / 100), value: 10 * (1 - 0.5 ** (k + 1)) }));
writeFileSync(`${directory}/sweep.json`, JSON.stringify({
  lutra_version: "0.1.0", seed: 12345, space_hash: "made up", engine: "local", search: "random", library: "made-up library",
  price_model: { median_error: 0.021, worst_error: 0.084, provenance: "made up for the tests of the page" },
  parameters: parameters.map(({ values, ...rest }) => rest), objectives, constraints: [{ name: "area", at_most: 9, unit: "mm2" }],
  points, front: front.map((p) => p.id), hypervolume,
  references: [{ name: "edge_w2a8", objectives: { tokens_per_s: 6.18, area: 4.34, energy_per_token: 71.9 }, source: "built-in architecture" },
    { name: "published", objectives: { tokens_per_s: 8.1, area: 7.2 }, source: "a paper, </script> and all" }],
}));
writeFileSync(`${directory}/details.json`, JSON.stringify({ points: Object.fromEntries(front.slice(0, 100).map((p) => [p.id, describe(p)])) }));
