import { Injectable, signal } from '@angular/core';
import { remembered } from '../ui/remembered';
import { FlowWindow } from './flow-store';

/** Which flow the chart shows; all but the strike is remembered by this browser. */
@Injectable({ providedIn: 'root' })
export class FlowView {
  private readonly windowChoice = remembered<FlowWindow>('flow.window', 'day', [
    '5m',
    '30m',
    'day',
  ]);
  private readonly typeChoice = remembered<'all' | 'C' | 'P'>('flow.type', 'all', [
    'all',
    'C',
    'P',
  ]);
  private readonly legsChoice = remembered<'all' | 'single' | 'multi'>('flow.legs', 'all', [
    'all',
    'single',
    'multi',
  ]);
  private readonly strikeChoice = signal<number | null>(null);

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
  }
}
