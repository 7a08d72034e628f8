import { TestBed } from '@angular/core/testing';
import { fakes } from '../../testing/fakes';
import { replaying, session, snapshot } from '../../testing/frames';
import { DataStreamService } from '../data-stream.service';
import { ReplayStore } from '../replay-bar/replay-store';
import { StrikeGrid } from '../strike-grid/strike-grid';
import { missingWords } from './missing-words';

const missing = {
  date: '2025-12-12',
  at: '10:15:00',
  message:
    '2025-12-12 is not on this disk (/data/historical/trades/2025-12-12 has no files); ' +
    'run: uv run spymaster fetch 2025-12-12',
};

describe('missingWords', () => {
  it('names the day, the reason and what stays until then', () => {
    expect(missingWords(missing, session())).toEqual({
      title: '2025-12-12 is not on this disk',
      lines: [
        '/data/historical/trades/2025-12-12 has no files.',
        '10:15:00 ET of that day is shown as soon as it is fetched. Until then the simulator stays.',
      ],
      stay: 'Stay with the simulator',
    });
  });

  it.each([
    [session({ mode: 'live' }), 'the live session', 'Stay live'],
    [replaying(), 'the replay of 2025-12-16', 'Stay with 2025-12-16'],
  ])('knows what is shown', (shown, stays, stay) => {
    const words = missingWords({ ...missing, at: null, message: '' }, shown);
    expect(words.lines).toEqual([
      `It is shown as soon as it is fetched. Until then ${stays} stays.`,
    ]);
    expect(words.stay).toBe(stay);
  });

  it('keeps words that S3 adds', () => {
    const message =
      '2025-12-12 is not on this disk, and the bucket cannot be reached; ' +
      'or fetch it: uv run spymaster fetch 2025-12-12';
    expect(missingWords({ ...missing, message }, null).lines[0]).toBe(
      '2025-12-12 is not on this disk, and the bucket cannot be reached.',
    );
  });
});

describe('a missing day', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('stands in the ladder’s place until it is given up', async () => {
    const edges = fakes();
    TestBed.configureTestingModule({ providers: edges.providers });
    const fixture = TestBed.createComponent(StrikeGrid);
    TestBed.inject(DataStreamService).start();
    edges.sockets.last.open();
    edges.sockets.last.send(snapshot());
    edges.clock.paint();
    TestBed.inject(ReplayStore).miss(missing);
    await fixture.whenStable();
    const page = fixture.nativeElement as HTMLElement;
    expect(page.querySelector('h3')?.textContent).toBe('2025-12-12 is not on this disk');
    expect(page.querySelectorAll('tbody tr')).toHaveLength(0);
    const buttons = [...page.querySelectorAll<HTMLButtonElement>('sm-missing-day button')];
    expect(buttons.map((button) => button.textContent.trim())).toEqual([
      'Fetch 2025-12-12',
      'Copy',
      'Stay with the simulator',
    ]);
    buttons.at(-1)?.click();
    await fixture.whenStable();
    expect(page.querySelectorAll('tbody tr')).toHaveLength(3);
  });
});
