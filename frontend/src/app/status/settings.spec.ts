import { TestBed } from '@angular/core/testing';
import { answered, session, snapshot, update } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { answersArrive } from '../../testing/turns';
import { DataStreamService } from '../data-stream.service';
import { Settings } from './settings';

async function setUp() {
  localStorage.clear();
  const edges = fakes();
  TestBed.configureTestingModule({ providers: edges.providers });
  const fixture = TestBed.createComponent(Settings);
  TestBed.inject(DataStreamService).start();
  const { last: socket } = edges.sockets;
  socket.open();
  socket.send(snapshot());
  const page = fixture.nativeElement as HTMLElement;
  const settle = async () => {
    edges.clock.paint();
    await answersArrive();
    await fixture.whenStable();
  };
  await settle();
  const box = (words: string) => {
    const label = [...page.querySelectorAll('label')].find((one) =>
      one.textContent.includes(words),
    );
    const found = label?.querySelector('input');
    if (!found) throw new Error(`no box ${words}`);
    return found;
  };
  return { ...edges, socket, page, settle, box };
}

describe('Settings', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('remembers palette and flash', async () => {
    const { box, settle } = await setUp();
    box('Colour-blind').click();
    box('Flash').click();
    await settle();
    expect(document.documentElement.dataset['palette']).toBe('cvd');
    expect(localStorage.getItem('spymaster.palette')).toBe('cvd');
    expect(localStorage.getItem('spymaster.flash')).toBe('off');
  });

  it('asks for the rule, and shows the one that holds', async () => {
    const { box, settle, chain, socket } = await setUp();
    chain.rulesReply = answered(session({ trade_size_rule: true }));
    box('Sign by trade size').click();
    await settle();
    expect(chain.rules).toEqual([true]);
    socket.send(update(2, { session: session({ trade_size_rule: true }) }));
    await settle();
    expect(box('Sign by trade size').checked).toBe(true);
  });

  it('says why a rule was not changed, and puts the mark back', async () => {
    const { box, settle, page } = await setUp();
    box('Sign by trade size').click();
    await settle();
    expect(page.querySelector('[role="alert"]')?.textContent.trim()).toBe(
      'The rule was not changed: the server does not answer.',
    );
    expect(box('Sign by trade size').checked).toBe(false);
  });

  it('says whose greeks are in force', async () => {
    const { page } = await setUp();
    expect(page.textContent).toContain('our own model');
  });
});
