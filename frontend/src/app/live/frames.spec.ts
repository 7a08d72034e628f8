import { snapshot } from '../../testing/frames';
import { parseFrame } from './frames';

describe('parseFrame', () => {
  it('takes what the server sends', () => {
    expect(parseFrame(JSON.stringify(snapshot()))).toEqual(snapshot());
  });

  it.each([
    '',
    '{',
    '[]',
    'null',
    '7',
    '{"type":"snapshot"}',
    '{"type":"other","seq":1}',
    '{"type":"update","seq":"1"}',
  ])('refuses %s', (text) => {
    expect(parseFrame(text)).toBeNull();
  });
});
