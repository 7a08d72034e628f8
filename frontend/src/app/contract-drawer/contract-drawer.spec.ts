import { DeferBlockBehavior, DeferBlockState, TestBed } from '@angular/core/testing';
import {
  bar,
  CALL_600,
  contract,
  measure,
  print,
  snapshot,
  TEN_FIFTEEN,
} from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { DataStreamService } from '../data-stream.service';
import { ContractSelection } from '../live/contract-selection';
import { MarketStore } from '../live/market-store';
import { ContractDrawer } from './contract-drawer';
import { aggressorSplit, contractFigures } from './contract-figures';
import { contractPoints } from './contract-series';

it('sums a contract’s flow through the day, and keeps its price while nothing trades', () => {
  const flow = (t: number, net: number, price: number | null) =>
    bar({ t, price, measures: { delta: measure({ net }) } });
  expect(contractPoints([flow(1, 0, null), flow(2, 500, 1.2), flow(3, -700, null)])).toEqual([
    { t: 1, flow: 0, price: null },
    { t: 2, flow: 500, price: 1.2 },
    { t: 3, flow: -200, price: 1.2 },
  ]);
});

describe('the figures of a contract', () => {
  it('are blank where unknown', () => {
    const row = contract({ bid: null, implied_volatility: null, open_interest: null });
    const texts = Object.fromEntries(
      contractFigures(row, null).map(({ name, text }) => [name, text]),
    );
    expect(texts).toMatchObject({ Bid: '', Ask: '1.02', IV: '', OI: '', Volume: '100' });
    expect(texts).toMatchObject({ 'Vol/OI': '', VWAP: '' });
  });

  it('tell the turnover and the mean price of today', () => {
    const vwaps = { premium_vwap: 1.283, premium_vwap_buy: 1.3, premium_vwap_sell: null };
    const row = contract({ cumulative_volume: 500, open_interest: 200 });
    const figures = contractFigures(row, vwaps);
    expect(figures.find(({ name }) => name === 'Vol/OI')?.text).toBe('2.5');
    expect(figures.find(({ name }) => name === 'VWAP')).toMatchObject({
      text: '1.28',
      about: 'Mean price of today by contracts, $; bought at 1.300, sold at unknown',
    });
    expect(contractFigures(contract({ open_interest: 0 }), vwaps)[8]?.text).toBe('');
  });

  it('split the volume by who crossed the spread', () => {
    expect(aggressorSplit(contract())).toEqual({ bought: 50, sold: 25, unsigned: 25 });
  });
});

describe('ContractDrawer', () => {
  beforeEach(() => vi.spyOn(console, 'log').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it('shows the contract that is chosen, until Escape', async () => {
    const edges = fakes();
    const trades = [print({ size: 850 })];
    edges.flow.tapeAnswer = () => ({
      kind: 'ok',
      value: { market_time: TEN_FIFTEEN, total: 1, trades },
    });
    TestBed.configureTestingModule({
      imports: [ContractDrawer],
      providers: edges.providers,
      deferBlockBehavior: DeferBlockBehavior.Manual,
    });
    await TestBed.compileComponents();
    const fixture = TestBed.createComponent(ContractDrawer);
    const selection = TestBed.inject(ContractSelection);
    // The store must listen before the first frame.
    TestBed.inject(MarketStore);
    TestBed.inject(DataStreamService).start();
    edges.sockets.last.open();
    edges.sockets.last.send(snapshot());
    edges.clock.paint();
    selection.open(CALL_600);
    await fixture.whenStable();
    const [sheet] = await fixture.getDeferBlocks();
    await sheet?.render(DeferBlockState.Complete);
    await fixture.whenStable();
    const page = fixture.nativeElement as HTMLElement;
    expect(page.querySelector('h2')?.textContent.trim()).toBe('600 C');
    expect(page.querySelector('.split')?.textContent).toContain('+233K sh');
    expect(edges.flow.barsAsked[0]).toMatchObject({ ticker: CALL_600 });
    expect(edges.flow.tapeAsked[0]).toMatchObject({ strike: 600, type: 'C' });
    await fixture.whenStable();
    expect(page.querySelector('tbody .size')?.textContent).toBe('850');
    page
      .querySelector('[role=dialog]')
      ?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
    await fixture.whenStable();
    expect(selection.ticker()).toBeNull();
    expect(page.querySelector('[role=dialog]')).toBeNull();
  });
});
