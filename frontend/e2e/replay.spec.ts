import { expect, Page } from '@playwright/test';
import { test } from './quiet-page';
import { DAY } from './real-day';
import { needRealDay, REPLAY_URL, replayButton as button, standAt } from './replay-page';
import { contracts, printsCounted, session } from './server';

test.use({ baseURL: REPLAY_URL });
test.describe.configure({ mode: 'serial' });
test.beforeAll(needRealDay);

function prints(page: Page) {
  return page.locator('sm-tape .note');
}

test('opens in replay, and says so', async ({ page }) => {
  await page.goto('/');
  await expect(page.locator('sm-page-header .mode')).toHaveText('REPLAY');
  await expect(page.locator('sm-day-menu .opener')).toHaveText(DAY);
  await expect(page.locator('tbody tr.atm')).toBeVisible();
});

test('moves at 60×, and holds still when paused', async ({ page }) => {
  let frames = 0;
  page.on('websocket', (socket) => {
    socket.on('framereceived', () => (frames += 1));
  });
  const nextFrames = async () => {
    const seen = frames;
    await expect.poll(() => frames, { timeout: 10_000 }).toBeGreaterThan(seen + 1);
  };
  await standAt(page, '10:00:00');
  await page.getByLabel('Speed').selectOption('60');
  const before = await printsCounted(page);
  await button(page, 'Play').click();
  await expect.poll(() => printsCounted(page)).toBeGreaterThan(before);

  await button(page, 'Pause').click();
  await expect.poll(async () => (await session(page)).feed.state).toBe('paused');
  await expect(page.locator('sm-page-header .feed')).toHaveText('paused');
  // The tape draws what came last in a turn of its own.
  await nextFrames();
  const held = await page.locator('sm-page-header').innerText();
  const newest = await page.locator('sm-tape tbody tr').first().innerText();
  await nextFrames();
  expect(await page.locator('sm-page-header').innerText()).toBe(held);
  await expect(page.locator('sm-tape tbody tr').first()).toHaveText(newest, {
    useInnerText: true,
  });
});

test('seeks to a time that is typed, and steps from there', async ({ page }) => {
  await standAt(page, '10:00:00');
  const field = page.getByLabel('Time, Eastern');
  await field.fill('15:00:00');
  await field.press('Enter');
  await expect(prints(page)).toHaveText('5,565 prints');
  expect((await session(page)).counters.trades_counted).toBe(5565);
  await expect(page.locator('sm-page-header .clock b')).toHaveText('15:00:00');

  await button(page, 'Step one print').click();
  await expect(prints(page)).toHaveText('5,566 prints');
  await button(page, 'Back one print').click();
  await expect(prints(page)).toHaveText('5,565 prints');
  await page.keyboard.press('Shift+ArrowLeft');
  await expect(page).toHaveURL(/#date=2014-06-06&t=14:59:59&span=3$/);
});

test('plays to the end as fast as it can', async ({ page }) => {
  await standAt(page, '15:00:00');
  await page.getByLabel('Speed').selectOption('max');
  await button(page, 'Play').click();
  await expect(page.locator('sm-replay-bar .word')).toHaveText('ended');
  await expect(prints(page)).toHaveText('6,471 prints');
  const volumes = (await contracts(page)).map((contract) => contract.cumulative_volume);
  expect(volumes.reduce((sum, volume) => sum + volume, 0)).toBe(200_794);
});

test('switches to the simulator and back on the same page and stream', async ({ page }) => {
  const connections: string[] = [];
  page.on('websocket', (socket) => connections.push(socket.url()));
  await standAt(page, '12:00:00');
  await page.evaluate(() => {
    document.body.dataset['same'] = 'yes';
  });
  await button(page, 'LIVE').click();
  await expect(page.locator('sm-page-header .mode')).toHaveText('SIM');
  await expect(button(page, 'LIVE')).toHaveAttribute('aria-pressed', 'true');
  expect(new URL(page.url()).hash).toBe('');

  await page.locator('sm-day-menu .opener').click();
  await button(page, `${DAY} 90 contracts`).click();
  await expect(page.locator('sm-page-header .mode')).toHaveText('REPLAY');
  await expect(page.locator('tbody tr.atm')).toBeVisible();
  await expect(page.locator('body')).toHaveAttribute('data-same', 'yes');
  expect(connections).toHaveLength(1);
  expect((await session(page)).feed.reconnects).toBe(0);
});
