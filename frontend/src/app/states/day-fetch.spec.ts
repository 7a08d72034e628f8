import { TestBed } from '@angular/core/testing';
import { ok } from '../../testing/chain-fakes';
import { fakes } from '../../testing/fakes';
import { answersArrive } from '../../testing/turns';
import { FetchReply } from '../live/wire';
import { DayFetch } from './day-fetch';
import { fetchProgress, sizeText } from './fetch-words';

const reply = (part: Partial<FetchReply> = {}): FetchReply => ({
  state: 'running',
  date: '2025-12-12',
  contracts: 306,
  contracts_done: 178,
  rows: 1_000_000,
  bytes: 412_000_000,
  seconds_left: 110,
  message: null,
  ...part,
});

async function setUp(first: FetchReply) {
  const edges = fakes();
  edges.chain.fetchReply = ok(first);
  TestBed.configureTestingModule({ providers: edges.providers });
  const fixture = TestBed.createComponent(DayFetch);
  fixture.componentRef.setInput('date', '2025-12-12');
  const page = fixture.nativeElement as HTMLElement;
  const settle = async () => {
    await answersArrive();
    await fixture.whenStable();
  };
  await settle();
  const click = async (words: string) => {
    [...page.querySelectorAll('button')].find((one) => one.textContent.includes(words))?.click();
    await settle();
  };
  return { ...edges, page, settle, click };
}

describe('DayFetch', () => {
  it('starts the fetch, follows it, and offers the day when it is there', async () => {
    const { page, chain, clock, click, settle } = await setUp(reply({ state: 'idle', date: null }));
    chain.fetchReply = ok(reply());
    await click('Fetch 2025-12-12');
    expect(chain.fetches).toEqual([{ action: 'start', date: '2025-12-12' }]);
    expect(page.querySelector('progress')?.value).toBeCloseTo(178 / 306);
    expect(page.querySelector('.figures')?.textContent).toMatch(/178 of 306.*412 MB.*1:50 left/);
    chain.fetchReply = ok(reply({ state: 'done', contracts_done: 306 }));
    clock.advance(1000);
    await settle();
    expect(page.querySelector('.main')?.textContent.trim()).toBe('Replay 2025-12-12');
    expect(page.querySelector('progress')).toBeNull();
  });

  it('stops, and says that nothing is lost', async () => {
    const { page, chain, click } = await setUp(reply());
    chain.fetchReply = ok(reply({ state: 'stopped' }));
    await click('Stop');
    expect(chain.fetches).toEqual([{ action: 'stop' }]);
    expect(page.textContent).toContain('Another start goes on from here.');
  });

  it('says what went wrong, and keeps the command at hand', async () => {
    const { page } = await setUp(
      reply({ state: 'failed', message: 'POLYGON_API_KEY is refused.' }),
    );
    expect(page.querySelector('.failed')?.textContent.trim()).toBe('POLYGON_API_KEY is refused.');
    expect(page.querySelector('code')?.textContent).toBe('uv run spymaster fetch 2025-12-12');
  });
});

describe('fetchProgress', () => {
  it('knows no share before the contracts are known', () => {
    expect(fetchProgress(reply({ contracts: null, bytes: 0, seconds_left: null }))).toEqual({
      share: null,
      done: 'asking which contracts traded',
      size: '',
      left: '',
    });
  });

  it('writes sizes', () => {
    expect([300, 52_000, 412_000_000, 2_300_000_000].map(sizeText)).toEqual([
      '1 KB',
      '52 KB',
      '412 MB',
      '2.3 GB',
    ]);
  });
});
