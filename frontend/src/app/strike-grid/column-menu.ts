import { ChangeDetectionStrategy, Component, ElementRef, inject, viewChild } from '@angular/core';
import { Preferences } from '../ui/preferences';
import { COLUMNS } from './columns';

/** Which columns the ladder shows, and which way up it stands. */
@Component({
  selector: 'sm-column-menu',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <button #opener type="button" class="ctl" popovertarget="ladder-columns">Columns</button>
    <div #menu id="ladder-columns" popover class="menu" (beforetoggle)="place()">
      <fieldset>
        <legend>Columns</legend>
        @for (column of columns; track column.key) {
          <label [attr.title]="column.about">
            <input
              type="checkbox"
              [checked]="!preferences.hiddenColumns().has(column.key)"
              (change)="show(column.key, $event)"
            />
            {{ column.name }} <small>{{ column.unit }}</small>
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
    </div>
  `,
  styleUrl: './column-menu.scss',
})
export class ColumnMenu {
  protected readonly preferences = inject(Preferences);
  protected readonly columns = COLUMNS;
  private readonly opener = viewChild.required<ElementRef<HTMLElement>>('opener');
  private readonly menu = viewChild.required<ElementRef<HTMLElement>>('menu');

  /** A popover lies on the top layer, where nothing but the window gives it a place. */
  protected place(): void {
    const { right, bottom } = this.opener().nativeElement.getBoundingClientRect();
    const { style } = this.menu().nativeElement;
    style.top = `${bottom + 4}px`;
    style.right = `${document.documentElement.clientWidth - right}px`;
  }

  protected show(key: string, event: Event): void {
    this.preferences.showColumn(key, (event.target as HTMLInputElement).checked);
  }
}
