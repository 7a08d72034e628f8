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

/** The tab that a key leads to from another; null for keys that lead to none. */
export function movedTab(key: string, from: ChainViewKey): ChainViewKey | null {
  const [index, count] = [CHAIN_VIEWS.findIndex((view) => view.key === from), CHAIN_VIEWS.length];
  const places: Readonly<Record<string, number>> = {
    ArrowLeft: (index + count - 1) % count,
    ArrowRight: (index + 1) % count,
    Home: 0,
    End: count - 1,
  };
  return CHAIN_VIEWS[places[key] ?? -1]?.key ?? null;
}

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
