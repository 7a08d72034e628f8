import { TestBed } from '@angular/core/testing';
import { exposure, levels, ok } from '../../testing/chain-fakes';
import { session, snapshot, TEN_FIFTEEN } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { answersArrive } from '../../testing/turns';
import { DataStreamService } from '../data-stream.service';
import { ExposurePoint } from '../live/wire';
import { LevelPaths } from './level-paths';

const point = (t: number, spot: number): ExposurePoint => ({
  ...{ t, spot, gex: 0, dex: 0, vex: 0, chex: 0 },
  ...{ call_wall: 601, put_wall: 599, flip: 599.5, max_pain: 600, expected_move: 2.4 },
});

async function setUp() {
  localStorage.clear();
  const edges = fakes();
  edges.chain.exposureReply = ok(exposure({ levels: levels() }));
  edges.chain.pathReply = ok({
    convention: 'D',
    base: 0,
    describes: 'today’s flow only',
    points: [point(TEN_FIFTEEN - 60_000, 599.6), point(TEN_FIFTEEN - 30_000, 599.9)],
  });
  TestBed.configureTestingModule({ providers: edges.providers });
  const fixture = TestBed.createComponent(LevelPaths);
  TestBed.inject(DataStreamService).start();
  edges.sockets.last.open();
  const show = async (seq: number, market_time: number) => {
    edges.sockets.last.send(snapshot({ seq, session: session({ market_time, spot: 600.04 }) }));
    edges.clock.paint();
    for (let turn = 0; turn < 3; turn += 1) {
      await answersArrive();
      await fixture.whenStable();
    }
  };
  await show(1, TEN_FIFTEEN);
  edges.sizes.resize(160);
  await fixture.whenStable();
  const page = fixture.nativeElement as HTMLElement;
  const ends = () =>
    [...page.querySelectorAll('text[class]:not(.left, .time)')].map((text) =>
      text.textContent.trim(),
    );
  return { page, show, ends };
}

describe('LevelPaths', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('ends with spot and levels of now, in the order of their prices', async () => {
    const { ends } = await setUp();
    const names = ['+1 sd', 'call wall', '600.04', 'max pain', 'flip', 'put wall', '−1 sd'];
    expect(ends()).toEqual(names);
  });

  it('draws nothing of what lies ahead after a leap back', async () => {
    const { page, show } = await setUp();
    await show(2, TEN_FIFTEEN - 90_000);
    expect(page.querySelector('svg')).toBeNull();
    expect(page.querySelector('.empty')).not.toBeNull();
  });
});
