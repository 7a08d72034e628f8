import { ChangeDetectionStrategy, Component } from '@angular/core';
import { Sheet } from '../ui/sheet';
import { ColumnChoices } from './column-choices';

/** The button that opens the choice of columns. */
@Component({
  selector: 'sm-column-menu',
  imports: [ColumnChoices, Sheet],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <button
      #opener
      type="button"
      class="ctl"
      [attr.aria-expanded]="sheet.isOpen()"
      (click)="sheet.toggle()"
    >
      Columns
    </button>
    <sm-sheet #sheet label="Columns" [origin]="opener">
      <ng-template><sm-column-choices /></ng-template>
    </sm-sheet>
  `,
})
export class ColumnMenu {}
