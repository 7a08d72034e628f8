"""Exposures, levels and their path through the day, as wire messages.

Source: analytics sheet, section 3.
"""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.analytics import expected_move, exposure, levels, signals, smile
from spymaster.analytics.exposure import Exposures, GammaFlips, dealer_positions
from spymaster.analytics.finding import Finding, finding
from spymaster.gateway.chain_view import (
    MS,
    ChainView,
    Column,
    Priced,
    Strikes,
    ms,
    number,
    price,
    widened,
)
from spymaster.gateway.wire_chain import (
    Convention,
    Exposure,
    ExposurePathReply,
    ExposurePoint,
    ExposureReply,
    ExposureTotals,
    Level,
    Levels,
    StrikeExposure,
)

PATH_INTERVAL_NS: Final = 30 * 1_000_000_000
MAX_PATHS: Final = 8
_NO_SPOT = "spot is not known yet"
_NO_ATM = "no volatility around spot"


@dataclass(frozen=True)
class Assumption:
    """Whose position is assumed."""

    convention: Convention
    base: float

    @property
    def words(self) -> str:
        """For a person."""
        match self.convention:
            case "A":
                return "naive: dealers hold every call long and every put short"
            case "B":
                return "absolute: all open interest, unsigned"
            case "C":
                return "dealers are short all open interest"
            case "D" if self.base == 0:
                return "flow: dealers hold the opposite of what customers traded today"
            case "D":
                return (
                    f"flow-adjusted: {self.base:+g} times convention A, "
                    "less what customers bought today"
                )

    def positions(self, view: ChainView, customers: Column) -> Column:
        """Contracts that dealers hold, given what customers bought today net."""
        return dealer_positions(
            self.convention, view.is_call, view.open_interest, customers, self.base
        )


class _Walls(NamedTuple):
    call: Finding
    put: Finding


def _walls(priced: Priced, held: Column, before: tuple[float | None, float | None]) -> _Walls:
    strike, spot = priced.strikes.strike, priced.moment.spot
    net = priced.strikes.total(held * priced.of_one.gex)
    return _Walls(
        levels.call_wall(strike, net, spot, before[0]),
        levels.put_wall(strike, -net, spot, before[1]),
    )


def _flips(priced: Priced, held: Column) -> GammaFlips | None:
    """None where volatility around spot is unknown."""
    if math.isnan(priced.deviation):
        return None
    view = priced.view
    volatility = widened(priced.moment.volatility, len(view.strike))
    return exposure.gamma_flips(
        view.strike,
        volatility,
        held * view.multiplier,
        priced.moment.spot,
        priced.years,
        priced.deviation,
    )


def _flip(flips: GammaFlips | None, spot: float) -> Finding:
    if flips is None:
        return Finding(None, _NO_ATM)
    if len(flips.roots):
        return Finding(flips.nearest(spot))
    if not flips.sign:
        return Finding(None, "no position has gamma")
    sign = "positive" if flips.sign > 0 else "negative"
    return Finding(None, f"GEX is {sign} within ${flips.reach:.2f} of spot")


def _max_pain(priced: Priced) -> Finding:
    view, strikes = priced.view, priced.strikes
    shares = view.open_interest * view.multiplier
    calls, puts = strikes.leg(shares, strikes.call), strikes.leg(shares, strikes.put)
    return levels.max_pain(strikes.strike, calls, puts, priced.moment.spot)


class ExposurePath:
    """Totals and levels every 30 s for one assumption, computed as far as the samples go.

    What was computed stays while the positions that it rests on do; where these changed, by a
    cancel or by prints that came late, it is computed again from there on.
    """

    def __init__(self, assumption: Assumption) -> None:
        self._assumption = assumption
        self._held = np.empty((0, 0))
        self.points: list[ExposurePoint] = []

    def extend(self, view: ChainView) -> None:
        """Go as far as the view's samples do."""
        places = _first_of_each(view.samples.ts, view.session.open_ns, PATH_INTERVAL_NS)
        customers = view.traded(view.samples.ts[places]).customers
        held = np.array([self._assumption.positions(view, row) for row in customers])
        held = held.reshape(len(places), len(view.strike))
        kept = self._unchanged(held)
        del self.points[kept:]
        strikes = Strikes(view)
        for row in range(kept, len(places)):
            self.points.append(self._point(view, strikes, int(places[row]), held[row]))
        self._held = held

    def walls_before(self, ns: int) -> tuple[float | None, float | None]:
        """Call and put wall of the last point at or before a time."""
        for point in reversed(self.points):
            if point.t * MS <= ns:
                return point.call_wall, point.put_wall
        return None, None

    def _unchanged(self, held: Column) -> int:
        """How many of the points rest on the same positions still."""
        rows = min(len(held), len(self._held))
        if held.shape[1:] != self._held.shape[1:]:
            return 0
        now, before = held[:rows], self._held[:rows]
        same = ((now == before) | (np.isnan(now) & np.isnan(before))).all(axis=1)
        return rows if same.all() else int(np.argmin(same))

    def _point(self, view: ChainView, strikes: Strikes, place: int, held: Column) -> ExposurePoint:
        moment = view.samples.moment(place)
        priced = price(view, strikes, moment)
        if priced is None:
            return ExposurePoint(moment.ts // MS, *[None] * 10)
        last = self.points[-1] if self.points else None
        walls = _walls(priced, held, (last.call_wall, last.put_wall) if last else (None, None))
        return ExposurePoint(
            t=moment.ts // MS,
            spot=moment.spot,
            gex=_total(held, priced.of_one.gex),
            dex=_total(held, priced.of_one.dex),
            vex=_total(held, priced.of_one.vex),
            chex=_total(held, priced.of_one.chex),
            call_wall=walls.call.value,
            put_wall=walls.put.value,
            flip=_flip(_flips(priced, held), moment.spot).value,
            max_pain=_max_pain(priced).value,
            expected_move=number(priced.deviation),
        )


class ExposurePaths:
    """The paths of one session that were asked for; of too many, the longest unused is dropped."""

    def __init__(self) -> None:
        self._paths: dict[Assumption, ExposurePath] = {}

    def upto(self, view: ChainView, assumption: Assumption) -> ExposurePath:
        """The path of an assumption, as far as a view's samples go."""
        path = self._paths.pop(assumption, None) or ExposurePath(assumption)
        self._paths[assumption] = path
        if len(self._paths) > MAX_PATHS:
            del self._paths[next(iter(self._paths))]
        path.extend(view)
        return path


def _first_of_each(ts: NDArray[np.int64], start_ns: int, interval_ns: int) -> NDArray[np.intp]:
    """Places of the first sample of each interval that has any."""
    intervals = (ts - start_ns) // interval_ns
    return np.flatnonzero(np.diff(intervals, prepend=-1) > 0)


def exposure_path(path: ExposurePath, assumption: Assumption, since_ns: int) -> ExposurePathReply:
    """The points from a time on."""
    points = [point for point in path.points if point.t * MS >= since_ns]
    return ExposurePathReply(assumption.convention, assumption.base, points)


def exposure_reply(view: ChainView, assumption: Assumption, path: ExposurePath) -> ExposureReply:
    """Exposures by strike, totals and levels at the view's moment.

    Args:
        view: The moment.
        assumption: Whose position.
        path: Of the same assumption, for the walls before.
    """
    strikes = Strikes(view)
    traded = view.traded(np.array([view.until_ns], dtype=np.int64))
    volume, premium, customers, variance = (column[0] for column in traded)
    held = assumption.positions(view, customers)
    priced = price(view, strikes, view.moment)
    flips = _flips(priced, held) if priced else None
    of_day = _of_day(view, volume, premium * view.multiplier)
    return ExposureReply(
        convention=assumption.convention,
        base=assumption.base,
        describes=assumption.words,
        market_time=ms(view.moment),
        spot=None if view.moment is None else number(view.moment.spot),
        strikes=_strike_exposures(view, strikes, priced, held, volume),
        totals=_totals(priced, held, variance if assumption.convention == "D" else None),
        levels=_levels(priced, held, flips, path, of_day),
        flips=[] if flips is None else flips.roots.tolist(),
    )


class _OfDay(NamedTuple):
    """What the day's trading alone tells."""

    put_call_volume: Level
    put_call_open_interest: Level
    put_call_premium: Level
    call_premium_weighted_strike: Level
    put_premium_weighted_strike: Level


def _of_day(view: ChainView, volume: Column, premium: Column) -> _OfDay:
    calls, puts = view.is_call, ~view.is_call

    def ratio(values: Column, what: str) -> Level:
        found = levels.put_call_ratio(
            float(np.nansum(values[puts])), float(np.nansum(values[calls])), what
        )
        return _level(found)

    def strike(leg: NDArray[np.bool_], name: str) -> Level:
        mean = signals.premium_weighted_strike(view.strike[leg], premium[leg])
        return _level(finding(mean, f"no premium of {name}"))

    return _OfDay(
        ratio(volume, "volume"),
        ratio(view.open_interest, "open interest"),
        ratio(premium, "premium"),
        strike(calls, "calls"),
        strike(puts, "puts"),
    )


def _totals(priced: Priced | None, held: Column, variance: Column | None) -> ExposureTotals:
    if priced is None:
        return ExposureTotals(
            gex=None,
            gex_per_dollar=None,
            gex_finite=None,
            headline="local",
            dex=None,
            vex=None,
            chex=None,
            gex_error=None,
            dex_error=None,
        )
    of_one = priced.of_one

    def error(exposures: Column) -> float | None:
        return None if variance is None else exposure.standard_error(variance, exposures)

    return ExposureTotals(
        gex=_total(held, of_one.gex),
        gex_per_dollar=_total(held, of_one.gex_per_dollar),
        gex_finite=_total(held, of_one.gex_finite),
        headline=exposure.headline(priced.moment.spot, priced.deviation),
        dex=_total(held, of_one.dex),
        vex=_total(held, of_one.vex),
        chex=_total(held, of_one.chex),
        gex_error=error(of_one.gex),
        dex_error=error(of_one.dex),
        left_out=int(np.count_nonzero((held != 0) & ~np.isnan(held) & np.isnan(of_one.gex))),
    )


def _strike_exposures(
    view: ChainView, strikes: Strikes, priced: Priced | None, held: Column, volume: Column
) -> list[StrikeExposure]:
    count = len(strikes.strike)
    unknown = np.full(len(view.strike), math.nan)
    of_one = priced.of_one if priced else Exposures(*[unknown] * 6)
    chances = magnets = np.full(count, math.nan)
    step = math.nan
    if priced and not math.isnan(priced.deviation):
        step = smile.strike_step(strikes.strike, priced.moment.spot)
    if priced and not math.isnan(step):
        spot = priced.moment.spot
        chances = expected_move.pin_probability(strikes.strike, step / 2, spot, priced.deviation)
        magnets = expected_move.magnet(strikes.total(view.open_interest * of_one.gex), chances)
    four = [held * each for each in (of_one.gex, of_one.dex, of_one.vex, of_one.chex)]
    both = [strikes.total(each).tolist() for each in four]
    calls = [strikes.leg(each, strikes.call).tolist() for each in four]
    puts = [strikes.leg(each, strikes.put).tolist() for each in four]
    positions = [strikes.leg(held, legs).tolist() for legs in (strikes.call, strikes.put)]
    by_interest = signals.volume_to_open_interest(volume, view.open_interest)
    turnover = [strikes.leg(by_interest, legs).tolist() for legs in (strikes.call, strikes.put)]
    return [
        StrikeExposure(
            strike=strike,
            total=_exposure([column[row] for column in both]),
            call=_exposure([column[row] for column in calls]),
            put=_exposure([column[row] for column in puts]),
            call_position=number(positions[0][row]),
            put_position=number(positions[1][row]),
            pin_probability=number(chances[row]),
            magnet=number(magnets[row]),
            call_volume_to_open_interest=number(turnover[0][row]),
            put_volume_to_open_interest=number(turnover[1][row]),
        )
        for row, strike in enumerate(strikes.strike.tolist())
    ]


def _exposure(four: list[float]) -> Exposure | None:
    return None if any(map(math.isnan, four)) else Exposure(*four)


def _levels(
    priced: Priced | None,
    held: Column,
    flips: GammaFlips | None,
    path: ExposurePath,
    of_day: _OfDay,
) -> Levels:
    if priced is None:
        none = Level(None, _NO_SPOT)
        return Levels(
            call_wall=none,
            put_wall=none,
            oi_call_wall=none,
            oi_put_wall=none,
            flip=none,
            max_pain=none,
            expected_move=none,
            straddle=none,
            straddle_move=none,
            skew_25_delta=none,
            skew_normalised=none,
            **of_day._asdict(),
        )
    view, strikes, moment = priced.view, priced.strikes, priced.moment
    spot, strike = moment.spot, strikes.strike
    walls = _walls(priced, held, path.walls_before(moment.ts))
    calls = strikes.leg(view.open_interest, strikes.call)
    puts = strikes.leg(view.open_interest, strikes.put)
    straddle = finding(expected_move.straddle_at_forward(spot, priced.atm, priced.years), _NO_ATM)
    skew = smile.skew_25_delta(strike, priced.volatility, spot, priced.years)
    return Levels(
        call_wall=_level(walls.call),
        put_wall=_level(walls.put),
        oi_call_wall=_level(levels.call_wall(strike, calls, spot)),
        oi_put_wall=_level(levels.put_wall(strike, puts, spot)),
        flip=_level(_flip(flips, spot)),
        max_pain=_level(_max_pain(priced)),
        expected_move=_level(finding(priced.deviation, _NO_ATM)),
        straddle=_level(straddle),
        straddle_move=Level(
            None if straddle.value is None else expected_move.straddle_move(straddle.value),
            straddle.reason,
        ),
        skew_25_delta=_level(skew.points),
        skew_normalised=_level(skew.normalised),
        **of_day._asdict(),
    )


def _total(held: Column, of_one: Column) -> float | None:
    return number(exposure.total(held, of_one))


def _level(found: Finding) -> Level:
    return Level(found.value, found.reason)
