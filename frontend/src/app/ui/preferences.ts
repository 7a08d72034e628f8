import { DOCUMENT, effect, inject, Injectable, Signal, signal } from '@angular/core';

/** A choice that outlives the page. */
interface Remembered<T> {
  readonly value: Signal<T>;
  choose(value: T): void;
}

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
  private readonly hiddenChoice = signal<ReadonlySet<string>>(readSet('hidden-columns'));

  /** Dark unless chosen otherwise. */
  readonly theme = this.themeChoice.value;
  /** The colour pairs; `cvd` is safe for colour-blind readers. */
  readonly palette = this.paletteChoice.value;
  /** Which end of the ladder is on top. */
  readonly strikeOrder = this.orderChoice.value;
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

  /** Show or hide one ladder column. */
  showColumn(key: string, shown: boolean): void {
    const hidden = new Set(this.hiddenChoice());
    if (shown) hidden.delete(key);
    else hidden.add(key);
    this.hiddenChoice.set(hidden);
    write('hidden-columns', [...hidden].join(','));
  }
}

function remembered<T extends string>(
  key: string,
  fallback: T,
  choices: readonly T[],
): Remembered<T> {
  const kept = read(key);
  const value = signal(choices.find((choice) => choice === kept) ?? fallback);
  return {
    value: value.asReadonly(),
    choose: (choice) => {
      value.set(choice);
      write(key, choice);
    },
  };
}

function readSet(key: string): ReadonlySet<string> {
  return new Set((read(key) ?? '').split(',').filter((part) => part !== ''));
}

// A browser may forbid storage altogether; a choice then lasts as long as the page.
function read(key: string): string | null {
  try {
    return localStorage.getItem(`spymaster.${key}`);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(`spymaster.${key}`, value);
  } catch {
    console.info('This browser keeps no preferences.');
  }
}
