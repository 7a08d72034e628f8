import { Signal, signal } from '@angular/core';

/** A choice that outlives the page. */
export interface Remembered<T> {
  readonly value: Signal<T>;
  choose(value: T): void;
}

/** One of some words, kept by this browser under `key`. */
export function remembered<T extends string>(
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

/** Words kept by this browser. */
export function readSet(key: string): ReadonlySet<string> {
  return new Set((read(key) ?? '').split(',').filter((part) => part !== ''));
}

// A browser may forbid storage altogether; a choice then lasts as long as the page.
export function read(key: string): string | null {
  try {
    return localStorage.getItem(`spymaster.${key}`);
  } catch {
    return null;
  }
}

/** Keep a text. */
export function write(key: string, value: string): void {
  try {
    localStorage.setItem(`spymaster.${key}`, value);
  } catch {
    console.info('This browser keeps no preferences.');
  }
}
