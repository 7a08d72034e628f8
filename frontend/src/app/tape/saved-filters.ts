import { Injectable, signal } from '@angular/core';
import { read, write } from '../ui/remembered';
import { readFilter, TapeFilter } from './tape-filter';

const KEY = 'tape.saved';

/** A filter under a name of the user's own. */
export interface SavedFilter {
  readonly name: string;
  readonly filter: TapeFilter;
}

/** Filters of the tape that this browser keeps by name. */
@Injectable({ providedIn: 'root' })
export class SavedFilters {
  private readonly kept = signal<readonly SavedFilter[]>(kept());

  /** By name. */
  readonly all = this.kept.asReadonly();

  /** Keep a filter; one of the same name is replaced. */
  save(name: string, filter: TapeFilter): void {
    const others = this.kept().filter((saved) => saved.name !== name);
    this.keep([...others, { name, filter }].sort((a, b) => a.name.localeCompare(b.name)));
  }

  /** Forget a filter. */
  remove(name: string): void {
    this.keep(this.kept().filter((saved) => saved.name !== name));
  }

  private keep(filters: readonly SavedFilter[]): void {
    this.kept.set(filters);
    write(KEY, JSON.stringify(filters));
  }
}

function kept(): readonly SavedFilter[] {
  try {
    const value: unknown = JSON.parse(read(KEY) ?? '[]');
    if (!Array.isArray(value)) return [];
    return (value as Partial<SavedFilter>[]).flatMap(({ name, filter }) =>
      typeof name === 'string' ? [{ name, filter: readFilter(filter) }] : [],
    );
  } catch {
    return [];
  }
}
