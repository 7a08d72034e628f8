import { ChangeDetectionStrategy, Component, computed, inject, input } from '@angular/core';
import { DataStreamService } from '../data-stream.service';
import { Access } from '../live/access';

/** The server lets nobody in without its token. */
@Component({
  selector: 'sm-refused',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <section class="card" aria-labelledby="refused-title">
      <h2 id="refused-title">Access refused</h2>
      <p role="alert">{{ words() }}</p>
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
  private readonly access = inject(Access);
  /** How a request brings the token is of use to programs alone. */
  protected readonly words = computed(() => {
    if (!this.message().includes('needs a token')) return this.message();
    const wrong = this.access.token() === null ? '' : ' The one sent was not right.';
    return `This server asks for its ACCESS_TOKEN.${wrong}`;
  });

  protected open(event: Event, token: string): void {
    event.preventDefault();
    const trimmed = token.trim();
    if (trimmed !== '') this.stream.useToken(trimmed);
  }
}
