import { expect, Page, test } from '@playwright/test';

interface Session {
  readonly spot: number | null;
  readonly atm: number | null;
  readonly strikes: number[];
}

const UNITS: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, B: 1e9 };

/** `41K` as 41000. */
function figure(text: string): number {
  return parseFloat(text) * (UNITS[text.slice(-1)] ?? 1);
}

/** Volume of the whole day as the header shows it, in contracts. */
async function contractsTraded(page: Page): Promise<number> {
  return figure(await page.locator('.day div', { hasText: 'Contracts' }).locator('dd').innerText());
}

async function strikes(page: Page): Promise<number[]> {
  return (await page.locator('tbody th.strike').allInnerTexts()).map(Number);
}

async function session(page: Page): Promise<Session> {
  const response = await page.request.get('/api/session');
  expect(response.ok()).toBe(true);
  return (await response.json()) as Session;
}

/** Every strike of the day, followed or not. */
async function listedStrikes(page: Page): Promise<number[]> {
  const response = await page.request.get('/api/contracts');
  const { contracts } = (await response.json()) as {
    contracts: Record<string, { strike_price: number }>;
  };
  return Object.values(contracts).map((contract) => contract.strike_price);
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
  const before = await contractsTraded(page);
  const newest = await page.locator('sm-tape tbody tr').first().innerText();
  await expect.poll(() => contractsTraded(page), { timeout: 30_000 }).toBeGreaterThan(before);
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

test('keeps the window around spot', async ({ page }) => {
  await expect
    .poll(
      async () => {
        const { spot } = await session(page);
        const marked = Number(await page.locator('tbody tr.atm').getAttribute('data-strike'));
        return spot !== null && nearest(await listedStrikes(page), spot) === marked;
      },
      { timeout: 30_000 },
    )
    .toBe(true);
  const { atm, strikes: followed } = await session(page);
  expect(followed).toContain(atm);
});
