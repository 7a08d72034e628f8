import { ChangeDetectionStrategy, Component, ElementRef, viewChild } from '@angular/core';
import { REPLAY_KEYS } from '../replay-bar/replay-keys';

/** The list of keys. */
@Component({
  selector: 'sm-key-help',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <dialog #dialog aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <dl>
        @for (entry of keys; track entry.does) {
          <dt>
            <kbd>{{ entry.key }}</kbd>
          </dt>
          <dd>{{ entry.does }}</dd>
        }
      </dl>
      <form method="dialog"><button class="ctl">Close</button></form>
    </dialog>
  `,
  styleUrl: './key-help.scss',
})
export class KeyHelp {
  private readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('dialog');

  protected readonly keys = [
    { key: 'Home', does: 'Centre the strike at the money' },
    { key: '↑ ↓', does: 'In the ladder: another strike' },
    { key: 'Enter', does: 'Open its call; with Shift its put' },
    { key: '1 2 3 4', does: 'Span of 3, 10 or 30 strikes, or all' },
    { key: '/', does: 'In the tape: write a strike' },
    { key: '↓', does: 'On the tape: its first print; then ↑ ↓ for another' },
    { key: 'Enter', does: 'The evidence of that print' },
    ...REPLAY_KEYS,
    { key: 't', does: 'Dark or light' },
    { key: '?', does: 'This list' },
    { key: 'Esc', does: 'Close what is open' },
  ];

  /** Show the list over the page. */
  open(): void {
    const dialog = this.dialog().nativeElement;
    if (!dialog.open) dialog.showModal();
  }
}
