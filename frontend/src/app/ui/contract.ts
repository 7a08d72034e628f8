/** What an option ticker says. */
export interface ContractName {
  /** Strike, USD. */
  readonly strike: number;
  readonly type: 'C' | 'P';
}

const TICKER = /^O:[A-Z.]+\d*?\d{6}([CP])(\d{8})$/;

/** Read `O:SPY251216C00600000`; null when it is no option ticker. */
export function parseTicker(ticker: string): ContractName | null {
  const match = TICKER.exec(ticker);
  if (!match) return null;
  return { type: match[1] === 'C' ? 'C' : 'P', strike: Number(match[2]) / 1000 };
}
