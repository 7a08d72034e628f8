import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  input,
  linkedSignal,
  output,
  resource,
} from '@angular/core';
import { failureWords } from '../live/api';
import { FlowApi } from '../live/flow-api';
import { easternClock } from '../ui/eastern-time';
import { grouped, signedDollars } from '../ui/format';
import { SideDrawer } from '../ui/side-drawer';
import { PrintList } from './print-list';
import { PrintsQuestion } from './prints-question';

/** Prints that are listed at most; the sum is over all of them. */
export const PRINTS_LISTED = 2000;

/** The prints behind a point of the flow chart, with the sum that the point shows. */
@Component({
  selector: 'sm-prints-sheet',
  imports: [PrintList, SideDrawer],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './prints-sheet.html',
  styleUrl: './prints-sheet.scss',
})
export class PrintsSheet {
  readonly question = input.required<PrintsQuestion>();
  readonly closed = output();

  private readonly api = inject(FlowApi);

  /** The point's own prints, or all that its height sums. */
  protected readonly reach = linkedSignal<PrintsQuestion, 'point' | 'since'>({
    source: this.question,
    computation: () => 'point',
  });
  protected readonly title = computed(() => {
    const { since, from, to } = this.question();
    const start = this.reach() === 'point' ? from : since;
    return `${easternClock(start)} to ${easternClock(to)} ET`;
  });
  protected readonly figure = computed(() => {
    const { flow, pressure } = this.question();
    return signedDollars(this.reach() === 'point' ? flow : pressure);
  });
  protected readonly sinceText = computed(() => easternClock(this.question().since).slice(0, 5));

  private readonly answer = resource({
    params: () => {
      const { filter, from, to, since } = this.question();
      return { ...filter, from: this.reach() === 'point' ? from : since, to, limit: PRINTS_LISTED };
    },
    loader: ({ params }) => this.api.prints(params),
  });
  protected readonly reply = computed(() => {
    const answer = this.answer.hasValue() ? this.answer.value() : null;
    return answer?.kind === 'ok' ? answer.value : null;
  });
  protected readonly prints = computed(() => this.reply()?.trades ?? []);
  protected readonly failure = computed(() => {
    const answer = this.answer.hasValue() ? this.answer.value() : null;
    return answer === null || answer.kind === 'ok' ? '' : failureWords(answer, 'No prints');
  });
  protected readonly sum = computed(() => {
    const reply = this.reply();
    if (reply === null) return null;
    const { trade_count: count, volume, trades, measures } = reply;
    return {
      prints: grouped(count),
      volume: grouped(volume),
      pressure: signedDollars(measures['delta_notional']?.weighted ?? null),
      listed: trades.length < count ? grouped(trades.length) : null,
    };
  });
}
