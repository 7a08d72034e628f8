import { expect, Page } from '@playwright/test';
import { test } from './quiet-page';
import { DAY } from './real-day';
import { needRealDay, REPLAY_URL, standAt } from './replay-page';
import { session } from './server';

test.use({ baseURL: REPLAY_URL });
test.beforeAll(needRealDay);

/** Choose what is not so by default, in every panel. */
async function rearrange(page: Page): Promise<void> {
  const flow = page.locator('sm-flow-chart');
  await flow.getByRole('button', { name: '30m' }).click();
  await flow.getByRole('button', { name: 'Puts' }).click();
  await flow.getByRole('button', { name: 'Single' }).click();
  await choose(page, 'sm-exposure-head', /^Exposure by strike:/, /^Charm/);
  await choose(page, 'sm-exposure-head', /^Whose positions:/, /^Absolute/);
  await choose(page, 'sm-chain-panel', /^Lens:/, /^Premium/);
  await choose(page, 'sm-chain-panel', /^Length of a column:/, /^60 s/);
  await page.getByRole('tab', { name: 'Levels' }).click();
  await choose(page, 'sm-tape', /^Side:/, /Bought/);
}

async function choose(page: Page, panel: string, menu: RegExp, choice: RegExp): Promise<void> {
  await page.locator(panel).getByRole('button', { name: menu }).click();
  await page.getByRole('menuitemradio', { name: choice }).click();
}

async function expectRearranged(page: Page): Promise<void> {
  const flow = page.locator('sm-flow-chart');
  for (const name of ['30m', 'Puts', 'Single']) {
    await expect(flow.getByRole('button', { name })).toHaveAttribute('aria-pressed', 'true');
  }
  const head = page.locator('sm-exposure-head');
  await expect(head.getByRole('button', { name: 'Exposure by strike: Charm' })).toBeVisible();
  await expect(head.getByRole('button', { name: 'Whose positions: Absolute' })).toBeVisible();
  await expect(page.getByRole('tab', { name: 'Levels' })).toHaveAttribute('aria-selected', 'true');
  await expect(
    page.locator('sm-tape').getByRole('button', { name: 'Side: ▲ Bought' }),
  ).toBeVisible();
  await page.getByRole('tab', { name: 'Heatmap' }).click();
  const chain = page.locator('sm-chain-panel');
  await expect(chain.getByRole('button', { name: 'Lens: Premium' })).toBeVisible();
  await expect(chain.getByRole('button', { name: 'Length of a column: 60 s' })).toBeVisible();
}

test('opens in another browser with its day, time, span and view', async ({ page, browser }) => {
  await standAt(page, '11:30:00');
  await page.getByRole('group', { name: 'Span' }).getByRole('button', { name: '10' }).click();
  await expect.poll(() => page.url()).toContain('span=10');
  await rearrange(page);
  await page.locator('tbody tr.atm td').first().click();
  await expect(page.getByRole('dialog', { name: /^Contract/ })).toBeVisible();
  const link = page.url();

  // Somebody looks elsewhere meanwhile.
  await page.request.post('/api/replay', { data: { action: 'seek', at: '14:00:00' } });
  await page.request.post('/api/window', { data: { span: 3 } });
  const other = await (await browser.newContext()).newPage();
  await other.goto(link);
  await expect(other.locator('sm-scrubber')).toHaveAttribute('aria-valuetext', '11:30:00 ET', {
    timeout: 30_000,
  });
  await expect(other.locator('sm-day-menu .opener')).toHaveText(DAY);
  await expect(other.getByRole('dialog', { name: /^Contract O:AAPL140606C/ })).toBeVisible();
  await other.keyboard.press('Escape');
  await expect.poll(async () => (await session(other)).strikes.length).toBeGreaterThan(7);
  await expectRearranged(other);
  // A link is no choice of whoever follows it.
  expect(await other.evaluate(() => localStorage.getItem('spymaster.lens'))).toBeNull();
  await other.context().close();
  await page.request.post('/api/window', { data: { span: 3 } });
});

test('remembers columns, filter and view over a reload', async ({ page }) => {
  await standAt(page, '11:30:00');
  await rearrange(page);
  await page.getByRole('button', { name: 'Columns' }).click();
  const columns = page.getByRole('dialog', { name: 'Columns' });
  await columns.getByRole('checkbox', { name: /Vol/ }).uncheck();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Light theme' }).click();
  await page.goto('about:blank');
  await page.goto('/');
  await expect(page.locator('tbody tr.atm')).toBeVisible();
  await expectRearranged(page);
  const ladder = page.locator('sm-strike-grid thead');
  await expect(ladder.getByRole('columnheader', { name: /Premium/ })).toHaveCount(2);
  await expect(ladder.getByRole('columnheader', { name: /Vol/ })).toHaveCount(0);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});
