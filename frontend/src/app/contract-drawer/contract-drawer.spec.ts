import { DeferBlockBehavior, DeferBlockState, TestBed } from '@angular/core/testing';
import { CALL_600, contract, snapshot } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { DataStreamService } from '../data-stream.service';
import { ContractSelection } from '../live/contract-selection';
import { MarketStore } from '../live/market-store';
import { ContractDrawer } from './contract-drawer';
import { aggressorSplit, contractFigures } from './contract-figures';

describe('the figures of a contract', () => {
  it('are blank where unknown', () => {
    const row = contract({ bid: null, implied_volatility: null, open_interest: null });
    const texts = Object.fromEntries(contractFigures(row).map(({ name, text }) => [name, text]));
    expect(texts).toMatchObject({ Bid: '', Ask: '1.02', IV: '', OI: '', Volume: '100' });
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
    page
      .querySelector('[role=dialog]')
      ?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
    await fixture.whenStable();
    expect(selection.ticker()).toBeNull();
    expect(page.querySelector('[role=dialog]')).toBeNull();
  });
});
