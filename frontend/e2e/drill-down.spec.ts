import { expect, Locator, Page } from '@playwright/test';
import { test } from './quiet-page';
import { needRealDay, REPLAY_URL, standAt } from './replay-page';
import { read } from './server';

interface Sums {
  readonly measures: { readonly delta_notional: { readonly weighted: number } };
}

interface Bar extends Sums {
  readonly t: number;
  readonly trade_count: number;
  readonly volume: number;
  readonly hedging_pressure: number;
}

interface Prints extends Sums {
  readonly trade_count: number;
  readonly volume: number;
  readonly trades: { readonly size: number; readonly hedging_pressure: number | null }[];
}

/** Bars of a day that is two hours long, and longer. */
const INTERVAL_MS = 30_000;

test.use({ baseURL: REPLAY_URL });
test.beforeAll(needRealDay);
test.beforeEach(async ({ page }) => {
  await standAt(page, '12:00:00');
  await expect.poll(async () => Number(await flow(page).getAttribute('aria-valuemax'))).toBe(299);
});

/** The flow chart, as a slider over its points. */
function flow(page: Page): Locator {
  return page.getByRole('slider', { name: /^Flow through the day/ });
}

function sheet(page: Page): Locator {
  return page.getByRole('dialog', { name: /^Prints of/ });
}

async function bars(page: Page): Promise<Bar[]> {
  return (await read<{ bars: Bar[] }>(page, '/api/bars?interval=30s&measures=delta_notional')).bars;
}

function prints(page: Page, from: number, to: number): Promise<Prints> {
  return read(page, `/api/prints?from=${from}&to=${to}&limit=2000`);
}

/** `+$3.2M` of the sheet's last line. */
async function sumShown(page: Page): Promise<string | undefined> {
  return / sum (\S+)$/.exec(await sheet(page).getByRole('status').innerText())?.[1];
}

test('shows by key the prints behind a point, which add up to it', async ({ page }) => {
  const all = await bars(page);
  const busiest = all.reduce((best, bar) => (bar.trade_count > best.trade_count ? bar : best));
  const index = all.indexOf(busiest);
  await flow(page).focus();
  await page.keyboard.press('Home');
  for (let i = 0; i < Math.floor(index / 10); i += 1) await page.keyboard.press('PageDown');
  for (let i = 0; i < index % 10; i += 1) await page.keyboard.press('ArrowRight');
  await expect(flow(page)).toHaveAttribute('aria-valuenow', String(index));
  const spoken = (await flow(page).getAttribute('aria-valuetext')) ?? '';
  const pressure = /hedging pressure ([^,]+),/.exec(spoken)?.[1] ?? 'no figure';
  await page.keyboard.press('Enter');

  const behind = await prints(page, busiest.t, busiest.t + INTERVAL_MS);
  expect(behind.trade_count).toBe(busiest.trade_count);
  expect(behind.volume).toBe(busiest.volume);
  expect(behind.measures.delta_notional.weighted).toBeCloseTo(
    busiest.measures.delta_notional.weighted,
    2,
  );
  const summed = behind.trades.reduce((sum, trade) => sum + (trade.hedging_pressure ?? 0), 0);
  expect(summed).toBeCloseTo(busiest.measures.delta_notional.weighted, 2);
  await expect(sheet(page).getByRole('status')).toContainText(`${behind.trade_count} prints`);
  expect(await sumShown(page)).toBe(await sheet(page).locator('h2').innerText());
  const [first] = behind.trades;
  await expect(sheet(page).locator('tbody tr').first().locator('.size')).toHaveText(
    String(first?.size),
  );

  // What the line's height stands for: everything since the open.
  await sheet(page).getByRole('button', { name: 'Since 09:30' }).click();
  await expect(sheet(page).locator('h2')).toHaveText(pressure);
  await expect.poll(() => sumShown(page)).toBe(pressure);
  const since = await prints(page, all[0]?.t ?? 0, busiest.t + INTERVAL_MS);
  expect(since.measures.delta_notional.weighted).toBeCloseTo(busiest.hedging_pressure, 2);

  await page.keyboard.press('Escape');
  await expect(sheet(page)).toHaveCount(0);
  await expect(flow(page)).toBeFocused();
});

test('shows by click the prints of the point under the pointer', async ({ page }) => {
  const plot = page.locator('sm-flow-plot canvas').first();
  await expect(plot).toBeVisible();
  const box = await flow(page).boundingBox();
  if (box === null) throw new Error('The flow chart is not drawn.');
  const [x, y] = [box.x + box.width * 0.4, box.y + box.height / 2];
  await page.mouse.move(x, y);
  const pointed = page.locator('sm-flow-chart .legend time');
  await expect(pointed).toBeVisible();
  const at = await pointed.innerText();
  await page.mouse.click(x, y);
  await expect(sheet(page)).toHaveAccessibleName(new RegExp(`^Prints of ${at} to `));
  const bar = (await bars(page)).find(({ t }) => easternClock(t) === at);
  await expect(sheet(page).getByRole('status')).toContainText(`${bar?.trade_count} prints`);
  expect(await sumShown(page)).toBe(await sheet(page).locator('h2').innerText());
});

function easternClock(ms: number): string {
  return new Date(ms).toLocaleTimeString('en-GB', { timeZone: 'America/New_York' });
}
