import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { session, snapshot } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { DataStreamService } from '../data-stream.service';
import { Answer } from './http';
import { Polling } from './polling';

function setUp() {
  const edges = fakes();
  TestBed.configureTestingModule({ providers: edges.providers });
  const question = signal<string | null>('a');
  const asked: string[] = [];
  const open: ((answer: Answer<string>) => void)[] = [];
  const polled = TestBed.runInInjectionContext(() =>
    TestBed.inject(Polling).start<string, string>({
      question,
      every: 1000,
      ask: (text) => {
        asked.push(text);
        return new Promise((resolve) => open.push(resolve));
      },
    }),
  );
  TestBed.inject(DataStreamService).start();
  const connect = (date = '2025-12-16') => {
    edges.sockets.last.open();
    edges.sockets.last.send(snapshot({ session: session({ date }) }));
    edges.clock.paint();
    TestBed.tick();
  };
  const answer = async (answered: Answer<string>) => {
    open.shift()?.(answered);
    await Promise.resolve();
    await Promise.resolve();
  };
  return { ...edges, question, asked, polled, connect, answer };
}

describe('Polling', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('asks once the server is there, then every second, one question at a time', async () => {
    const { asked, connect, answer, clock, polled } = setUp();
    clock.advance(3000);
    expect(asked).toEqual([]);
    connect();
    clock.advance(3000);
    expect(asked).toEqual(['a']);
    await answer({ kind: 'ok', value: 'A' });
    expect(polled.value()).toBe('A');
    expect(polled.receivedAt()).toBe(clock.now());
    clock.advance(1000);
    expect(asked).toEqual(['a', 'a']);
  });

  it('keeps the last answer when one does not come, and says so', async () => {
    const { connect, answer, clock, polled } = setUp();
    connect();
    await answer({ kind: 'ok', value: 'A' });
    clock.advance(1000);
    await answer({ kind: 'error', status: 503, detail: 'Not yet.' });
    expect([polled.value(), polled.error()]).toEqual(['A', 'Not yet.']);
  });

  it('drops the answer to another question, and asks the new one at once', async () => {
    const { asked, connect, answer, question, polled } = setUp();
    connect();
    question.set('b');
    TestBed.tick();
    await answer({ kind: 'ok', value: 'A' });
    expect(polled.value()).toBeNull();
    expect(asked).toEqual(['a', 'b']);
    await answer({ kind: 'ok', value: 'B' });
    expect(polled.value()).toBe('B');
  });

  it('forgets the answer of another day', async () => {
    const { connect, answer, polled, sockets, clock } = setUp();
    connect();
    await answer({ kind: 'ok', value: 'A' });
    sockets.last.send(snapshot({ seq: 2, session: session({ date: '2025-12-15' }) }));
    clock.paint();
    TestBed.tick();
    expect(polled.value()).toBeNull();
  });

  it('asks nothing while the page is hidden, and nothing where there is no question', async () => {
    const { asked, connect, answer, clock, question } = setUp();
    connect();
    await answer({ kind: 'ok', value: 'A' });
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    clock.advance(5000);
    expect(asked).toEqual(['a']);
    hidden.mockReturnValue(false);
    question.set(null);
    TestBed.tick();
    clock.advance(5000);
    expect(asked).toEqual(['a']);
  });
});
