import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import { TapeRow as Row } from '../live/wire';
import { tapeLine } from './tape-lines';

const SIGNED = { Buy: 'bought', Sell: 'sold', None: 'unsigned' };

/** One print with the evidence for its side. */
@Component({
  selector: 'tr[sm-tape-row]',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @if (line(); as line) {
      <td role="cell" class="left time {{ signed() }}">
        {{ line.time }}<small class="not-phone">{{ line.millis }}</small>
      </td>
      <td role="cell" class="left">
        {{ line.strike }} <span class="type-{{ line.type }}">{{ line.type }}</span>
      </td>
      <td role="cell" class="left side {{ signed() }}">
        <i aria-hidden="true">{{ line.arrow }}</i> {{ line.side }}
      </td>
      <td role="cell" class="size">{{ line.size }}</td>
      <td role="cell">{{ line.price }}</td>
      <td role="cell" class="quiet wide-only" [attr.title]="line.bid ? null : noQuote">
        {{ line.bid }}
      </td>
      <td role="cell" class="place wide-only {{ signed() }}">
        @if (line.place !== null) {
          <span><i [style.left.%]="line.place"></i></span>
        }
      </td>
      <td role="cell" class="quiet wide-only" [attr.title]="line.ask ? null : noQuote">
        {{ line.ask }}
      </td>
      <td role="cell" class="premium">{{ line.premium }}</td>
      <td
        role="cell"
        class="faint wide-only"
        [attr.title]="line.volatility ? null : 'Unknown: no greeks yet'"
      >
        {{ line.volatility }}
      </td>
      <td
        role="cell"
        class="quiet wide-only"
        [attr.title]="line.delta ? null : 'Unknown: no greeks yet'"
      >
        {{ line.delta }}
      </td>
      <td role="cell" class="left evidence not-phone {{ signed() }}">
        {{ line.evidence }} <small>{{ line.confidence }}</small>
      </td>
      <td role="cell" class="quiet wide-only" [class.old]="line.quoteOld">{{ line.quoteAge }}</td>
      <td role="cell" class="left tags not-phone" [attr.title]="line.tagText || null">
        @for (tag of line.tags; track tag.text) {
          <span class="tag {{ tag.tone }}">{{ tag.text }}</span>
        }
      </td>
    } @else {
      <td role="cell" class="left time">…</td>
    }
  `,
  host: {
    role: 'row',
    '[class.notable]': 'line()?.notable',
  },
})
export class TapeRow {
  /** Null while it is on its way. */
  readonly row = input.required<Row | null>();
  protected readonly line = computed(() => {
    const row = this.row();
    return row && tapeLine(row);
  });
  /** Of the cells that show the side, and not of the row: all of it would be styled anew. */
  protected readonly signed = computed(() => SIGNED[this.line()?.side ?? 'None']);
  protected readonly noQuote = 'Unknown: no usable quote before the print';
}
