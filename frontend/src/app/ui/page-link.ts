import { inject, Injectable, signal } from '@angular/core';
import { read, Remembered, write } from './remembered';

/**
 * What the page's address says after its `#`, field by field: the moment and the view that are
 * shown, so that they can be handed on. What is as it is by default is left out.
 */
@Injectable({ providedIn: 'root' })
export class PageLink {
  private readonly fields = new URLSearchParams(window.location.hash.slice(1));
  /** The address as the page was opened; what it asks for is restored from there. */
  private readonly opened = new URLSearchParams(this.fields);

  /** Whether the page was opened by a link: what that leaves out is then as it is by default. */
  readonly isGiven = this.opened.size > 0;

  /** What the page was opened with; null where the link says nothing. */
  asked(name: string): string | null {
    return this.opened.get(name);
  }

  /** What the address says now; null where it says nothing. */
  told(name: string): string | null {
    return this.fields.get(name);
  }

  /** Let the address say something, or, with null, nothing; other fields stay. */
  tell(fields: Readonly<Record<string, string | null>>): void {
    for (const [name, value] of Object.entries(fields)) {
      if (value === null) this.fields.delete(name);
      else this.fields.set(name, value);
    }
    const { pathname, search } = window.location;
    // A colon needs no code here, and a time reads better with it. A bare hash would be taken from
    // <base>.
    const text = this.fields.toString().replaceAll('%3A', ':');
    window.history.replaceState(null, '', pathname + search + (text === '' ? '' : `#${text}`));
  }
}

/**
 * One of some words, kept by this browser under `key` and named by the page's address as `name`. A
 * link wins over what is kept, and leaves that as it is. Call it where `inject` works.
 */
export function linked<T extends string>(
  name: string,
  key: string,
  fallback: T,
  choices: readonly T[],
): Remembered<T> {
  const link = inject(PageLink);
  const kept = link.isGiven ? link.asked(name) : read(key);
  const value = signal(choices.find((choice) => choice === kept) ?? fallback);
  const tell = (choice: T) => {
    link.tell({ [name]: choice === fallback ? null : choice });
  };
  if (value() !== fallback) tell(value());
  return {
    value: value.asReadonly(),
    choose: (choice) => {
      value.set(choice);
      write(key, choice);
      tell(choice);
    },
  };
}
