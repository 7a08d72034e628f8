import { Injectable, signal } from '@angular/core';

const FIELD = 'contract';

/** Which contract is looked at closely; the page's address names it, so that it can be handed on. */
@Injectable({ providedIn: 'root' })
export class ContractSelection {
  private readonly chosen = signal(new URLSearchParams(window.location.search).get(FIELD));

  /** Its ticker; null when none is. */
  readonly ticker = this.chosen.asReadonly();

  /** Look at a contract, by its ticker. */
  open(ticker: string): void {
    this.choose(ticker);
  }

  /** Look at the page again. */
  close(): void {
    this.choose(null);
  }

  private choose(ticker: string | null): void {
    this.chosen.set(ticker);
    const url = new URL(window.location.href);
    if (ticker === null) url.searchParams.delete(FIELD);
    else url.searchParams.set(FIELD, ticker);
    window.history.replaceState(null, '', url.pathname + url.search + url.hash);
  }
}
