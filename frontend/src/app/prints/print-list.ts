import { ChangeDetectionStrategy, Component, computed, input, viewChild } from '@angular/core';
import { TapeRow } from '../live/wire';
import { tapeLine } from '../tape/tape-lines';
import { drawnRows } from '../ui/drawn-rows';
import { ScrollView } from '../ui/scroll-view';
import { signedDollars } from '../ui/format';

/** Prints in a narrow list, of which only those in view are drawn. */
@Component({
  selector: 'sm-print-list',
  imports: [ScrollView],
  changeDetection: ChangeDetectionStrategy.OnPush,
  templateUrl: './print-list.html',
  styleUrl: './print-list.scss',
  host: { '[class.of-one]': '!contracts()' },
})
export class PrintList {
  readonly prints = input.required<readonly TapeRow[]>();
  /** What is listed, for those who do not see it. */
  readonly name = input.required<string>();
  /** Whether the contract and what the print adds to the pressure are shown; else its tags. */
  readonly contracts = input(true);

  private readonly scroller = viewChild(ScrollView);
  protected readonly list = drawnRows(this.prints, this.scroller);
  protected readonly lines = computed(() =>
    this.list.rows().map((row) => ({
      ...tapeLine(row),
      pressure: signedDollars(row.hedging_pressure),
    })),
  );
}
