import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  input,
  resource,
} from '@angular/core';
import { FlowApi } from '../live/flow-api';
import { TapeRow } from '../live/wire';
import { fixed } from '../ui/format';
import { effectFacts, evidenceFacts } from './evidence';
import { parentOrder, parentQuery } from './parent-order';
import { tapeLine } from './tape-lines';

/** Why a print has its side, and what it moved. */
@Component({
  selector: 'sm-evidence-card',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @let line = this.line();
    <h3>
      <span [class.buy]="row().side > 0" [class.sell]="row().side < 0">
        <i aria-hidden="true">{{ line.arrow }}</i> {{ word() }}
      </span>
      <span>{{ line.size }} × {{ line.strike }} {{ line.type }} at {{ line.price }}</span>
      <time>{{ line.time }}{{ line.millis }}</time>
    </h3>
    @if (line.place !== null) {
      <div class="spread {{ line.side }}">
        <i [style.left.%]="line.place"></i>
        <span>{{ bid() }}</span>
        <span>mid</span>
        <span>{{ ask() }}</span>
      </div>
    }
    <dl>
      @for (fact of evidence(); track fact.name) {
        <dt>{{ fact.name }}</dt>
        <dd>
          <em>{{ fact.figure }}</em> {{ fact.rest }}
        </dd>
      }
    </dl>
    <dl class="effect">
      @for (fact of effect(); track fact.name) {
        <dt>{{ fact.name }}</dt>
        <dd>
          <em>{{ fact.figure }}</em> {{ fact.rest }}
        </dd>
      }
    </dl>
  `,
  styleUrl: './evidence-card.scss',
  host: { role: 'dialog', '[attr.aria-label]': '"Evidence: " + word()' },
})
export class EvidenceCard {
  readonly row = input.required<TapeRow>();

  private readonly api = inject(FlowApi);

  protected readonly line = computed(() => tapeLine(this.row()));
  protected readonly word = computed(() => {
    const { side } = this.row();
    return side > 0 ? 'Bought' : side < 0 ? 'Sold' : 'Unsigned';
  });
  private readonly siblings = resource({
    params: () => parentQuery(this.row()) ?? undefined,
    loader: ({ params }) => this.api.prints(params),
  });
  private readonly order = computed(() => {
    const { group } = this.row();
    const answer = this.siblings.hasValue() ? this.siblings.value() : null;
    return group === null || answer?.kind !== 'ok' ? null : parentOrder(group, answer.value.trades);
  });
  protected readonly evidence = computed(() => evidenceFacts(this.row(), this.order()));
  protected readonly effect = computed(() => effectFacts(this.row()));
  protected readonly bid = computed(() => quoted(this.row().bid, this.row().bid_size));
  protected readonly ask = computed(() => quoted(this.row().ask, this.row().ask_size));
}

function quoted(price: number | null, size: number | null): string {
  return size === null ? fixed(price, 2) : `${fixed(price, 2)} × ${size}`;
}
