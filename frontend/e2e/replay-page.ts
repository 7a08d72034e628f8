import { expect, Locator, Page, test } from '@playwright/test';
import { DAY, hasRealDay } from './real-day';

/** The server that replays the real day. */
export const REPLAY_URL = `http://127.0.0.1:${process.env['E2E_REPLAY_PORT'] ?? '8124'}`;

/** Skip what needs the real day where it is not; CI must have it. */
export function needRealDay(): void {
  if (!hasRealDay && process.env['CI'] === 'true') {
    throw new Error('The real day is missing: ../shared belongs beside the repository in CI.');
  }
  test.skip(!hasRealDay, 'needs the real day in ../shared, beside the repository');
}

/** Stand still at a moment (`HH:MM:SS`, Eastern), as a link does. */
export async function standAt(page: Page, at: string): Promise<void> {
  await page.goto(`/#date=${DAY}&t=${at}`);
  // The day is read from disk before it can be moved in.
  await expect(page.locator('sm-scrubber')).toHaveAttribute('aria-valuetext', `${at} ET`, {
    timeout: 30_000,
  });
  await expect(replayButton(page, 'Play')).toBeEnabled();
}

/** A button of the replay bar. */
export function replayButton(page: Page, name: string): Locator {
  return page
    .getByRole('group', { name: 'Replay', exact: true })
    .getByRole('button', { name, exact: true });
}
