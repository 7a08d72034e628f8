import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { ContractSelection } from '../live/contract-selection';
import { ContractSheet } from './contract-sheet';

/** One contract, looked at closely: it slides over the right column, and the ladder stays in view. */
@Component({
  selector: 'sm-contract-drawer',
  imports: [ContractSheet],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    @if (selection.ticker(); as ticker) {
      @defer (on immediate) {
        <sm-contract-sheet [ticker]="ticker" (closed)="selection.close()" />
      }
    }
  `,
})
export class ContractDrawer {
  protected readonly selection = inject(ContractSelection);
}
