import { test as base } from '@playwright/test';

/** What the browser itself says of a server that was killed. */
const UNREACHABLE = /net::ERR_|WebSocket connection to .* failed/;
/** What it says of a request that the server refused, which the page says in words of its own. */
const REFUSED = /responded with a status of 4\d\d/;

interface Quiet {
  /** Whether the server is lost in this test, and the browser may say so. */
  readonly losesServer: boolean;
  readonly quiet: undefined;
}

/** A test that fails on any error in the page's console. */
export const test = base.extend<Quiet>({
  losesServer: [false, { option: true }],
  quiet: [
    async ({ page, losesServer }, use) => {
      const errors: string[] = [];
      page.on('pageerror', ({ message }) => errors.push(message));
      page.on('console', (message) => {
        if (message.type() !== 'error' || REFUSED.test(message.text())) return;
        if (!losesServer || !UNREACHABLE.test(message.text())) errors.push(message.text());
      });
      await use(undefined);
      base.expect(errors, 'errors in the console').toEqual([]);
    },
    { auto: true },
  ],
});
