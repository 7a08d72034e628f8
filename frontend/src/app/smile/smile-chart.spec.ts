import { TestBed } from '@angular/core/testing';
import { ok } from '../../testing/chain-fakes';
import { snapshot } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { answersArrive } from '../../testing/turns';
import { DataStreamService } from '../data-stream.service';
import { SmilePoint } from '../live/wire';
import { SmileChart } from './smile-chart';

const point = (strike: number, mid: number): SmilePoint => ({
  strike,
  moneyness: 0,
  side: strike < 600 ? 'P' : 'C',
  bid_iv: mid - 0.006,
  mid_iv: mid,
  ask_iv: mid + 0.006,
  implied_volatility: mid,
  doubtful: false,
  call: null,
  put: null,
});

async function setUp() {
  localStorage.clear();
  const edges = fakes();
  edges.chain.smileReply = ok({
    market_time: 0,
    spot: 600.12,
    forward: 600.12,
    seconds_left: 18_000,
    atm_iv: 0.156,
    session_iv: 0.0675,
    vendor_hours_left: null,
    points: [point(599, 0.16), point(600, 0.156), point(601, 0.154)],
  });
  TestBed.configureTestingModule({ providers: edges.providers });
  const fixture = TestBed.createComponent(SmileChart);
  TestBed.inject(DataStreamService).start();
  edges.sockets.last.open();
  edges.sockets.last.send(snapshot());
  edges.clock.paint();
  edges.sizes.resize(160);
  const settle = async () => {
    await answersArrive();
    await fixture.whenStable();
  };
  await settle();
  await settle();
  const page = fixture.nativeElement as HTMLElement;
  const plot = page.querySelector<HTMLElement>('.plot');
  const press = async (key: string) => {
    plot?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    await settle();
  };
  const told = () => plot?.getAttribute('aria-valuetext');
  return { page, plot, press, told };
}

describe('SmileChart', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('is read strike by strike with the arrow keys, from the money on', async () => {
    const { page, plot, press, told } = await setUp();
    expect([plot?.tabIndex, plot?.getAttribute('role')]).toEqual([0, 'slider']);
    expect(told()).toBe('600 C · 15.6 % (15.0 to 16.2)');
    expect(page.querySelector('.readout')).toBeNull();
    await press('ArrowRight');
    expect(told()).toBe('601 C · 15.4 % (14.8 to 16.0)');
    expect(page.querySelector('.readout')?.textContent.trim()).toBe(told());
    await press('Home');
    expect(told()).toBe('599 P · 16.0 % (15.4 to 16.6)');
    expect(plot?.getAttribute('aria-valuenow')).toBe('0');
    await press('Escape');
    expect(page.querySelector('.readout')).toBeNull();
    expect(told()).toBe('600 C · 15.6 % (15.0 to 16.2)');
  });
});
