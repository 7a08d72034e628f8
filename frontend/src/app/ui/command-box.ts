import {
  ChangeDetectionStrategy,
  Component,
  ElementRef,
  input,
  signal,
  viewChild,
} from '@angular/core';

/** A command to be typed elsewhere, and a button that copies it. */
@Component({
  selector: 'sm-command-box',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <code #text>{{ command() }}</code>
    <button type="button" class="ctl" (click)="copy()">{{ copied() ? 'Copied' : 'Copy' }}</button>
  `,
  styles: `
    :host {
      display: flex;
      align-items: center;
      gap: 8px;
    }

    code {
      padding: 3px 8px;
      font:
        11px/16px ui-monospace,
        'SF Mono',
        Menlo,
        Consolas,
        monospace;
      white-space: nowrap;
      overflow-x: auto;
      color: var(--text-1);
      background: var(--bg-0);
      border: 1px solid var(--line-2);
      border-radius: var(--radius-1);
      user-select: all;
    }

    button {
      min-width: 50px;
      text-align: center;
    }
  `,
})
export class CommandBox {
  readonly command = input.required<string>();

  private readonly text = viewChild.required<ElementRef<HTMLElement>>('text');
  protected readonly copied = signal(false);

  /** A page that is not on localhost or https may not write the clipboard: then it is selected. */
  protected async copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.command());
      this.copied.set(true);
    } catch {
      window.getSelection()?.selectAllChildren(this.text().nativeElement);
    }
  }
}
