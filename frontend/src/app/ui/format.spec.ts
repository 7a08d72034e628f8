import {
  ageText,
  compact,
  dollars,
  fixed,
  grouped,
  percent,
  signedCompact,
  signedFixed,
  strikeText,
  volatility,
} from './format';

describe('figures', () => {
  it('writes volatilities of expiring wings without decimals', () => {
    expect([0.156, 0.9994, 0.9996, 11.793, null].map(volatility)).toEqual([
      ...['15.6', '99.9', '100', '1179', ''],
    ]);
  });

  it.each([
    [0, '0'],
    [-14, '−14'],
    [51, '+51'],
    [999.4, '+999'],
    [999.6, '+1.0K'],
    [1200, '+1.2K'],
    [9949, '+9.9K'],
    [9950, '+10K'],
    [-88_000, '−88K'],
    [999_499, '+999K'],
    [999_500, '+1.0M'],
    [48_000_000, '+48M'],
    [999_500_000, '+1.0B'],
    [-0.3, '0'],
  ])('writes the flow %d as %s', (value, text) => {
    expect(signedCompact(value)).toBe(text);
  });

  it('puts the dollar after the minus and leaves a plain count unsigned', () => {
    expect([dollars(7_900_000), dollars(-250), dollars(0), compact(41_000)]).toEqual([
      '$7.9M',
      '−$250',
      '$0',
      '41K',
    ]);
  });

  it('leaves the unknown blank and never makes it 0', () => {
    expect([signedCompact(null), dollars(null), compact(undefined), fixed(null, 2)]).toEqual([
      '',
      '',
      '',
      '',
    ]);
    expect([signedFixed(null, 2), percent(null, 1)]).toEqual(['', '']);
  });

  it('writes a true minus and no minus before a rounded zero', () => {
    expect([
      fixed(-0.48, 2),
      fixed(-0.001, 2),
      signedFixed(0.34, 2),
      signedFixed(0.001, 2),
    ]).toEqual(['−0.48', '0.00', '+0.34', '0.00']);
  });

  it('writes fractions as per cent, groups thousands, and keeps half strikes', () => {
    expect([percent(0.156, 1), grouped(104_218), strikeText(600), strikeText(602.5)]).toEqual([
      '15.6',
      '104,218',
      '600',
      '602.5',
    ]);
  });

  it.each([
    [4.2, '4 ms'],
    [2400, '2.4 s'],
    [9960, '10 s'],
    [12_300, '12 s'],
    [180_000, '3 min'],
  ])('says an age of %d ms as %s', (ms, text) => {
    expect(ageText(ms)).toBe(text);
  });
});
