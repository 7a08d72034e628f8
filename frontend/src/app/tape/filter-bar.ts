import { CdkMenu, CdkMenuItem, CdkMenuTrigger } from '@angular/cdk/menu';
import {
  ChangeDetectionStrategy,
  Component,
  computed,
  ElementRef,
  inject,
  input,
  output,
  viewChild,
} from '@angular/core';
import { Choice, ChoiceMenu } from '../ui/choice-menu';
import { strikeText } from '../ui/format';
import { SavedFilters } from './saved-filters';
import { EVERY_PRINT, isEvery, tagName, TAGS, TapeFilter } from './tape-filter';

const SIDES: readonly Choice<TapeFilter['side']>[] = [
  { key: 'any', name: 'Any side', short: 'Side' },
  { key: 'buy', name: '▲ Bought' },
  { key: 'sell', name: '▼ Sold' },
  { key: 'none', name: '– Unsigned' },
];

const TYPES: readonly Choice<TapeFilter['type']>[] = [
  { key: 'all', name: 'Calls, puts', short: 'C, P' },
  { key: 'C', name: 'Calls' },
  { key: 'P', name: 'Puts' },
];

const SIZES = [1, 10, 50, 100, 500, 1000];
const PREMIUMS = [0, 1000, 5000, 25_000, 100_000];

/** The tape's filter, its saved ones, and what empties it. */
@Component({
  selector: 'sm-filter-bar',
  imports: [CdkMenu, CdkMenuItem, CdkMenuTrigger, ChoiceMenu],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './filter-bar.html',
  styleUrl: './filter-bar.scss',
  host: { '(document:keydown./)': 'focus($event)' },
})
export class FilterBar {
  readonly filter = input.required<TapeFilter>();
  /** The user chose another. */
  readonly chosen = output<TapeFilter>();

  protected readonly saved = inject(SavedFilters);
  private readonly strikeField = viewChild.required<ElementRef<HTMLInputElement>>('strikeField');

  protected readonly sides = SIDES;
  protected readonly types = TYPES;
  protected readonly sizes: readonly Choice[] = SIZES.map((size) => ({
    key: String(size),
    name: `Size ≥ ${size}`,
    ...(size === 1 ? { short: 'Size' } : {}),
  }));
  protected readonly premiums: readonly Choice[] = PREMIUMS.map((premium) => ({
    key: String(premium),
    name: `≥ $${premium < 1000 ? premium : `${premium / 1000}K`}`,
    ...(premium === 0 ? { short: '$' } : {}),
  }));
  protected readonly tags: readonly Choice[] = [
    { key: '', name: 'Any tag', short: 'Tag' },
    ...Object.entries(TAGS).map(([key, words]) => ({
      key,
      name: tagName(key),
      words,
    })),
  ];
  protected readonly filters = computed(() => !isEvery(this.filter()));
  protected readonly strike = computed(() => {
    const { strike } = this.filter();
    return strike === null ? '' : strikeText(strike);
  });

  protected change(part: Partial<TapeFilter>): void {
    this.chosen.emit({ ...this.filter(), ...part });
  }

  protected changeStrike(text: string): void {
    const strike = Number(text.trim());
    this.change({ strike: text.trim() !== '' && strike > 0 ? strike : null });
  }

  protected clear(): void {
    this.chosen.emit(EVERY_PRINT);
  }

  protected save(field: HTMLInputElement): void {
    const name = field.value.trim();
    if (name === '') return;
    this.saved.save(name, this.filter());
    field.value = '';
  }

  protected focus(event: Event): void {
    const { target } = event;
    if (target instanceof HTMLElement && target.closest('input, select, textarea, dialog')) return;
    event.preventDefault();
    this.strikeField().nativeElement.focus();
  }
}
