import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { HeatControls } from '../heatmap/heat-controls';
import { HeatMap } from '../heatmap/heat-map';
import { Now } from '../live/now';
import { SmileChart } from '../smile/smile-chart';
import { isModified } from '../ui/cursor-keys';
import { ChainView, CHAIN_VIEWS, movedTab } from './chain-view';
import { LevelPaths } from './level-paths';

/** The chain through the day and across strikes: one of three pictures at a time. */
@Component({
  selector: 'sm-chain-panel',
  imports: [HeatControls, HeatMap, LevelPaths, SmileChart],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <header class="head">
      <div class="tabs" role="tablist" aria-label="Chain">
        @for (tab of tabs; track tab.key) {
          <button
            type="button"
            role="tab"
            [id]="'chain-tab-' + tab.key"
            [attr.aria-selected]="view.shown() === tab.key"
            [attr.aria-controls]="view.shown() === tab.key ? 'chain-view' : null"
            [attr.tabindex]="view.shown() === tab.key ? 0 : -1"
            [class.on]="view.shown() === tab.key"
            (click)="view.show(tab.key)"
            (keydown)="press($event)"
          >
            {{ tab.name }}
          </button>
        }
      </div>
      @if (old(); as text) {
        <span class="age"><i aria-hidden="true"></i>{{ text }}</span>
      }
      @if (view.shown() === 'heatmap') {
        @defer {
          <sm-heat-controls />
        }
      }
    </header>
    <div
      id="chain-view"
      class="view"
      role="tabpanel"
      [attr.aria-labelledby]="'chain-tab-' + view.shown()"
    >
      @switch (view.shown()) {
        @case ('heatmap') {
          @defer {
            <sm-heat-map />
          }
        }
        @case ('smile') {
          @defer {
            <sm-smile-chart />
          }
        }
        @case ('levels') {
          @defer {
            <sm-level-paths />
          }
        }
      }
    </div>
  `,
  styleUrl: './chain-panel.scss',
  host: { '[attr.data-freshness]': 'freshness()' },
})
export class ChainPanel {
  protected readonly view = inject(ChainView);
  protected readonly tabs = CHAIN_VIEWS;
  protected readonly freshness = inject(Now).freshness;
  protected readonly old = inject(Now).old;

  /** The arrows lead from tab to tab, round and round, and show it. */
  protected press(event: KeyboardEvent): void {
    if (isModified(event)) return;
    const key = movedTab(event.key, this.view.shown());
    if (key === null) return;
    this.view.show(key);
    const tabs = (event.currentTarget as Element).parentElement;
    tabs?.querySelector<HTMLElement>(`#chain-tab-${key}`)?.focus();
    // These keys mean something to the whole page too.
    event.stopPropagation();
    event.preventDefault();
  }
}
