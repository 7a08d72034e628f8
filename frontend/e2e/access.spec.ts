import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';

for (const theme of ['dark', 'light']) {
  test(`has nothing that shuts people out, ${theme}`, async ({ page }) => {
    await page.addInitScript((choice) => {
      localStorage.setItem('spymaster.theme', choice);
    }, theme);
    await page.goto('/');
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    await expect(page.locator('tbody tr.atm')).toBeVisible({ timeout: 40_000 });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const grave = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
    expect(grave).toEqual([]);
  });
}
