import { expect, Page } from '@playwright/test';
import { test } from './quiet-page';

const PANELS = ['strike-grid', 'tape', 'flow-chart', 'levels-strip', 'chain-panel', 'alerts'];

interface Frame {
  readonly session?: { feed: { state: string; age_ms: number } };
}

/** Let the feed be as old as the test says, ms; null for as it is. */
async function ageFeed(page: Page): Promise<(ms: number | null) => void> {
  let age: number | null = null;
  await page.routeWebSocket(/\/ws\/stream/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((text) => {
      const frame = JSON.parse(String(text)) as Frame;
      if (frame.session && age !== null) {
        frame.session.feed = { ...frame.session.feed, state: 'stale', age_ms: age };
      }
      socket.send(JSON.stringify(frame));
    });
  });
  return (ms) => {
    age = ms;
  };
}

test('turns every panel amber, grey and back in place', async ({ page }) => {
  const age = await ageFeed(page);
  await page.goto('/');
  await expect(page.locator('tbody tr.atm')).toBeVisible({ timeout: 40_000 });
  const heights = () =>
    page.locator('main > *').evaluateAll((panels) => panels.map((panel) => panel.clientHeight));
  const before = await heights();
  const exposure = page.locator('tbody td.expo').first();
  const isGrey = () =>
    exposure.evaluate((element) => {
      const style = getComputedStyle(element);
      const probe = document.body.appendChild(document.createElement('i'));
      probe.style.color = style.getPropertyValue('--dead');
      const grey = getComputedStyle(probe).color;
      probe.remove();
      return style.color === grey;
    });

  for (const [ms, freshness] of [
    [2600, 'stale'],
    [12_600, 'dead'],
  ] as const) {
    age(ms);
    for (const panel of PANELS) {
      await expect(page.locator(`sm-${panel}`)).toHaveAttribute('data-freshness', freshness);
    }
    await expect(page.locator('sm-tape .age')).toHaveText(/^(2\.\d|1\d) s old$/);
    expect(await heights()).toEqual(before);
    await expect.poll(isGrey).toBe(freshness === 'dead');
  }
  age(null);
  await expect(page.locator('sm-tape')).toHaveAttribute('data-freshness', 'fresh');
  await expect(page.locator('sm-tape .age')).toHaveCount(0);
});

test('claims nothing before it knows anything', async ({ page }) => {
  await page.routeWebSocket(/\/ws\/stream/, () => undefined);
  await page.goto('/');
  await expect(page.locator('sm-session-state')).toContainText('Connecting to the server');
  await expect(page.locator('sm-page-header')).toContainText('connecting');
  const words = (await page.locator('body').innerText()).toLowerCase();
  for (const claim of ['0 prints', 'no print yet', 'nothing has happened']) {
    expect(words).not.toContain(claim);
  }
  await expect(page.getByLabel('Speed')).toHaveValue('');
});
