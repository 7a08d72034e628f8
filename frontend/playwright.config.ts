import { defineConfig } from '@playwright/test';
import { dataFolder, hasRealDay } from './e2e/real-day';

const port = process.env['E2E_PORT'] ?? '8123';
const replayPort = process.env['E2E_REPLAY_PORT'] ?? '8124';

/**
 * A whole trading day that begins early: today's would begin at the time of day it is, and close
 * while the tests run if that is late.
 */
const simulated = { SESSION_DATE: '2025-12-16', SIM_START: '09:35' };

/** Workers read this file too, and start no server. */
const starting = process.env['TEST_WORKER_INDEX'] === undefined;

function server(at: string, arguments_: string, env: Record<string, string>, realDay: boolean) {
  return {
    command: `../.tools/uv/bin/uv run --project ../backend spymaster serve --port ${at} ${arguments_}`,
    url: `http://127.0.0.1:${at}/healthz`,
    timeout: 60_000,
    env: { DATA_DIR: starting ? dataFolder(realDay) : '', ...simulated, ...env },
  };
}

/** The browser tests run the built page on real servers: one simulates, one replays a real day. */
export default defineConfig({
  testDir: 'e2e',
  timeout: 60_000,
  workers: 1,
  forbidOnly: true,
  reporter: 'list',
  use: {
    baseURL: `http://127.0.0.1:${port}`,
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
  webServer: [
    server(port, '--mode sim', { SIM_SPEED: '40', ACCESS_TOKEN: 'for-others' }, false),
    ...(hasRealDay
      ? [server(replayPort, '--mode replay', { UNDERLYING: 'AAPL', REPLAY_SPEED: '60' }, true)]
      : []),
  ],
});
