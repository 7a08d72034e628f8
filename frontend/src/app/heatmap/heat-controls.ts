import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { ChoiceMenu } from '../ui/choice-menu';
import { LENSES } from './heat-grid';
import { HeatChoice, INTERVALS } from './heat-store';

/** Lens and length of a column. */
@Component({
  selector: 'sm-heat-controls',
  imports: [ChoiceMenu],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <sm-choice-menu
      label="Lens"
      [choices]="lenses"
      [value]="choice.lens()"
      (pick)="choice.chooseLens($event)"
    />
    <sm-choice-menu
      label="Length of a column"
      [choices]="intervals"
      [value]="choice.interval()"
      (pick)="choice.chooseInterval($event)"
    />
  `,
  styles: `
    :host {
      display: flex;
      gap: 4px;
    }
  `,
})
export class HeatControls {
  protected readonly choice = inject(HeatChoice);
  protected readonly lenses = LENSES;
  protected readonly intervals = INTERVALS.map((key) => ({ key, name: `${key} s` }));
}
