import { expect, Locator, Page } from '@playwright/test';

/** The tape of the page. */
export function tape(page: Page): Locator {
  return page.locator('sm-tape');
}

/** What the head of the tape says of how many prints there are. */
export function note(page: Page): Locator {
  return tape(page).locator('.note');
}

/** The rows that are drawn. */
export function rows(page: Page): Locator {
  return tape(page).locator('tbody tr');
}

/** The times of the rows that are drawn. */
export function times(page: Page): Locator {
  return tape(page).locator('tbody td.time');
}

/** Scroll to a share of the tape, and wait until its rows are there. */
export async function scrollTo(page: Page, share: number): Promise<void> {
  const scroller = tape(page).getByRole('region', { name: 'Prints, newest first' });
  await scroller.evaluate((element, part) => {
    element.scrollTop = element.scrollHeight * part;
  }, share);
  // Until the page has drawn where it stands now, the rows are those of before, and none is on its way.
  await expect.poll(() => scroller.evaluate(drawnWhereItStands)).toBe(true);
  // A page that is on its way stands as a row of its own.
  await expect(times(page).filter({ hasText: '…' })).toHaveCount(0, { timeout: 20_000 });
  await expect.poll(() => times(page).count()).toBeGreaterThan(5);
  expect(await rows(page).count()).toBeLessThan(100);
}

/** Whether the rows that are drawn are those in view, and no longer those of before a scroll. */
function drawnWhereItStands(element: HTMLElement): boolean {
  const above = parseFloat(element.querySelector('tbody')?.style.paddingTop ?? '');
  return Math.abs(above - element.scrollTop) < element.clientHeight;
}
