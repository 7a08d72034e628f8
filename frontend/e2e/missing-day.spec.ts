import { expect, Page } from '@playwright/test';
import { test } from './quiet-page';
import { replayButton } from './replay-page';

/** A trading day that the simulator makes when it is asked for it. */
const DAY = '2025-12-12';
const LINK = `/#date=${DAY}&t=10:15:00&span=10&chain=smile`;
const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844 },
];

/** What of it is cut off: on the page's edge, in a box of its own, or by an ellipsis. */
function cutOff(page: Page): Promise<string[]> {
  return page.locator('sm-missing-day').evaluate((card) => {
    const panel = (card.closest('.panel') ?? card).getBoundingClientRect();
    return [...card.querySelectorAll<HTMLElement>('h3, p, small, button, code')]
      .filter((element) => {
        const { left, right, bottom } = element.getBoundingClientRect();
        const outside = left < 0 || right > innerWidth || right > panel.right;
        return outside || bottom > panel.bottom || element.scrollWidth > element.clientWidth;
      })
      .map((element) => element.innerText);
  });
}

test('a link to a day that is not stored fetches it, and goes to its moment', async ({ page }) => {
  await page.goto(LINK);
  const card = page.locator('sm-missing-day');
  await expect(card.getByRole('heading', { name: `${DAY} is not on this disk` })).toBeVisible({
    timeout: 40_000,
  });
  await expect(card).toContainText('10:15:00 ET of that day is shown as soon as it is fetched.');
  for (const size of SIZES) {
    await page.setViewportSize(size);
    await expect(card.getByRole('button', { name: `Fetch ${DAY}` })).toBeInViewport();
    expect(await cutOff(page)).toEqual([]);
  }
  await page.setViewportSize(SIZES[0] ?? null);

  await card.getByRole('button', { name: `Fetch ${DAY}` }).click();
  await expect(card.getByRole('progressbar')).toBeVisible();
  await expect(card.locator('.figures')).toContainText('contracts', { timeout: 20_000 });
  await expect(page.locator('sm-scrubber')).toHaveAttribute('aria-valuetext', '10:15:00 ET', {
    timeout: 60_000,
  });
  await expect(page.locator('sm-page-header .mode')).toHaveText('REPLAY');
  await expect(page.locator('sm-day-menu .opener')).toHaveText(DAY);
  await expect(page.locator('tbody tr.atm')).toBeVisible();
  await expect(page.getByRole('tab', { name: 'Smile' })).toHaveAttribute('aria-selected', 'true');
  expect(new URL(page.url()).hash).toContain(`date=${DAY}&t=10:15:00&span=10`);

  await replayButton(page, 'LIVE').click();
  await expect(page.locator('sm-page-header .mode')).toHaveText('SIM');
  await page.request.post('/api/window', { data: { span: 3 } });
});

test('a day that is not fetched is let go, and the page goes on', async ({ page }) => {
  await page.goto('/#date=2025-12-11&t=10:15:00');
  const card = page.locator('sm-missing-day');
  await card.getByRole('button', { name: 'Stay with the simulator' }).click({ timeout: 40_000 });
  await expect(page.locator('tbody tr.atm')).toBeVisible({ timeout: 40_000 });
  expect(new URL(page.url()).hash).toBe('');
});
