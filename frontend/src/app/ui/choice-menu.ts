import { CdkMenu, CdkMenuItemRadio, CdkMenuTrigger } from '@angular/cdk/menu';
import { ChangeDetectionStrategy, Component, computed, input, output } from '@angular/core';

/** One thing to choose. */
export interface Choice<K extends string = string> {
  readonly key: K;
  /** As it stands on the button. */
  readonly name: string;
  /** As it stands there where room is short. */
  readonly short?: string;
  /** What it is, in a sentence; shown in the menu. */
  readonly words?: string;
  /** How it is made; said by a pointer that rests on it. */
  readonly formula?: string;
}

/** A button that says what is chosen, and a menu of what could be. */
@Component({
  selector: 'sm-choice-menu',
  imports: [CdkMenu, CdkMenuItemRadio, CdkMenuTrigger],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <button
      type="button"
      class="ctl"
      [cdkMenuTriggerFor]="menu"
      [attr.aria-label]="label() + ': ' + (chosen()?.name ?? '')"
      [attr.title]="hint()"
    >
      @if (chosen()?.short; as short) {
        <span class="long">{{ chosen()?.name }}</span><span class="short">{{ short }}</span>
      } @else {
        {{ chosen()?.name }}
      }
      <i aria-hidden="true"></i>
    </button>
    <ng-template #menu>
      <div class="menu-sheet" cdkMenu [attr.aria-label]="label()">
        @for (choice of choices(); track choice.key) {
          <button
            type="button"
            cdkMenuItemRadio
            [cdkMenuItemChecked]="choice.key === value()"
            [attr.title]="choice.formula"
            (cdkMenuItemTriggered)="pick.emit(choice.key)"
          >
            <b>{{ choice.name }}</b>
            @if (choice.words; as words) {
              <small>{{ words }}</small>
            }
          </button>
        }
      </div>
    </ng-template>
  `,
  styles: `
    :host {
      display: flex;
    }

    .ctl {
      display: inline-flex;
      gap: 5px;
      align-items: center;
      padding: 0 5px 0 6px;
      white-space: nowrap;
    }

    .short {
      display: none;
    }

    // Long menus scroll: above or below the button there is room for so much, and they leave it free.
    .menu-sheet {
      max-height: min(340px, 100dvh - 16px);
    }

    @media (max-width: 1399px) {
      .long {
        display: none;
      }

      .short {
        display: inline;
      }
    }

    i {
      border: 3.5px solid transparent;
      border-top: 4px solid currentColor;
      border-bottom: 0;
      opacity: 0.75;
    }
  `,
})
export class ChoiceMenu<K extends string> {
  /** What is chosen here, for a screen reader. */
  readonly label = input.required<string>();
  readonly choices = input.required<readonly Choice<K>[]>();
  readonly value = input.required<K>();
  /** The user chose another. */
  readonly pick = output<K>();

  protected readonly chosen = computed(() =>
    this.choices().find((choice) => choice.key === this.value()),
  );
  protected readonly hint = computed(() => {
    const choice = this.chosen();
    if (choice?.words === undefined) return this.label();
    return choice.formula === undefined ? choice.words : `${choice.words}. ${choice.formula}`;
  });
}
