import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Preferences } from '../ui/preferences';
import { Viewport } from '../ui/viewport';
import { COLUMNS, hasRoom } from './columns';

/** Which columns the ladder shows, and which way up it stands. */
@Component({
  selector: 'sm-column-choices',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <fieldset>
      <legend>Columns of the ladder</legend>
      @for (column of columns; track column.key) {
        <label [attr.title]="column.about">
          <input
            type="checkbox"
            [checked]="!preferences.hiddenColumns().has(column.key)"
            [disabled]="!hasRoom(column, width())"
            (change)="show(column.key, $event)"
          />
          {{ column.name }} <small>{{ column.unit }}</small>&ngsp;
          @if (!hasRoom(column, width())) {
            <small>needs a wider window</small>
          }
        </label>
      }
    </fieldset>
    <fieldset>
      <legend>Order</legend>
      <label>
        <input
          type="checkbox"
          [checked]="preferences.strikeOrder() === 'high-first'"
          (change)="preferences.switchStrikeOrder()"
        />
        Highest strike on top
      </label>
    </fieldset>
  `,
  host: { class: 'choices' },
})
export class ColumnChoices {
  protected readonly preferences = inject(Preferences);
  protected readonly columns = COLUMNS;
  protected readonly width = inject(Viewport).width;
  protected readonly hasRoom = hasRoom;

  protected show(key: string, event: Event): void {
    this.preferences.showColumn(key, (event.target as HTMLInputElement).checked);
  }
}
