import { ChangeDetectionStrategy, Component, inject, input } from '@angular/core';
import { DataStreamService } from '../data-stream.service';

/** The server lets nobody in without its token. */
@Component({
  selector: 'sm-refused',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <section class="card" aria-labelledby="refused-title">
      <h2 id="refused-title">Access refused</h2>
      <p role="alert">{{ message() }}</p>
      <form (submit)="open($event, token.value)">
        <input
          #token
          type="password"
          name="token"
          placeholder="Token"
          aria-label="Access token"
          autocomplete="current-password"
          required
        />
        <button type="submit">Open</button>
      </form>
      <small>Kept for this tab only. No try is made by itself.</small>
    </section>
  `,
  styleUrl: './refused.scss',
})
export class Refused {
  /** The server's own words. */
  readonly message = input.required<string>();

  private readonly stream = inject(DataStreamService);

  protected open(event: Event, token: string): void {
    event.preventDefault();
    const trimmed = token.trim();
    if (trimmed !== '') this.stream.useToken(trimmed);
  }
}
