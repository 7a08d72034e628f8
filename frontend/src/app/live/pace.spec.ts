import { FakeClock } from '../../testing/fakes';
import { Pace } from './pace';

function setUp() {
  const clock = new FakeClock();
  const pace = new Pace(clock, { every: 200, later: 20 });
  const draw = vi.fn();
  const pass = (ms: number) => {
    clock.advance(ms);
    clock.paint();
  };
  return { clock, pace, draw, pass };
}

describe('Pace', () => {
  it('draws once for many wishes, some ms later and in a frame', () => {
    const { clock, pace, draw, pass } = setUp();
    pace.ask(draw);
    pace.ask(draw);
    pass(19);
    expect(draw).not.toHaveBeenCalled();
    clock.advance(1);
    expect(draw).not.toHaveBeenCalled();
    clock.paint();
    expect(draw).toHaveBeenCalledTimes(1);
  });

  it('leaves room between two drawings', () => {
    const { pace, draw, pass } = setUp();
    pace.ask(draw);
    pass(20);
    pace.ask(draw);
    pass(199);
    expect(draw).toHaveBeenCalledTimes(1);
    pass(1);
    expect(draw).toHaveBeenCalledTimes(2);
  });

  it('draws nothing after its end', () => {
    const { clock, pace, draw, pass } = setUp();
    pace.ask(draw);
    pace.end();
    pass(500);
    pace.ask(draw);
    clock.advance(500);
    pace.end();
    clock.paint();
    expect(draw).not.toHaveBeenCalled();
  });
});
