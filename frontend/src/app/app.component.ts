import { ChangeDetectionStrategy, Component, computed, inject, viewChild } from '@angular/core';
import { Alerts } from './alerts/alerts';
import { ContractDrawer } from './contract-drawer/contract-drawer';
import { DataStreamService } from './data-stream.service';
import { FlowChart } from './flow-chart/flow-chart';
import { ChainPanel } from './levels/chain-panel';
import { LevelsStrip } from './levels/levels-strip';
import { MarketStore } from './live/market-store';
import { ReplayBar } from './replay-bar/replay-bar';
import { ReplayKeys } from './replay-bar/replay-keys';
import { ReplayRestore } from './replay-bar/replay-restore';
import { Refused } from './states/refused';
import { SectionNav } from './ui/section-nav';
import { KeyHelp } from './status/key-help';
import { PageHeader } from './status/page-header';
import { SPANS, SpanStore } from './strike-grid/span';
import { StrikeGrid } from './strike-grid/strike-grid';
import { Tape } from './tape/tape';
import { Preferences } from './ui/preferences';

/** The page: header, panels, replay bar, and the keys. */
@Component({
  selector: 'sm-root',
  imports: [
    Alerts,
    ChainPanel,
    ContractDrawer,
    FlowChart,
    KeyHelp,
    LevelsStrip,
    PageHeader,
    Refused,
    SectionNav,
    ReplayBar,
    StrikeGrid,
    Tape,
  ],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <sm-page-header (help)="help().open()" />
    <main [class.refused]="refusal() !== null">
      @if (refusal(); as message) {
        <sm-refused [message]="message" />
      } @else {
        <sm-strike-grid id="ladder" />
        <sm-flow-chart id="flow" />
        <sm-levels-strip id="levels" />
        <sm-chain-panel id="chain" />
        <sm-tape id="tape" />
        <sm-alerts id="alerts" />
      }
    </main>
    <!-- Who is not let in can neither replay a day nor read a section. -->
    @if (refusal() === null) {
      <sm-replay-bar />
      <sm-section-nav />
    }
    <sm-contract-drawer />
    <sm-key-help />
  `,
  styleUrl: './app.component.scss',
  // An address that is written over this one is another link: it is opened as one.
  host: { '(document:keydown)': 'press($event)', '(window:hashchange)': 'reopen()' },
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

  protected reopen(): void {
    window.location.reload();
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
    target instanceof HTMLElement &&
    target.closest('input, select, textarea, dialog, [role="dialog"], [role="menu"]') !== null
  );
}
