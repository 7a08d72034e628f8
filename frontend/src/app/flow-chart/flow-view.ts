import { inject, Injectable, signal } from '@angular/core';
import { linked, PageLink } from '../ui/page-link';
import { FlowWindow } from './flow-store';

const STRIKE = 'strike';

/**
 * Which flow the chart shows. The page's address names it, and all but the strike is remembered by
 * this browser.
 */
@Injectable({ providedIn: 'root' })
export class FlowView {
  private readonly windowChoice = linked<FlowWindow>('flow', 'flow.window', 'day', [
    '5s',
    '30s',
    '1m',
    '5m',
    '30m',
    'day',
  ]);
  private readonly typeChoice = linked<'all' | 'C' | 'P'>('type', 'flow.type', 'all', [
    'all',
    'C',
    'P',
  ]);
  private readonly legsChoice = linked<'all' | 'single' | 'multi'>('legs', 'flow.legs', 'all', [
    'all',
    'single',
    'multi',
  ]);
  private readonly link = inject(PageLink);
  private readonly strikeChoice = signal(positive(this.link.asked(STRIKE)));

  /** How far back. */
  readonly window = this.windowChoice.value;
  /** Calls, puts or both. */
  readonly type = this.typeChoice.value;
  /** Prints on their own, legs of packages, or both. */
  readonly legs = this.legsChoice.value;
  /** USD; null for every strike. */
  readonly strike = this.strikeChoice.asReadonly();

  chooseWindow(window: FlowWindow): void {
    this.windowChoice.choose(window);
  }

  chooseType(type: 'all' | 'C' | 'P'): void {
    this.typeChoice.choose(type);
  }

  chooseLegs(legs: 'all' | 'single' | 'multi'): void {
    this.legsChoice.choose(legs);
  }

  chooseStrike(strike: number | null): void {
    this.strikeChoice.set(strike);
    this.link.tell({ [STRIKE]: strike === null ? null : String(strike) });
  }
}

function positive(text: string | null): number | null {
  const value = Number(text);
  return value > 0 && Number.isFinite(value) ? value : null;
}
