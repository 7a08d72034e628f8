import { ChangeDetectionStrategy, Component, computed, inject, viewChild } from '@angular/core';
import { DataStreamService } from './data-stream.service';
import { MarketStore } from './live/market-store';
import { ReplayBar } from './replay-bar/replay-bar';
import { ReplayKeys } from './replay-bar/replay-keys';
import { ReplayRestore } from './replay-bar/replay-restore';
import { Refused } from './states/refused';
import { KeyHelp } from './status/key-help';
import { PageHeader } from './status/page-header';
import { StatusLine } from './status/status-line';
import { SPANS, SpanStore } from './strike-grid/span';
import { StrikeGrid } from './strike-grid/strike-grid';
import { Tape } from './tape/tape';
import { Preferences } from './ui/preferences';

/** The page: header, ladder, tape, replay bar, and the keys. */
@Component({
  selector: 'sm-root',
  imports: [KeyHelp, PageHeader, Refused, ReplayBar, StatusLine, StrikeGrid, Tape],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <sm-page-header (help)="help().open()" />
    <main>
      @if (refusal(); as message) {
        <sm-refused [message]="message" />
      } @else {
        <sm-strike-grid />
        <sm-tape />
      }
    </main>
    <sm-status-line />
    <sm-replay-bar />
    <sm-key-help />
  `,
  styleUrl: './app.component.scss',
  host: { '(document:keydown)': 'press($event)' },
})
export class AppComponent {
  private readonly stream = inject(DataStreamService);
  private readonly preferences = inject(Preferences);
  private readonly spans = inject(SpanStore);
  private readonly replayKeys = inject(ReplayKeys);
  private readonly ladder = viewChild(StrikeGrid);
  protected readonly help = viewChild.required(KeyHelp);

  /** Why the server lets this page not in; null when it does. */
  protected readonly refusal = computed(() => {
    const connection = this.stream.connection();
    return connection.state === 'refused' ? connection.message : null;
  });

  constructor() {
    // The store must listen before the first frame.
    inject(MarketStore);
    inject(ReplayRestore);
    this.stream.start();
  }

  protected press(event: KeyboardEvent): void {
    if (isTyping(event.target)) return;
    if (this.replayKeys.press(event)) {
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const span = SPANS[Number(event.key) - 1];
    if (span !== undefined) void this.spans.choose(span);
    else if (event.key === 't') this.preferences.switchTheme();
    else if (event.key === '?') this.help().open();
    else if (event.key === 'Home') this.ladder()?.centre();
    else return;
    event.preventDefault();
  }
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest('input, select, textarea, dialog') !== null
  );
}
