import { TestBed } from '@angular/core/testing';
import { measure, OPEN, print, printsReply } from '../../testing/frames';
import { fakes } from '../../testing/fakes';
import { PrintsQuestion } from './prints-question';
import { PRINTS_LISTED, PrintsSheet } from './prints-sheet';

const question: PrintsQuestion = {
  filter: { type: 'C', legs: null, strike: 600 },
  from: OPEN + 60_000,
  to: OPEN + 70_000,
  since: OPEN,
  flow: 3_200_000,
  pressure: 160_000_000,
};

async function setUp(count: number) {
  const edges = fakes();
  const trades = [print({ id: 1, hedging_pressure: 3_000_000 }), print({ id: 2, size: 7 })];
  edges.flow.printsAnswer = () => ({
    kind: 'ok',
    value: printsReply({
      trade_count: count,
      volume: 19,
      measures: { delta_notional: measure({ weighted: 3_200_000 }) },
      trades,
    }),
  });
  TestBed.configureTestingModule({ providers: edges.providers });
  const fixture = TestBed.createComponent(PrintsSheet);
  fixture.componentRef.setInput('question', question);
  await fixture.whenStable();
  const page = fixture.nativeElement as HTMLElement;
  const text = (selector: string) =>
    page.querySelector(selector)?.textContent.replaceAll(/\s+/g, ' ').trim();
  return { ...edges, fixture, page, text };
}

describe('PrintsSheet', () => {
  it('lists the prints behind the figure, whose sum is the figure', async () => {
    const { flow, page, text } = await setUp(2);
    expect(flow.printsAsked).toEqual([
      {
        type: 'C',
        legs: null,
        strike: 600,
        from: OPEN + 60_000,
        to: OPEN + 70_000,
        limit: PRINTS_LISTED,
      },
    ]);
    expect(text('h2')).toBe('+$3.2M');
    expect(text('[role=status]')).toBe('2 prints, 19 contracts, sum +$3.2M');
    expect([...page.querySelectorAll('tbody .size')].map((cell) => cell.textContent)).toEqual([
      '12',
      '7',
    ]);
    expect(text('.more')).toBeUndefined();
  });

  it('goes back to where the chart began to sum, and says when it cannot list all', async () => {
    const { flow, fixture, page, text } = await setUp(9000);
    page.querySelectorAll<HTMLButtonElement>('.seg button')[1]?.click();
    await fixture.whenStable();
    expect(flow.printsAsked.at(-1)).toMatchObject({ from: OPEN, to: OPEN + 70_000 });
    expect(text('h2')).toBe('+$160M');
    expect(text('.more')).toBe('The first 2 are listed; the sum is over all.');
  });
});
