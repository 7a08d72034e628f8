/**
 * Measures the built page in the system's Chromium, for `backend/benchmarks/page_path.py`.
 *
 *   node tools/measure-page.mjs paint  URL LOADS
 *   node tools/measure-page.mjs frames URL SECONDS
 *   node tools/measure-page.mjs heap   URL SECONDS POINTS
 *
 * Prints one line of JSON.
 */

// What runs inside the page.
/* global document, performance, PerformanceObserver, requestAnimationFrame, setTimeout */

import { chromium } from '@playwright/test';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The events of drawn and of dropped frames; all others, which would fill the trace, are shut out. */
const FRAMES = 'disabled-by-default-devtools.timeline.frame';

const [kind, url, ...numbers] = process.argv.slice(2);
const [seconds, points] = numbers.map(Number);
const kinds = { paint, frames, heap };
if (!(kind in kinds)) throw new Error(`What is to be measured: ${Object.keys(kinds).join(', ')}`);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ARGUMENTS,
});
try {
  console.log(JSON.stringify(await kinds[kind]()));
} finally {
  await browser.close();
}

/** First contentful paint of loads with an empty cache, ms, and what moved in them. */
async function paint() {
  const loads = [];
  for (let load = 0; load < seconds; load += 1) {
    const { page, close } = await fresh();
    await page.goto(url);
    await page.locator('tbody tr.atm').waitFor({ timeout: 60_000 });
    loads.push(
      await page.evaluate(async () => {
        const shifts = [];
        new PerformanceObserver((list) => shifts.push(...list.getEntries())).observe({
          type: 'layout-shift',
          buffered: true,
        });
        // Two seconds more, for what comes with the first answers.
        await new Promise((done) => setTimeout(done, 2000));
        const [first] = performance.getEntriesByName('first-contentful-paint');
        return {
          paint: first.startTime,
          shift: shifts.reduce((sum, { value }) => sum + value, 0),
        };
      }),
    );
    await close();
  }
  return { paints: loads.map(({ paint }) => paint), shifts: loads.map(({ shift }) => shift) };
}

/** Times between drawn frames, ms, while something on the page changes in every one. */
async function frames() {
  const { page, updates, close } = await fresh();
  await page.goto(url);
  await page.locator('tbody tr.atm').waitFor({ timeout: 60_000 });
  await page.evaluate(() => {
    const dot = document.body.appendChild(document.createElement('i'));
    dot.style.cssText = 'position:fixed;inset:0 auto auto 0;width:1px;height:1px';
    let odd = false;
    const change = () => {
      odd = !odd;
      dot.style.background = odd ? '#888' : '#999';
      requestAnimationFrame(change);
    };
    change();
  });
  await page.waitForTimeout(3000);
  updates.length = 0;
  await browser.startTracing(page, { categories: ['-*', FRAMES] });
  await page.waitForTimeout(seconds * 1000);
  // Frames go on coming while the trace is handed over.
  const told = [...updates];
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  await close();
  const drawn = traceEvents.filter(({ name }) => name === 'DrawFrame').map(({ ts }) => ts / 1000);
  drawn.sort((a, b) => a - b);
  return {
    intervals: drawn.slice(1).map((at, index) => at - drawn[index]),
    dropped: traceEvents.filter(({ name }) => name === 'DroppedFrame').length,
    updates: told.length,
    contracts: told.reduce((sum, count) => sum + count, 0) / told.length,
  };
}

/** The heap after forced collections, bytes, at points that lie evenly from the start to the end. */
async function heap() {
  const { page, updates, close } = await fresh();
  await page.goto(url);
  await page.locator('tbody tr.atm').waitFor({ timeout: 60_000 });
  await page.waitForTimeout(3000);
  const session = await page.context().newCDPSession(page);
  const used = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    const { nodes, jsEventListeners: listeners } = await session.send('Memory.getDOMCounters');
    return { usedSize, nodes, listeners, updates: updates.length };
  };
  updates.length = 0;
  const taken = [await used()];
  for (let point = 1; point < points; point += 1) {
    await page.waitForTimeout((seconds * 1000) / (points - 1));
    taken.push(await used());
  }
  await close();
  return taken;
}

/** A page with nothing in its cache, and how many contracts each update told of. */
async function fresh() {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const updates = [];
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => {
      const frame = JSON.parse(payload);
      if (frame.type === 'update') updates.push(Object.keys(frame.contracts).length);
    });
  });
  return { page, updates, close: () => context.close() };
}
