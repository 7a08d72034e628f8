import { expect } from '@playwright/test';
import { test } from './quiet-page';
import { needRealDay, REPLAY_URL, replayButton, standAt } from './replay-page';
import { read } from './server';

/** Of the tape, px. */
const ROW_HEIGHT = 20;

test.use({ baseURL: REPLAY_URL });
test.beforeAll(needRealDay);

test('is reached and used by keyboard alone', async ({ page }) => {
  await standAt(page, '12:00:00');
  const wanted = ['sm-page-header', 'sm-strike-grid', 'sm-flow-chart', 'sm-tape', 'sm-replay-bar'];
  const reached = new Set<string>();
  for (let stops = 0; stops < 120 && reached.size < wanted.length; stops += 1) {
    await page.keyboard.press('Tab');
    const part = await page.evaluate(
      (parts) => document.activeElement?.closest(parts)?.localName ?? '',
      wanted.join(),
    );
    if (part !== '') reached.add(part);
  }
  expect([...reached].sort()).toEqual([...wanted].sort());

  await page.locator('tbody tr.atm').focus();
  await page.keyboard.press('2');
  await expect(page.getByRole('button', { name: '10', exact: true })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  // The server's span is the same for whichever test comes next.
  await page.keyboard.press('1');
  await expect(page.getByRole('button', { name: '3', exact: true })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  await page.keyboard.press('t');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toHaveCount(0);

  const clock = page.locator('sm-page-header .clock b');
  await page.keyboard.press('Shift+ArrowRight');
  await expect(clock).toHaveText('12:01:00');
  await page.keyboard.press('ArrowLeft');
  await expect(clock).toHaveText('12:00:59');
  await page.keyboard.press(' ');
  await expect(replayButton(page, 'Pause')).toBeVisible();
  await page.keyboard.press(' ');
  await expect(replayButton(page, 'Play')).toBeVisible();

  // The last of a burst is drawn a moment after the market stands still.
  const { total } = await read<{ total: number }>(page, '/api/tape?limit=1');
  const height = new RegExp(`\\bheight: ${total * ROW_HEIGHT}px`);
  await expect(page.locator('sm-tape tbody')).toHaveAttribute('style', height);
  const print = page.locator('sm-tape tbody tr').first();
  await print.focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('sm-evidence-card')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.locator('sm-evidence-card')).toHaveCount(0);
  await expect(print).toBeFocused();
});
