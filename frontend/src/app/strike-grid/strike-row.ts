import {
  afterRenderEffect,
  ChangeDetectionStrategy,
  Component,
  computed,
  ElementRef,
  inject,
  input,
} from '@angular/core';
import { ExposureCell } from '../exposure/exposure-cells';
import { strikeText } from '../ui/format';
import { Motion } from '../ui/motion';
import { Cell, cellsOf, rowLabel } from './cells';
import { Column } from './columns';
import { LadderRow, Scales } from './ladder';

/** One strike: calls left, puts right. Renders only when its own row or a scale changed. */
@Component({
  selector: 'tr[sm-strike-row]',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @for (cell of calls(); track cell.key) {
      <td
        role="cell"
        [class]="cell.classes"
        [style.--length.%]="cell.barLength"
        [style.--place.%]="cell.barPlace"
        [attr.title]="cell.reason"
      >
        {{ cell.text }}
        @if (detailed()) {
          <small [class]="cell.detailTone">{{ cell.detail }}</small>
        }
      </td>
    }
    <th scope="row" role="rowheader" class="strike" [attr.aria-label]="label()">{{ strike() }}</th>
    @for (cell of puts(); track cell.key) {
      <td
        role="cell"
        [class]="cell.classes"
        [style.--length.%]="cell.barLength"
        [style.--place.%]="cell.barPlace"
        [attr.title]="cell.reason"
      >
        {{ cell.text }}
        @if (detailed()) {
          <small [class]="cell.detailTone">{{ cell.detail }}</small>
        }
      </td>
    }
    @if (exposure(); as cell) {
      <td
        role="cell"
        class="expo"
        [class.above]="cell.direction > 0"
        [class.below]="cell.direction < 0"
        [class.wall]="cell.wall"
        [style.--share]="cell.length / 100"
        [attr.title]="cell.text ? null : 'Unknown: no greeks or no position here yet'"
      >
        @if (cell.wall; as wall) {
          <i [class]="wall">{{ wall === 'call' ? 'Call' : 'Put' }}<span> wall</span></i>
        }
        {{ cell.text }}
      </td>
    }
  `,
  host: {
    role: 'row',
    '[class.atm]': 'row().atTheMoney',
    '[tabindex]': 'reached() ? 0 : -1',
    '[attr.data-strike]': 'row().strike',
    '[attr.aria-current]': 'row().atTheMoney ? "true" : null',
  },
})
export class StrikeRow {
  readonly row = input.required<LadderRow>();
  readonly callColumns = input.required<readonly Column[]>();
  readonly putColumns = input.required<readonly Column[]>();
  readonly scales = input.required<Scales>();

  /** Null where the column is not shown. */
  readonly exposure = input<ExposureCell | null>(null);
  /** Whether there is room for a second line in each cell. */
  readonly detailed = input(false);
  /** Whether the Tab key stops here: one row does. */
  readonly reached = input(false);

  private readonly motion = inject(Motion);
  private readonly host = inject<ElementRef<HTMLTableRowElement>>(ElementRef);
  private shown: ReadonlyMap<string, string> = new Map();

  protected readonly calls = computed(() =>
    cellsOf(this.row(), 'C', this.callColumns(), this.scales()),
  );
  protected readonly puts = computed(() =>
    cellsOf(this.row(), 'P', this.putColumns(), this.scales()),
  );
  protected readonly strike = computed(() => strikeText(this.row().strike));
  protected readonly label = computed(() => rowLabel(this.row()));

  constructor() {
    afterRenderEffect({
      write: () => {
        this.flashChanges(this.calls(), this.puts());
      },
    });
  }

  private flashChanges(calls: readonly Cell[], puts: readonly Cell[]): void {
    const { cells } = this.host.nativeElement;
    this.motion.fadeAlong(cells);
    const next = new Map<string, string>();
    const look = (cell: Cell, index: number) => {
      next.set(cell.key, cell.text);
      const before = this.shown.get(cell.key);
      if (before === undefined || before === cell.text) return;
      const element = cells[index];
      if (element) this.motion.wash(element);
    };
    calls.forEach(look);
    puts.forEach((cell, index) => {
      look(cell, calls.length + 1 + index);
    });
    this.shown = next;
  }
}
