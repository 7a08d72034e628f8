import { Injectable } from '@angular/core';
import { linked } from '../ui/page-link';

/** The pictures of the chain. */
export type ChainViewKey = 'heatmap' | 'smile' | 'levels';

/** The tabs, left to right. */
export const CHAIN_VIEWS: readonly { readonly key: ChainViewKey; readonly name: string }[] = [
  { key: 'heatmap', name: 'Heatmap' },
  { key: 'smile', name: 'Smile' },
  { key: 'levels', name: 'Levels' },
];

/** Which picture of the chain is shown. */
@Injectable({ providedIn: 'root' })
export class ChainView {
  private readonly choice = linked<ChainViewKey>(
    'chain',
    'chain-view',
    'heatmap',
    CHAIN_VIEWS.map(({ key }) => key),
  );

  readonly shown = this.choice.value;

  show(key: ChainViewKey): void {
    this.choice.choose(key);
  }
}
