import { expect, Page } from '@playwright/test';
import { test } from './quiet-page';
import { read } from './server';
import { note, scrollTo, tape, times } from './tape-page';

/** Prints of the simulated day that must be there; they come at some thousand a second. */
const DEEP = 100_000;

function printsShown(page: Page): Promise<number> {
  return note(page)
    .innerText()
    .then((text) => Number(text.replace(/[^\d]/g, '')));
}

test('holds a hundred thousand prints and draws only what is in view', async ({ page }) => {
  test.setTimeout(240_000);
  await page.goto('/');
  await expect(page.locator('tbody tr.atm')).toBeVisible({ timeout: 40_000 });
  await expect.poll(() => printsShown(page), { timeout: 180_000 }).toBeGreaterThan(DEEP);
  await tape(page).getByRole('button', { name: 'Pause' }).click();
  const paused = tape(page).getByRole('button', { name: 'Run' });
  await expect(paused).toBeVisible();

  await page.evaluate(() => {
    const { dataset } = document.documentElement;
    let last = performance.now();
    const look = (now: number) => {
      dataset['stall'] = String(Math.max(Number(dataset['stall'] ?? 0), now - last));
      last = now;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  const newest = await times(page).first().innerText();
  await scrollTo(page, 0.5);
  const middle = await times(page).first().innerText();
  await scrollTo(page, 1);
  await expect(times(page).last()).toContainText('09:30');
  await scrollTo(page, 0.25);
  const quarter = await times(page).first().innerText();
  expect([newest, quarter, middle].map(clock)).toEqual(
    [newest, quarter, middle].map(clock).sort().reverse(),
  );
  const stall = await page.evaluate(() => Number(document.documentElement.dataset['stall']));
  test.info().annotations.push({ type: 'longest frame, ms', description: stall.toFixed(0) });

  await paused.click();
  await tape(page)
    .getByRole('button', { name: /^Side:/ })
    .click();
  await page.getByRole('menuitemradio', { name: /Sold/ }).click();
  await expect(note(page)).toContainText(' of ');
  // The market runs on between the two.
  await expect
    .poll(async () => {
      const { total } = await read<{ total: number }>(page, '/api/tape?side=sell&limit=1');
      const [sold = 0] = (await note(page).innerText()).split(' of ').map(figure);
      return Math.abs(total - sold) / total;
    })
    .toBeLessThan(0.2);
  await expect(tape(page).locator('tbody tr:not(:has(.side.sold))')).toHaveCount(0);
  await tape(page).getByRole('button', { name: 'Clear' }).click();
  await expect(note(page)).not.toContainText(' of ');
});

const clock = (text: string) => text.replace(/\s/g, '');
const figure = (text: string) => Number(text.replace(/[^\d]/g, ''));
