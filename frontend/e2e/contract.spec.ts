import { expect, Locator, Page } from '@playwright/test';
import { test } from './quiet-page';
import { needRealDay, REPLAY_URL, standAt } from './replay-page';

test.use({ baseURL: REPLAY_URL });
test.beforeAll(needRealDay);

function drawer(page: Page, type: 'C' | 'P'): Locator {
  return page.getByRole('dialog', { name: new RegExp(`^Contract O:AAPL\\d{6}${type}\\d{8}$`) });
}

test('opens a contract by click and by key, and gives the focus back', async ({ page }) => {
  await standAt(page, '12:00:00');
  const money = page.locator('tbody tr.atm');
  await money.locator('td').first().click();
  await expect(drawer(page, 'C')).toBeVisible();
  await expect(drawer(page, 'C').getByRole('button', { name: 'Close' })).toBeFocused();
  await expect(drawer(page, 'C').locator('tbody tr').first()).toBeVisible();
  expect(new URL(page.url()).searchParams.get('contract')).toMatch(/^O:AAPL140606C/);
  await page.keyboard.press('Escape');
  await expect(drawer(page, 'C')).toHaveCount(0);
  expect(new URL(page.url()).searchParams.has('contract')).toBe(false);

  await money.focus();
  await page.keyboard.press('Shift+Enter');
  await expect(drawer(page, 'P')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(drawer(page, 'P')).toHaveCount(0);
  await expect(money).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(money).not.toBeFocused();
  await page.keyboard.press('Enter');
  await expect(drawer(page, 'C')).toBeVisible();
});

test('names whose positions the exposures assume', async ({ page }) => {
  await standAt(page, '12:00:00');
  const menu = page.locator('sm-exposure-head').getByRole('button', { name: /^Whose positions:/ });
  await expect(menu).toHaveAccessibleName('Whose positions: Flow');
  const asked = page.waitForRequest((request) => /\/api\/.*convention=B/.test(request.url()));
  await menu.click();
  await page.getByRole('menuitemradio', { name: /^Absolute/ }).click();
  await expect(menu).toHaveAccessibleName('Whose positions: Absolute');
  await asked;
});

test.describe('in Tokyo', () => {
  test.use({ timezoneId: 'Asia/Tokyo' });

  test('tells the time of New York', async ({ page }) => {
    await standAt(page, '10:00:00');
    await expect(page.locator('sm-page-header .clock b')).toHaveText('10:00:00');
    await expect(page.locator('sm-tape tbody td.time').first()).toContainText('09:59');
    await expect(page.getByRole('slider', { name: 'Time of day' })).toHaveAttribute(
      'aria-valuetext',
      '10:00:00 ET',
    );
    const flow = page.getByRole('slider', { name: /^Flow through the day/ });
    await flow.focus();
    await page.keyboard.press('Home');
    await expect(flow).toHaveAttribute('aria-valuetext', /^09:30:00: /);
  });
});
