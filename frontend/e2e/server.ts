import { expect, Page } from '@playwright/test';

/** What the tests read of `GET /api/session`. */
export interface Session {
  readonly mode: string;
  readonly spot: number | null;
  readonly atm: number | null;
  readonly strikes: number[];
  readonly feed: { readonly state: string; readonly reconnects: number };
  readonly counters: { readonly trades_counted: number };
}

/** What the tests read of a contract. */
export interface Contract {
  readonly strike_price: number;
  readonly cumulative_volume: number;
}

/** The session as the server has it. */
export function session(page: Page): Promise<Session> {
  return read(page, '/api/session');
}

/** Every contract of the day, followed or not. */
export async function contracts(page: Page): Promise<Contract[]> {
  const reply: { contracts: Record<string, Contract> } = await read(page, '/api/contracts');
  return Object.values(reply.contracts);
}

/** A reply of the API. */
export async function read<T>(page: Page, path: string): Promise<T> {
  const response = await page.request.get(path);
  expect(response.ok()).toBe(true);
  return (await response.json()) as T;
}

/** Prints of the whole day as the tape's head counts them. */
export async function printsCounted(page: Page): Promise<number> {
  const [counted = ''] = (await page.locator('sm-tape .note em').innerText())
    .split(' of ')
    .slice(-1);
  return Number(counted.replaceAll(',', ''));
}
