import { print } from '../../testing/frames';
import { TapeRow } from '../live/wire';
import { effectFacts, evidenceFacts, evidenceWords, spreadPlace } from './evidence';
import { tagName, TAGS } from './tape-filter';
import { tagWords, tapeLine } from './tape-lines';

const quoted = { bid: 1, ask: 1.04 };

describe('evidence', () => {
  it.each([
    ['At ask', { ...quoted, rule: 'QUOTE_AT', price: 1.04 }],
    ['At bid', { ...quoted, rule: 'QUOTE_AT', price: 1 }],
    ['Inside, high', { ...quoted, rule: 'QUOTE_IN', price: 1.03 }],
    ['Inside, low', { ...quoted, rule: 'QUOTE_IN', price: 1.01 }],
    ['Above ask', { ...quoted, rule: 'QUOTE_OUT', price: 1.05 }],
    ['Below bid', { ...quoted, rule: 'QUOTE_OUT', price: 0.99 }],
    ['Multi-leg', { ...quoted, rule: 'COMPLEX', price: 1 }],
    ['New rule', { ...quoted, rule: 'NEW_RULE', price: 1 }],
  ])('says “%s”', (words, row) => {
    expect(evidenceWords(row)).toBe(words);
  });

  it('places a price in the spread, and nowhere without one', () => {
    expect(spreadPlace({ price: 1.01, ...quoted })).toBeCloseTo(0.25);
    expect(spreadPlace({ price: 2, ...quoted })).toBe(1);
    expect(spreadPlace({ price: 1, bid: 1, ask: 1 })).toBe(0.5);
    expect(spreadPlace({ price: 1, bid: null, ask: 1 })).toBeNull();
    expect(spreadPlace({ price: 1, bid: 1.1, ask: 1 })).toBeNull();
  });
});

describe('the evidence of a print', () => {
  const facts = (part: Partial<TapeRow>) =>
    Object.fromEntries(
      [...evidenceFacts(print(part)), ...effectFacts(print(part))].map(({ name, figure, rest }) => [
        name,
        `${figure} ${rest}`.trim(),
      ]),
    );

  it('tells rule, confidence, quote and conditions, and what the print moved', () => {
    expect(facts({ conditions: [219], size: 850 })).toEqual({
      Rule: 'At ask · QUOTE_AT',
      Confidence: '0.70 · weight 0.40',
      Quote: '8 ms before the print',
      Conditions: '219 ISO',
      'Δ in force': '0.52 · γ 0.100 · IV 15.6 %',
      'Δ flow': '+44K sh',
      Pressure: '+$15K of +$27M, weighted',
    });
  });

  it('gives an unsigned print no weight, and unknown greeks no figure', () => {
    const told = facts({ side: 0, delta: null, quote_age_ms: null, refilled: true });
    expect(told['Confidence']).toBe('0.70 · weight 0.00');
    expect(told['Δ in force']).toBe('unknown: it waits for greeks');
    expect([told['Quote'], told['Δ flow']]).toEqual([undefined, undefined]);
    expect(told['Refilled']).toBe('brought by REST after a gap');
    expect(told['Aggressor']).toBe('bought who crossed the spread');
  });

  it('names the order that the print was part of', () => {
    const part = { id: 9, group: 7, package: { id: 3, side: -1, confidence: 0.58 } } as const;
    const told = facts(part);
    expect(told['Split']).toBe('One order with others of its moment');
    expect(told['Package']).toBe('Sold as its leg, 0.58');
    const order = { prints: 4, venues: 3, volume: 1170, premium: 67_860, lasted: 18 };
    const whole = (row: Partial<TapeRow>, venues: number) =>
      evidenceFacts(print({ ...part, ...row }), { ...order, venues }).filter(
        ({ name }) => name === 'Sweep' || name === 'Split',
      );
    expect(whole({ tags: ['sweep'] }, 3)).toEqual([
      { name: 'Sweep', figure: '3 venues', rest: '18 ms, 1,170 ct, $68K' },
    ]);
    expect(whole({ tags: ['split'] }, 1)).toEqual([
      { name: 'Split', figure: '4 prints', rest: '18 ms, 1,170 ct, $68K' },
    ]);
  });
});

describe('a line of the tape', () => {
  it('holds the print in words and figures', () => {
    expect(tapeLine(print({ id: 7 }))).toEqual({
      id: 7,
      time: '10:15:03',
      millis: '.000',
      strike: '600',
      type: 'C',
      side: 'Buy',
      arrow: '▲',
      size: '12',
      price: '1.02',
      bid: '1.01',
      ask: '1.02',
      place: 100,
      premium: '$1.2K',
      volatility: '15.6',
      delta: '0.52',
      evidence: 'At ask',
      confidence: '0.70',
      quoteAge: '8',
      quoteOld: false,
      tags: [],
      tagText: '',
      notable: false,
    });
  });

  it('gives no confidence to a print without a side', () => {
    const line = tapeLine(print({ side: 0, rule: 'NONE', confidence: 0.5 }));
    expect([line.side, line.arrow, line.confidence]).toEqual(['None', '–', '']);
  });

  it('stands out by premium or by tag', () => {
    const notable = (part: Parameters<typeof print>[0]) => tapeLine(print(part)).notable;
    expect([notable({ premium: 25_000 }), notable({ tags: ['block'] })]).toEqual([true, true]);
    expect([notable({}), notable({ tags: ['sweep'] })]).toEqual([false, false]);
  });

  it('names its tags as the filter does, whether or not its package was found', () => {
    const row = print({ tags: Object.keys(TAGS), package: { id: 3, side: 1, confidence: 0.58 } });
    const names = new Set(tagWords(row).map(({ text }) => text));
    expect(names).toEqual(new Set(Object.keys(TAGS).map(tagName)));
  });

  it('has its tags in words, by what they mean', () => {
    const tags = tagWords(print({ tags: ['iso', 'one_sided', 'block'], refilled: true }));
    expect(tags.map(({ text, tone }) => `${text} ${tone}`)).toEqual([
      'block key',
      'ISO plain',
      'one sided warn',
      'refilled warn',
    ]);
  });
});
