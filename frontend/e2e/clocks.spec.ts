import { expect, Page } from '@playwright/test';
import { test } from './quiet-page';
import { needRealDay, REPLAY_URL, standAt } from './replay-page';

/** The stored day's open, 09:30 in New York's summer. */
const OPEN = Date.UTC(2014, 5, 6, 13, 30);
/** Its times in ms and in ns, as they stand in JSON. */
const TIMES = /\b1402\d{9}(?:\d{6})?\b/g;

/** Have the server's day begin at another moment (UNIX ms), as if it were a day of that season. */
async function moveTo(page: Page, open: number): Promise<void> {
  const ms = BigInt(open - OPEN);
  const moved = (text: string) =>
    text.replace(TIMES, (time) => String(BigInt(time) + (time.length > 13 ? ms * 1_000_000n : ms)));
  await page.routeWebSocket(/\/ws\/stream/, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((frame) => {
      socket.send(moved(String(frame)));
    });
  });
  await page.route(/\/api\/(bars|tape|events|exposure|heatmap)/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: moved(await response.text()) });
  });
}

test.use({ baseURL: REPLAY_URL });
test.beforeAll(needRealDay);

for (const { day, zone, open } of [
  // New York's clocks went forward on 9 March 2014, Berlin's three weeks later.
  { day: 'the Friday before', zone: 'Europe/Berlin', open: Date.UTC(2014, 2, 7, 14, 30) },
  { day: 'the Monday after', zone: 'Europe/Berlin', open: Date.UTC(2014, 2, 10, 13, 30) },
  // And back on 2 November; Lord Howe's clocks go by half an hour.
  { day: 'the autumn', zone: 'Australia/Lord_Howe', open: Date.UTC(2014, 10, 3, 14, 30) },
]) {
  test.describe(`on ${day} of a change of clocks, in ${zone}`, () => {
    test.use({ timezoneId: zone });

    test('tells the time of New York', async ({ page }) => {
      await moveTo(page, open);
      await standAt(page, '12:00:00');
      await expect(page.locator('sm-page-header .clock b')).toHaveText('12:00:00');
      await expect(page.locator('sm-replay-bar .edge').first()).toHaveText('09:30');
      await expect(page.locator('sm-tape tbody td.time').first()).toContainText('11:59');
      const flow = page.getByRole('slider', { name: /^Flow through the day/ });
      await flow.focus();
      await page.keyboard.press('Home');
      await expect(flow).toHaveAttribute('aria-valuetext', /^09:30:00: /);
      // What is still being answered has no page to come back to.
      await page.unrouteAll({ behavior: 'ignoreErrors' });
    });
  });
}
