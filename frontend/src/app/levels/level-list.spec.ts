import { levels } from '../../testing/chain-fakes';
import { ExposurePoint } from '../live/wire';
import { levelLines, sparkPoints } from './level-list';

describe('levelLines', () => {
  it('shows each level as it is read', () => {
    const lines = levelLines(levels(), []);
    expect(lines.map(({ name, text }) => `${name} ${text}`)).toEqual([
      'Call wall 601',
      'Put wall 599',
      'Flip 599.53',
      'Max pain 600',
      'Move left ±2.40',
    ]);
  });

  it('leaves an unresolved level blank, and says why', () => {
    const flip = { value: null, reason: 'GEX is above zero at every spot in reach' };
    const line = levelLines(levels({ flip }), [])[2];
    expect(line?.text).toBe('');
    expect(line?.hint).toMatch(/^Unknown: GEX is above zero at every spot in reach/);
    expect(levelLines(null, [])[0]?.hint).toMatch(/^Unknown: no answer/);
  });

  it('draws the path of each through the day', () => {
    const point = (call_wall: number): ExposurePoint => ({
      ...{ t: 0, spot: 600, gex: 0, dex: 0, vex: 0, chex: 0 },
      ...{ call_wall, put_wall: null, flip: null, max_pain: 600, expected_move: 2 },
    });
    const [call, put, , pain] = levelLines(levels(), [point(600), point(602)]);
    expect(call?.spark).toBe('0,12 34,12 34,2');
    expect(put?.spark).toBe('');
    expect(pain?.spark).toBe('0,7 34,7 34,7');
  });
});

describe('sparkPoints', () => {
  it('leaves out what is unknown', () => {
    expect(sparkPoints([1, null, 2], false)).toBe('0,12 34,2');
    expect(sparkPoints([null, 2], false)).toBe('');
  });
});
