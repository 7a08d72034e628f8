import { expect, Locator, Page } from '@playwright/test';
import { test } from './quiet-page';

const WARNING =
  'back-fill waits: the vendor answers 502 Bad Gateway to O:SPY261130C00600000 and 13 more ' +
  'contracts; it is asked again every 5 s, and totals lack their prints until then';
const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844 },
];

interface Frame {
  readonly type: string;
  readonly seq: number;
}

/** A server that says nothing but this warning, instead of its second update at the latest. */
async function warn(page: Page): Promise<void> {
  await page.routeWebSocket(/\/ws\/stream/, (socket) => {
    let updates = 0;
    socket.connectToServer().onMessage((text) => {
      const { type, seq } = JSON.parse(String(text)) as Frame;
      if (type === 'update') updates += 1;
      const says = type === 'status' || (type === 'update' && updates === 2);
      const status = { type: 'status', seq, ts: Date.now(), level: 'warning', event: null };
      socket.send(says ? JSON.stringify({ ...status, message: WARNING }) : text);
    });
  });
}

function box(part: Locator) {
  return part.evaluate((element) => element.getBoundingClientRect().toJSON() as DOMRect);
}

for (const size of SIZES) {
  test(`shows a long warning whole and moves nothing, ${size.width} px wide`, async ({ page }) => {
    await page.setViewportSize(size);
    await page.goto('/');
    const ladder = page.locator('sm-strike-grid');
    await expect(ladder.locator('tbody tr.atm')).toBeVisible({ timeout: 40_000 });
    const parts = ['sm-span-switch', '.scroller', 'thead'].map((part) => ladder.locator(part));
    const before = await Promise.all(parts.map(box));

    await warn(page);
    await page.reload();
    await expect(ladder.locator('tbody tr.atm')).toBeVisible({ timeout: 40_000 });
    const whole = ladder.locator('.whole');
    await expect(whole).toHaveText(WARNING);
    expect(await Promise.all(parts.map(box))).toEqual(before);
    const { left, right, top } = await box(whole);
    const head = await box(ladder.locator('.heads'));
    expect([left, right]).toEqual([head.left, head.right]);
    expect(top).toBeGreaterThanOrEqual(head.bottom - 1);
    expect(await whole.evaluate((text) => text.scrollWidth > text.clientWidth)).toBe(false);
  });
}
