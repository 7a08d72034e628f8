import { TestBed } from '@angular/core/testing';
import { fakes } from '../../testing/fakes';
import { session, snapshot } from '../../testing/frames';
import { DataStreamService } from '../data-stream.service';
import { MarketStore } from '../live/market-store';
import { CachedDay } from '../live/wire';
import { StoredDays } from './stored-days';

async function setUp(...days: Partial<CachedDay>[]) {
  const { api, clock, sockets, providers } = fakes();
  const whole = { contracts: 90, remote: false, complete: true };
  api.days = { kind: 'ok', value: days.map((day) => ({ date: '2025-12-15', ...whole, ...day })) };
  TestBed.configureTestingModule({ providers });
  TestBed.inject(MarketStore);
  TestBed.inject(DataStreamService).start();
  sockets.last.open();
  sockets.last.send(snapshot({ session: session({ date: '2025-12-17' }) }));
  clock.paint();
  const fixture = TestBed.createComponent(StoredDays);
  await fixture.whenStable();
  const page = fixture.nativeElement as HTMLElement;
  return [...page.querySelectorAll('p, .main')].map((line) => line.textContent.trim());
}

describe('StoredDays', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('offers the latest day, and not the session of which nothing has come', async () => {
    const begun = { date: '2025-12-17', contracts: 0, complete: null };
    expect(await setUp({}, { date: '2025-12-16', complete: null }, begun)).toEqual([
      '2 sessions are on this disk.',
      'Replay 2025-12-16',
    ]);
  });

  it('says that a day is only partly stored', async () => {
    expect(await setUp({ complete: false })).toEqual([
      '1 session is on this disk.',
      '2025-12-15 is only partly stored.',
      'Replay 2025-12-15',
    ]);
  });
});
