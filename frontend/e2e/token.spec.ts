import { chromium, expect } from '@playwright/test';
import { test } from './quiet-page';

test('asks a stranger for the token, and says that a wrong one is not right', async ({
  baseURL,
  launchOptions,
}) => {
  // Another name than this machine's: the server trusts it no more than another address.
  const browser = await chromium.launch({
    ...launchOptions,
    args: [...(launchOptions.args ?? []), '--host-resolver-rules=MAP spy.test 127.0.0.1'],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`http://spy.test:${new URL(baseURL ?? '').port}/`);
    const refused = page.locator('sm-refused');
    await expect(refused).toContainText('This server asks for its ACCESS_TOKEN.');
    await expect(refused).not.toContainText('not right');
    await expect(page.locator('sm-replay-bar')).toHaveCount(0);
    await refused.getByLabel('Access token').fill('guess');
    await refused.getByRole('button', { name: 'Open' }).click();
    await expect(refused).toContainText('The one sent was not right.');
  } finally {
    await browser.close();
  }
});
