import { expect, Page } from '@playwright/test';
import { test } from './quiet-page';
import { contracts, printsCounted, session } from './server';

async function strikes(page: Page): Promise<number[]> {
  return (await page.locator('tbody th.strike').allInnerTexts()).map(Number);
}

function nearest(listed: readonly number[], spot: number): number {
  return listed.reduce((best, strike) =>
    Math.abs(strike - spot) < Math.abs(best - spot) ? strike : best,
  );
}

test.beforeEach(async ({ page }) => {
  await page.goto('/');
  // A simulated day is made before the first price comes.
  await expect(page.locator('tbody tr.atm')).toBeVisible({ timeout: 40_000 });
  await page.getByRole('button', { name: '3', exact: true }).click();
  await expect(page.locator('tbody th.strike')).toHaveCount(7);
});

test('says that the market is simulated', async ({ page }) => {
  await expect(page.locator('sm-page-header .mode')).toHaveText('SIM');
  await expect(page.locator('sm-page-header')).toHaveAttribute('data-mode', 'sim');
});

test('says in the console that it connects', async ({ page }) => {
  const lines: string[] = [];
  page.on('console', (message) => lines.push(message.text()));
  await page.reload();
  await expect(page.locator('sm-page-header .mode')).toBeVisible();
  expect(lines).toEqual(['Connecting to 0DTE stream', 'Connected to stream']);
});

test('shows numbers that move', async ({ page }) => {
  const before = await printsCounted(page);
  const newest = await page.locator('sm-tape tbody tr').first().innerText();
  await expect.poll(() => printsCounted(page), { timeout: 30_000 }).toBeGreaterThan(before);
  await expect(page.locator('sm-tape tbody tr').first()).not.toHaveText(newest);
});

test('follows more strikes when the span is widened', async ({ page }) => {
  await page.getByRole('button', { name: '10', exact: true }).click();
  await expect(page.getByRole('button', { name: '10', exact: true })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  await expect.poll(async () => (await strikes(page)).length).toBeGreaterThan(7);
  const shown = await strikes(page);
  expect(shown.length).toBeLessThanOrEqual(21);
  expect(shown).toEqual([...shown].sort((a, b) => b - a));
});

test('marks one row at the money', async ({ page }) => {
  const marked = page.locator('tbody tr.atm');
  await expect(marked).toHaveCount(1);
  await expect(marked).toHaveAttribute('aria-current', 'true');
  expect(await strikes(page)).toContain(Number(await marked.getAttribute('data-strike')));
});

test('moves the window after spot', async ({ page }) => {
  // How long spot takes to move by half a dollar is up to the simulated day.
  test.setTimeout(90_000);
  const { strikes: before } = await session(page);
  await expect
    .poll(async () => (await session(page)).strikes, { timeout: 75_000 })
    .not.toEqual(before);
  const listed = (await contracts(page)).map((contract) => contract.strike_price);
  await expect
    .poll(
      async () => {
        const { spot, atm, strikes: followed } = await session(page);
        const marked = Number(await page.locator('tbody tr.atm').getAttribute('data-strike'));
        const shown = (await strikes(page)).reverse();
        return {
          around: spot !== null && nearest(listed, spot) === marked && marked === atm,
          asFollowed: shown.join() === followed.join(),
        };
      },
      { timeout: 20_000 },
    )
    .toEqual({ around: true, asFollowed: true });
});
