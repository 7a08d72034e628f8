import { ChangeDetectionStrategy, Component, computed, inject } from '@angular/core';
import { ExposureStore } from '../exposure/exposure-store';
import { levelLines } from './level-list';

/** Walls, flip, max pain and the move that is left, each with its path through the day. */
@Component({
  selector: 'sm-levels-strip',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <dl aria-label="Levels">
      @for (line of lines(); track line.key) {
        <div [class]="line.key" [attr.title]="line.hint">
          <dt>
            <i aria-hidden="true"></i>{{ line.name }}<span>{{ line.addition }}</span>
          </dt>
          <dd>{{ line.text }}</dd>
          @if (line.spark; as points) {
            <svg viewBox="0 0 34 14" preserveAspectRatio="none" aria-hidden="true">
              <polyline [attr.points]="points" />
            </svg>
          }
        </div>
      }
    </dl>
  `,
  styleUrl: './levels-strip.scss',
  host: { '[attr.data-freshness]': 'store.freshness()' },
})
export class LevelsStrip {
  protected readonly store = inject(ExposureStore);
  protected readonly lines = computed(() =>
    levelLines(this.store.reply()?.levels ?? null, this.store.path()),
  );
}
