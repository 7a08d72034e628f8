import { Injectable, signal } from '@angular/core';

/** Which contract is looked at closely. */
@Injectable({ providedIn: 'root' })
export class ContractSelection {
  private readonly chosen = signal<string | null>(null);

  /** Its ticker; null when none is. */
  readonly ticker = this.chosen.asReadonly();

  /** Look at a contract, by its ticker. */
  open(ticker: string): void {
    this.chosen.set(ticker);
  }

  /** Look at the page again. */
  close(): void {
    this.chosen.set(null);
  }
}
