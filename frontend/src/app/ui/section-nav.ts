import { ChangeDetectionStrategy, Component, DOCUMENT, inject, signal } from '@angular/core';

/** Sections of the page, by the id of the element that each begins with. */
const SECTIONS = [
  { id: 'ladder', name: 'Ladder' },
  { id: 'flow', name: 'Flow' },
  { id: 'chain', name: 'Exposure' },
  { id: 'tape', name: 'Tape' },
  { id: 'alerts', name: 'Alerts' },
] as const;

/** On a phone, under the thumb: the page's sections. */
@Component({
  selector: 'sm-section-nav',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @for (section of sections; track section.id) {
      <button
        type="button"
        [class.on]="section.id === at()"
        [attr.aria-current]="section.id === at() ? 'true' : null"
        (click)="go(section.id)"
      >
        {{ section.name }}
      </button>
    }
  `,
  styles: `
    :host {
      position: fixed;
      inset: auto 0 0;
      z-index: 6;
      grid-template-columns: repeat(5, 1fr);
      height: 48px;
      background: var(--bg-2);
      border-top: 1px solid var(--line-1);
    }

    button {
      position: relative;
      color: var(--text-2);
    }

    .on {
      font-weight: var(--weight-head);
      color: var(--text-1);

      &::before {
        content: '';
        position: absolute;
        inset: -1px 12px auto;
        height: 2px;
        background: var(--text-1);
      }
    }
  `,
  host: {
    role: 'navigation',
    'aria-label': 'Sections',
    '(window:scroll)': 'look()',
    // What scrolls by a hand of the user's, and not by a section that was tapped.
    '(window:wheel)': 'release()',
    '(window:touchmove)': 'release()',
    '(window:keydown)': 'release()',
  },
})
export class SectionNav {
  private readonly document = inject(DOCUMENT);
  private readonly current = signal<string>(SECTIONS[0].id);
  /** A tapped section stays marked though the page ends before its top comes to the top. */
  private held = false;
  protected readonly sections = SECTIONS;
  /** The section that is read: the last whose top has come near the top, at the page's end the last. */
  protected readonly at = this.current.asReadonly();

  protected go(id: string): void {
    this.document.getElementById(id)?.scrollIntoView();
    this.current.set(id);
    this.held = true;
  }

  protected release(): void {
    this.held = false;
  }

  protected look(): void {
    if (this.held) return;
    const { scrollHeight } = this.document.documentElement;
    const isEnd = window.scrollY + window.innerHeight >= scrollHeight - 2;
    const line = isEnd ? Infinity : window.innerHeight / 4;
    const begun = SECTIONS.filter(({ id }) => {
      const top = this.document.getElementById(id)?.getBoundingClientRect().top;
      return top !== undefined && top < line;
    });
    this.current.set(begun.at(-1)?.id ?? SECTIONS[0].id);
  }
}
