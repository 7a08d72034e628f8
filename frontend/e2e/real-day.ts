import { cpSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** AAPL's whole 0DTE chain of this day, beside the repository: 6,471 prints, 200,794 contracts. */
export const DAY = '2014-06-06';

const STORED = resolve(__dirname, `../../../shared/data/real/aapl-${DAY}`);

/** Whether the real day is here; it is no part of the repository. */
export const hasRealDay = existsSync(STORED);

/** A folder that the server may write to, with the real day in it if there is one. */
export function dataFolder(withRealDay: boolean): string {
  const folder = mkdtempSync(join(tmpdir(), 'spymaster-e2e-'));
  if (withRealDay && hasRealDay) cpSync(STORED, folder, { recursive: true });
  return folder;
}
