import { expect, Page } from '@playwright/test';
import { test } from './quiet-page';
import { needRealDay, REPLAY_URL, standAt } from './replay-page';
import { read } from './server';
import { note, rows, scrollTo, tape, times } from './tape-page';

interface Tape {
  readonly total: number;
}

test.use({ baseURL: REPLAY_URL });
test.beforeAll(needRealDay);
test.beforeEach(async ({ page }) => {
  await standAt(page, '15:59:00');
});

function ask(page: Page, query: string): Promise<Tape> {
  return read(page, `/api/tape?${query}`);
}

async function choose(page: Page, menu: RegExp, choice: RegExp): Promise<void> {
  await tape(page).getByRole('button', { name: menu }).click();
  await page.getByRole('menuitemradio', { name: choice }).click();
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

test('shows only what passes the filter, and how many do', async ({ page }) => {
  const { total } = await ask(page, 'limit=1');
  await expect(note(page)).toHaveText(`${grouped(total)} prints`);

  await choose(page, /^Side:/, /Sold/);
  const sold = await ask(page, 'side=sell&limit=1');
  expect(sold.total).toBeLessThan(total);
  await expect(note(page)).toHaveText(`${grouped(sold.total)} of ${grouped(total)} prints`);
  await expect(tape(page).locator('tbody tr:not(:has(.side.sold))')).toHaveCount(0);

  await choose(page, /^Smallest size/, /≥ 100$/);
  const large = await ask(page, 'side=sell&min_size=100&limit=1');
  expect(large.total).toBeGreaterThan(0);
  await expect(note(page)).toHaveText(`${grouped(large.total)} of ${grouped(total)} prints`);
  for (const size of await tape(page).locator('tbody td.size').allInnerTexts()) {
    expect(Number(size.replace(',', ''))).toBeGreaterThanOrEqual(100);
  }

  await tape(page).getByRole('button', { name: 'Clear' }).click();
  await expect(note(page)).toHaveText(`${grouped(total)} prints`);
  // Prints of this old day have no conditions, so none is a sweep order.
  await choose(page, /^Tag:/, /^ISO/);
  const { total: swept } = await ask(page, 'tag=iso&limit=1');
  await expect(note(page)).toHaveText(`${grouped(swept)} of ${grouped(total)} prints`);
  await expect(rows(page)).toHaveCount(swept);
});

test('scrolls through the whole day and draws only what is in view', async ({ page }) => {
  const { total } = await ask(page, 'limit=1');
  expect(total).toBeGreaterThan(6000);
  await expect(rows(page).first()).toContainText('15:58');
  for (const part of [0.5, 1]) await scrollTo(page, part);
  await expect(times(page).last()).toContainText('09:30');
  const shown = (await times(page).allInnerTexts()).map((text) => text.replace(/\s/g, ''));
  expect(shown).toEqual([...shown].sort().reverse());
});
