import { defineConfig } from '@playwright/test';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const port = process.env['E2E_PORT'] ?? '8123';
const address = `http://127.0.0.1:${port}`;

/** The browser test runs the built page on the real server, fed by the simulator. */
export default defineConfig({
  testDir: 'e2e',
  timeout: 60_000,
  workers: 1,
  forbidOnly: true,
  reporter: 'list',
  use: {
    baseURL: address,
    viewport: { width: 1440, height: 900 },
    launchOptions: {
      executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  webServer: {
    command: `../.tools/uv/bin/uv run --project ../backend spymaster serve --mode sim --port ${port}`,
    url: `${address}/healthz`,
    timeout: 60_000,
    env: {
      DATA_DIR: mkdtempSync(join(tmpdir(), 'spymaster-e2e-')),
      SIM_SPEED: '20',
    },
  },
});
