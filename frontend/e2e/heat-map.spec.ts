import { expect } from '@playwright/test';
import { test } from './quiet-page';
import { needRealDay, REPLAY_URL, standAt } from './replay-page';
import { read } from './server';

interface Heat {
  readonly t: number[];
  readonly strikes: number[];
  readonly values: (number | null)[][];
}

test.use({ baseURL: REPLAY_URL });
test.beforeAll(needRealDay);

for (const order of ['high-first', 'low-first']) {
  test(`paints each cell where it is read, ${order}`, async ({ page }) => {
    await page.addInitScript((chosen) => {
      localStorage.setItem('spymaster.order', chosen);
    }, order);
    await standAt(page, '12:00:00');
    const plot = page.getByRole('application', { name: /^Heatmap/ });
    await expect(plot.locator('path.spot')).toHaveCount(1);

    // The largest value alone has the last colour of its sign.
    const place = await plot.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
      const style = getComputedStyle(document.documentElement);
      const ends = ['--heat-n4', '--heat-p4'].map((name) => {
        const value = parseInt(style.getPropertyValue(name).trim().slice(1), 16);
        return [(value >> 16) & 255, (value >> 8) & 255, value & 255].join();
      });
      const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {
        data: [],
      };
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] === 255 && ends.includes([...data.slice(at, at + 3)].join())) {
          return { x: (at / 4) % canvas.width, y: Math.floor(at / 4 / canvas.width) };
        }
      }
      return null;
    });
    expect(place).not.toBeNull();
    if (place === null) return;
    await plot.hover({ position: { x: place.x + 0.5, y: place.y + 0.5 } });
    const said = await page.locator('sm-heat-map .readout').innerText();

    const heat = await read<Heat>(page, '/api/heatmap?lens=gamma&interval=30&convention=D&base=0');
    const size = (value: number | null) => Math.abs(value ?? 0);
    const cells = heat.values.flatMap((column, at) =>
      column.map((value, row) => ({ t: heat.t[at] ?? 0, strike: heat.strikes[row], value })),
    );
    const largest = cells.reduce((a, b) => (size(b.value) > size(a.value) ? b : a));
    const time = new Date(largest.t).toLocaleTimeString('en-GB', { timeZone: 'America/New_York' });
    expect(said).toContain(`${time} · ${largest.strike} · `);
  });
}
