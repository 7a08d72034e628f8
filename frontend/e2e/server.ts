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

const UNITS: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, B: 1e9 };

/** `41K` as 41000. */
function figure(text: string): number {
  return parseFloat(text) * (UNITS[text.slice(-1)] ?? 1);
}

/** Volume of the whole day as the header shows it, in contracts. */
export async function contractsTraded(page: Page): Promise<number> {
  return figure(await page.locator('.day div', { hasText: 'Contracts' }).locator('dd').innerText());
}
