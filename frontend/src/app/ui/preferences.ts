import { computed, DOCUMENT, effect, inject, Injectable, signal } from '@angular/core';
import { remembered, readSet, write } from './remembered';

/** The user's choices, remembered by this browser. */
@Injectable({ providedIn: 'root' })
export class Preferences {
  private readonly document = inject(DOCUMENT);
  private readonly themeChoice = remembered<'dark' | 'light'>('theme', 'dark', ['dark', 'light']);
  private readonly paletteChoice = remembered<'standard' | 'cvd'>('palette', 'standard', [
    'standard',
    'cvd',
  ]);
  private readonly orderChoice = remembered<'high-first' | 'low-first'>('order', 'high-first', [
    'high-first',
    'low-first',
  ]);
  private readonly flashChoice = remembered<'on' | 'off'>('flash', 'on', ['on', 'off']);
  private readonly hiddenChoice = signal<ReadonlySet<string>>(readSet('hidden-columns'));

  /** Dark unless chosen otherwise. */
  readonly theme = this.themeChoice.value;
  /** The colour pairs; `cvd` is safe for colour-blind readers. */
  readonly palette = this.paletteChoice.value;
  /** Which end of the ladder is on top. */
  readonly strikeOrder = this.orderChoice.value;
  /** Whether a changed cell is washed. */
  readonly flash = computed(() => this.flashChoice.value() === 'on');
  /** Keys of ladder columns that are not shown. */
  readonly hiddenColumns = this.hiddenChoice.asReadonly();

  constructor() {
    effect(() => {
      const { dataset } = this.document.documentElement;
      dataset['theme'] = this.theme();
      dataset['palette'] = this.palette();
    });
  }

  /** Dark to light, or back. */
  switchTheme(): void {
    this.themeChoice.choose(this.theme() === 'dark' ? 'light' : 'dark');
  }

  /** The colour-blind set on, or off. */
  switchPalette(): void {
    this.paletteChoice.choose(this.palette() === 'cvd' ? 'standard' : 'cvd');
  }

  /** Turn the ladder upside down. */
  switchStrikeOrder(): void {
    this.orderChoice.choose(this.strikeOrder() === 'high-first' ? 'low-first' : 'high-first');
  }

  /** The wash of changed cells off, or on. */
  switchFlash(): void {
    this.flashChoice.choose(this.flash() ? 'off' : 'on');
  }

  /** Show or hide one ladder column. */
  showColumn(key: string, shown: boolean): void {
    const hidden = new Set(this.hiddenChoice());
    if (shown) hidden.delete(key);
    else hidden.add(key);
    this.hiddenChoice.set(hidden);
    write('hidden-columns', [...hidden].join(','));
  }
}
