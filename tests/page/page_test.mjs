// Drives the sweep page in headless Chromium as a person would: hover, filter, choose, compare, export, keyboard, phone, paper.
//   node page_test.mjs LUTRA_EXECUTABLE SCRATCH_DIRECTORY PICTURE_DIRECTORY
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const { chromium } = await import("playwright-core").catch((error) => {
  if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
  console.log("skipped: playwright-core is not installed; scripts/setup test fetches it from npm's registry");
  process.exit(77);
});
const [executable, scratch, pictures] = process.argv.slice(2).map((path) => resolve(path));
const kPoints = 20000;
const kFilterMs = 100;
mkdirSync(pictures, { recursive: true });
execFileSync("node", [`${dirname(fileURLToPath(import.meta.url))}/fixture.mjs`, `${scratch}/sweep`, String(kPoints)]);
execFileSync(executable, ["report", "--in", `${scratch}/sweep`, "--out", `${scratch}/sweep.html`]);
const sweep = JSON.parse(readFileSync(`${scratch}/sweep/sweep.json`));
const address = pathToFileURL(`${scratch}/sweep.html`).href;

const browser = await chromium.launch({ executablePath: process.env.LUTRA_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const complaints = [];
async function open(options = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  page.setDefaultTimeout(120000);  // a busy machine is slow, not wrong
  page.on("console", (m) => { if (["error", "warning"].includes(m.type())) complaints.push(m.text()); });
  page.on("pageerror", (e) => complaints.push(e.message));
  page.on("request", (r) => { if (!/^(file|data|blob):/.test(r.url())) complaints.push(`asked for ${r.url()}`); });
  await page.goto(address, { timeout: 120000 });
  return page;
}
const shown = async (page) => Number((await page.textContent("#shown")).split(" ")[0].replaceAll(",", ""));
const filterMs = async (page) => Number((await page.getAttribute("#shown", "title")).match(/([\d.]+) ms/)[1]);
const usable = sweep.points.filter((p) => p.status === "ok");
const tests = [];
const test = (name, body) => tests.push({ name, body });
let page;

test("the page opens with every usable point", async () => {
  assert.equal(await shown(page), usable.length);
  assert.match(await page.textContent("h1"), new RegExp(`20,000 designs, ${sweep.front.length} on the front`));
});

test("the arrow keys walk the front and show a point's figures", async () => {
  await page.focus("#scatter-marks");
  await page.keyboard.press("ArrowRight");
  const first = await page.textContent("#tip strong");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  const third = await page.textContent("#tip strong");
  assert.notEqual(first, third);
  assert.ok(sweep.front.map((id) => `point ${id}`).includes(third));
});

test("Enter chooses, Shift-Enter compares, and the figures stand side by side", async () => {
  await page.keyboard.press("Enter");
  for (let k = 0; k < 6; ++k) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Shift+Enter");
  const [a, b] = [await page.inputValue("#id-a"), await page.inputValue("#id-b")];
  assert.ok(a !== "" && b !== "" && a !== b);
  assert.equal(await page.locator("#detail .both.two > div").count(), 2);
  const area = (id) => sweep.points[id].objectives.area;
  const row = page.locator("#detail .compare tr", { hasText: "area (mm2)" });
  assert.ok(Math.abs(parseFloat(await row.locator("td").nth(1).textContent()) / area(a) - 1) < 1e-3);
  assert.ok(Math.abs(parseFloat(await row.locator("td").nth(3).textContent()) / (area(b) / area(a)) - 1) < 1e-2);
  await page.keyboard.press("Escape");
});

test("the pointer shows a point and a click chooses it", async () => {
  const box = await page.locator("#scatter-marks").boundingBox();
  let found = "";
  for (let k = 1; k < 40 && !found; ++k) {
    await page.mouse.move(box.x + 70 + (box.width - 90) * ((k * 0.618) % 1), box.y + box.height * (0.15 + (k % 9) * 0.08));
    if (await page.locator("#tip").isVisible()) found = await page.textContent("#tip strong");
  }
  assert.match(found, /^point \d+|edge_w2a8|published/);
  await page.mouse.down();
  await page.mouse.up();
  assert.equal(await page.inputValue("#id-b"), found.replace("point ", ""));
});

test("a described point has roofline, timeline and operators; another says that it has none", async () => {
  await page.fill("#id-a", String(sweep.front[0]));
  await page.press("#id-a", "Enter");
  const column = page.locator("#detail .both > div").first();
  assert.equal(await column.locator("svg").count(), 2);
  assert.equal(await column.locator("table.figures tbody tr").count(), 5);
  await page.fill("#id-b", String(usable.find((p) => !p.on_front).id));
  await page.press("#id-b", "Enter");
  assert.match(await page.locator("#detail .both > div").nth(1).textContent(), /not among them/);
});

test("an id that no point has is refused", async () => {
  await page.fill("#id-b", "no such point");
  await page.press("#id-b", "Enter");
  assert.equal(await page.locator("#id-b").evaluate((e) => e.validity.valid), false);
  await page.fill("#id-b", "edge_w2a8");
  await page.press("#id-b", "Enter");
  assert.match(await page.textContent("#detail"), /built-in architecture/);
});

test("a brush on an axis filters to what the data says", async () => {
  const overlay = page.locator("#parallel-brushes .brush").nth(5).locator(".overlay");  // clock_mhz
  await overlay.scrollIntoViewIfNeeded();
  const box = await overlay.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 5);
  await page.mouse.down();
  for (let k = 1; k <= 10; ++k) await page.mouse.move(box.x + box.width / 2, box.y + 5 + k * 12);
  await page.mouse.up();
  await page.locator("#filter-panel summary").click();
  const low = Number(await page.getByLabel("clock_mhz, at least").inputValue()), high = Number(await page.getByLabel("clock_mhz, at most").inputValue());
  assert.ok(low < high);
  const expected = usable.filter((p) => p.parameters.clock_mhz >= low && p.parameters.clock_mhz <= high).length;
  assert.ok(Math.abs((await shown(page)) - expected) < usable.length * 0.004, `${await shown(page)} shown, ${expected} expected`);
  await page.mouse.click(box.x + box.width / 2, box.y + box.height - 4);
  assert.equal(await shown(page), usable.length);
});

test("a drag in the scatter filters on both of its axes, and the button clears it", async () => {
  const box = await page.locator("#scatter-marks").boundingBox();
  await page.locator("#scatter-marks").scrollIntoViewIfNeeded();
  const now = await page.locator("#scatter-marks").boundingBox();
  await page.mouse.move(now.x + box.width * 0.3, now.y + box.height * 0.3);
  await page.mouse.down();
  await page.mouse.move(now.x + box.width * 0.6, now.y + box.height * 0.6, { steps: 4 });
  await page.mouse.up();
  assert.ok((await shown(page)) < usable.length);
  await page.click("#reset");
  assert.equal(await shown(page), usable.length);
});

test("a filter of 20,000 points takes less than 100 ms", async () => {
  const times = [];
  for (const [low, high] of [[100, 300], [120, 300], [140, 380], [90, 395], [200, 210], [80, 390], [150, 350]]) {
    await page.getByLabel("clock_mhz, at least").fill(String(low));
    await page.getByLabel("clock_mhz, at most").fill(String(high));
    await page.getByLabel("clock_mhz, at most").press("Tab");
    times.push(await filterMs(page));
    assert.equal(await shown(page), usable.filter((p) => p.parameters.clock_mhz >= low && p.parameters.clock_mhz <= high).length);
  }
  times.sort((a, b) => a - b);
  console.log(`     filter and redraw: quickest ${times[0]} ms, median ${times[3]} ms, longest ${times[6]} ms`);
  // Other work on the machine only adds: the quickest is what the page itself needs.
  assert.ok(times[0] < kFilterMs);
});

test("words filter by their boxes, from the keyboard", async () => {
  await page.click("#reset");
  await page.getByLabel("clock_mhz, at least").fill("");
  const box = page.locator("#filters").getByLabel("flops");
  await box.focus();
  await page.keyboard.press("Space");
  assert.equal(await shown(page), usable.filter((p) => p.parameters["table.storage"] !== "flops").length);
});

async function download(button) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
  await file.saveAs(`${scratch}/${file.suggestedFilename()}`);
  return `${scratch}/${file.suggestedFilename()}`;
}

test("CSV and JSON hold the points shown, PNG a picture", async () => {
  const count = await shown(page);
  const lines = readFileSync(await download("#csv"), "utf8").trimEnd().split("\n");
  assert.equal(lines.length, count + 1);
  assert.ok(lines[0].startsWith("id,on_front,status,array.rows"));
  const saved = JSON.parse(readFileSync(await download("#json")));
  assert.equal(saved.points.length, count);
  const [point] = saved.points, original = sweep.points[Number(point.id)];
  assert.deepEqual(point.parameters, original.parameters);
  assert.ok(Math.abs(point.objectives.area / original.objectives.area - 1) < 1e-6);
  const png = await download("#png");
  assert.ok(statSync(png).size > 20000 && readFileSync(png).subarray(1, 4).toString() === "PNG");
});

test("the table sorts by its heads", async () => {
  await page.click("#reset");
  await page.locator("#points th button", { hasText: "tokens_per_s" }).click();
  await page.waitForTimeout(200);
  const first = await page.locator("#points tbody tr td:nth-child(2)").first().textContent();
  const best = usable.reduce((p, q) => (q.objectives.tokens_per_s > p.objectives.tokens_per_s ? q : p));
  assert.equal(Number(first), best.id);
});

test("light, dark, phone and paper", async () => {
  await page.fill("#id-a", String(sweep.front[1]));
  await page.press("#id-a", "Enter");
  await page.fill("#id-b", String(sweep.front[40]));
  await page.press("#id-b", "Enter");
  await page.locator("#filter-panel summary").click();
  await page.mouse.move(2, 2);
  await page.screenshot({ path: `${pictures}/sweep_light.png`, fullPage: true });
  await page.click("#theme");
  await page.selectOption("#colour", { label: "table.storage" });
  await page.screenshot({ path: `${pictures}/sweep_dark.png`, fullPage: true });
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(18, 18, 17)");
  await page.pdf({ path: `${pictures}/sweep.pdf`, format: "A4", printBackground: true });
  const phone = await open({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true });
  assert.ok((await phone.evaluate(() => document.documentElement.scrollWidth)) <= 390);
  await phone.locator("#id-a").fill(String(sweep.front[1]));
  await phone.press("#id-a", "Enter");
  await phone.screenshot({ path: `${pictures}/sweep_phone.png`, fullPage: true });
});

test("nothing was said on the console and nothing asked of the network", async () => assert.deepEqual(complaints, []));

let failed = 0;
try {
  page = await open();
  for (const { name, body } of tests) {
    try {
      const start = performance.now();
      await body();
      console.log(`ok   ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
    } catch (error) {
      ++failed;
      console.log(`FAIL ${name}\n     ${error.message.replaceAll("\n", "\n     ")}`);
    }
  }
} finally {
  await browser.close();
}
process.exit(failed ? 1 : 0);
