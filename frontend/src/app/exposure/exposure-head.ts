import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { ChoiceMenu } from '../ui/choice-menu';
import { CONVENTIONS } from './conventions';
import { ExposureStore } from './exposure-store';
import { MEASURES } from './measures';

/** Names the exposure column, and whose positions it assumes. */
@Component({
  selector: 'sm-exposure-head',
  imports: [ChoiceMenu],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <h2 [attr.title]="store.error()">Exposure</h2>
    @if (word(); as word) {
      <span class="age" [attr.title]="word"
        ><i></i><span class="unseen">{{ word }}</span></span
      >
    }
    <sm-choice-menu
      class="measure"
      label="Exposure by strike"
      [choices]="measures"
      [value]="store.measure().key"
      (pick)="store.chooseMeasure($event)"
    />
    <sm-choice-menu
      label="Whose positions"
      [choices]="conventions"
      [value]="store.convention().key"
      (pick)="store.chooseConvention($event)"
    />
  `,
  styles: `
    :host {
      display: flex;
      gap: 4px;
      align-items: center;
      min-width: 0;
      height: 100%;
      white-space: nowrap;
      padding: 0 6px 0 8px;
      border-left: 1px solid var(--line-1);
    }

    h2 {
      min-width: 0;
      overflow: hidden;
      text-overflow: ellipsis;
      font-weight: var(--weight-head);
    }

    .measure {
      margin-left: auto;
    }

    // The menus name it where there is no room for its title.
    @media (max-width: 1399px) {
      h2 {
        position: absolute;
        width: 1px;
        clip-path: inset(50%);
      }

      .measure {
        margin-left: 0;
      }
    }
  `,
  host: { '[attr.data-freshness]': 'store.freshness()' },
})
export class ExposureHead {
  protected readonly store = inject(ExposureStore);
  protected readonly measures = MEASURES;
  protected readonly conventions = CONVENTIONS;
  /** Beside amber and grey, a word. */
  protected readonly word = computed(() => {
    const freshness = this.store.freshness();
    return freshness === 'fresh' ? '' : freshness === 'stale' ? 'over 2 s old' : 'over 10 s old';
  });
}
