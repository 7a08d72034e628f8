import AxeBuilder from '@axe-core/playwright';
import { expect, Page } from '@playwright/test';
import { test } from './quiet-page';
import { needRealDay, REPLAY_URL, standAt } from './replay-page';

/** What a rule of weight is broken by in a part of the page, one line each. */
async function grave(page: Page, part = 'html'): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).include(part).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}

/** Wait until what is loaded after the first rows is there, and named. */
async function whole(page: Page): Promise<void> {
  await expect(page.locator('tbody tr.atm')).toBeVisible({ timeout: 40_000 });
  await expect(page.getByRole('button', { name: /^Lens: / })).toBeVisible();
}

// Axe looks at thousands of cells, one after the other: on a slow machine that takes a minute.
test.describe.configure({ timeout: 180_000 });

for (const theme of ['dark', 'light']) {
  test.describe(`has nothing that shuts people out, ${theme}`, () => {
    test.beforeEach(async ({ page }) => {
      await page.addInitScript((choice) => {
        localStorage.setItem('spymaster.theme', choice);
      }, theme);
    });

    test('live, and with the settings open', async ({ page }) => {
      await page.goto('/');
      await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
      await whole(page);
      expect(await grave(page)).toEqual([]);
      await page.getByRole('button', { name: 'Settings' }).click();
      await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible();
      // What lies under it was looked at already.
      expect(await grave(page, '[role="dialog"]')).toEqual([]);
    });

    test.describe('in replay', () => {
      test.use({ baseURL: REPLAY_URL });
      test.beforeAll(needRealDay);

      test('on the page, and with a contract open', async ({ page }) => {
        await standAt(page, '12:00:00');
        await whole(page);
        expect(await grave(page)).toEqual([]);
        await page.locator('tbody tr.atm td').first().click();
        const drawer = page.getByRole('dialog', { name: /^Contract/ });
        await expect(drawer.locator('tbody tr').first()).toBeVisible();
        expect(await grave(page, '[role="dialog"]')).toEqual([]);
      });
    });
  });
}
