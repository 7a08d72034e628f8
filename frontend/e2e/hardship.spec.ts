import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, Page } from '@playwright/test';
import { test } from './quiet-page';
import { dataFolder } from './real-day';
import { needRealDay } from './replay-page';
import { printsCounted } from './server';

const port = process.env['E2E_LOST_PORT'] ?? '8125';

/** Start a server of its own and wait until it answers. */
async function start(page: Page, folder: string): Promise<ChildProcess> {
  const server = spawn(
    '../.tools/uv/bin/uv',
    ['run', '--project', '../backend', 'spymaster', 'serve', '--port', port, '--mode', 'replay'],
    {
      // A group of its own, so that nothing of it outlives a kill.
      detached: true,
      stdio: 'ignore',
      env: { ...process.env, DATA_DIR: folder, UNDERLYING: 'AAPL', REPLAY_SPEED: '60' },
    },
  );
  await expect(async () => {
    expect((await page.request.get(`http://127.0.0.1:${port}/healthz`)).ok()).toBe(true);
  }).toPass({ timeout: 40_000 });
  return server;
}

async function kill(server: ChildProcess): Promise<void> {
  if (server.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, 'exit');
  process.kill(-server.pid, 'SIGKILL');
  await gone;
}

test.describe('when the server is killed', () => {
  test.use({ losesServer: true });
  test.beforeAll(needRealDay);

  test('says so, and is live again by itself', async ({ page }) => {
    test.setTimeout(150_000);
    const folder = dataFolder(true);
    let server = await start(page, folder);
    try {
      await page.goto(`http://127.0.0.1:${port}/`);
      await expect(page.locator('tbody tr.atm')).toBeVisible({ timeout: 40_000 });
      await page.evaluate(() => {
        document.body.dataset['same'] = 'yes';
      });
      const feed = page.locator('sm-page-header .feed');
      await kill(server);
      await expect(feed).toContainText('server gone since', { timeout: 20_000 });
      await expect(page.locator('sm-page-header')).toHaveAttribute('data-freshness', 'dead');
      await expect(page.locator('sm-tape')).toHaveAttribute('data-freshness', 'dead', {
        timeout: 20_000,
      });
      await expect(page.locator('sm-tape .age')).toContainText('old');

      server = await start(page, folder);
      await expect(feed).not.toContainText('gone', { timeout: 30_000 });
      await expect(page.locator('sm-tape')).toHaveAttribute('data-freshness', 'fresh', {
        timeout: 40_000,
      });
      const clock = page.locator('sm-page-header .clock b');
      const then = await clock.innerText();
      await expect(clock).not.toHaveText(then, { timeout: 20_000 });
      await expect(page.locator('body')).toHaveAttribute('data-same', 'yes');
    } finally {
      await kill(server);
    }
  });
});

test('stays usable on a slow line, and tells the age of what it shows', async ({ page }) => {
  test.setTimeout(150_000);
  const network = await page.context().newCDPSession(page);
  await network.send('Network.enable');
  /** Bytes a second. */
  const throttle = (downloadThroughput: number) =>
    network.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 400,
      downloadThroughput,
      uploadThroughput: 20_000,
    });
  await throttle(100_000);
  await page.goto('/');
  await expect(page.locator('tbody tr.atm')).toBeVisible({ timeout: 60_000 });

  // As good as nothing comes through any more.
  await throttle(10);
  await expect(page.locator('sm-page-header .feed')).toContainText(/(stale|no data for)\s*\d/, {
    timeout: 30_000,
  });
  await expect(page.locator('sm-tape .age')).toHaveText(/\d.* old$/);
  await page.getByRole('button', { name: 'Settings' }).click();
  await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: 'Settings' })).toHaveCount(0);

  await throttle(-1);
  await expect(page.locator('sm-page-header .feed')).toContainText('feed ok', { timeout: 40_000 });
});

test('washes changed cells, but none for who wants no motion', async ({ page }) => {
  await page.addInitScript(() => {
    new MutationObserver((changes) => {
      const { dataset } = document.documentElement;
      dataset['washes'] = String(Number(dataset['washes'] ?? 0) + changes.length);
    }).observe(document, { subtree: true, attributeFilter: ['data-wash'] });
  });
  const washes = () => page.evaluate(() => Number(document.documentElement.dataset['washes'] ?? 0));
  await page.goto('/');
  await expect(page.locator('tbody tr.atm')).toBeVisible({ timeout: 40_000 });
  await expect.poll(washes, { timeout: 20_000 }).toBeGreaterThan(0);

  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.reload();
  await expect(page.locator('tbody tr.atm')).toBeVisible({ timeout: 20_000 });
  const before = await printsCounted(page);
  await expect.poll(() => printsCounted(page), { timeout: 30_000 }).toBeGreaterThan(before);
  expect(await washes()).toBe(0);
});
