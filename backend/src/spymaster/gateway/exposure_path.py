"""Whose position is assumed, and its totals and levels through the day.

Source: analytics sheet, section 3.
"""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.analytics import exposure, levels
from spymaster.analytics.exposure import GammaFlips, dealer_positions
from spymaster.analytics.finding import Finding
from spymaster.gateway.chain_view import (
    MS,
    ChainView,
    Column,
    Priced,
    Strikes,
    number,
    price,
    widened,
)
from spymaster.gateway.wire_chain import Convention, ExposurePoint

PATH_INTERVAL_NS: Final = 30 * 1_000_000_000
MAX_PATHS: Final = 8
NO_ATM: Final = "no volatility around spot"


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


class Walls(NamedTuple):
    """Where dealers' gamma is greatest above and below spot."""

    call: Finding
    put: Finding


def walls_of(priced: Priced, held: Column, before: tuple[float | None, float | None]) -> Walls:
    """Call and put wall now; those before stay unless another strike beats them by 10 %."""
    strike, spot = priced.strikes.strike, priced.moment.spot
    net = priced.strikes.total(held * priced.of_one.gex)
    return Walls(
        levels.call_wall(strike, net, spot, before[0]),
        levels.put_wall(strike, -net, spot, before[1]),
    )


def flips_of(priced: Priced, held: Column) -> GammaFlips | None:
    """Where dealers' gamma changes its sign; None where volatility around spot is unknown."""
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


def flip_of(flips: GammaFlips | None, spot: float) -> Finding:
    """The flip nearest to spot, or why there is none."""
    if flips is None:
        return Finding(None, NO_ATM)
    if len(flips.roots):
        return Finding(flips.nearest(spot))
    if not flips.sign:
        return Finding(None, "no position has gamma")
    sign = "positive" if flips.sign > 0 else "negative"
    return Finding(None, f"GEX is {sign} within ${flips.reach:.2f} of spot")


def max_pain_of(priced: Priced) -> Finding:
    """The strike at which all open interest is worth least."""
    view, strikes = priced.view, priced.strikes
    shares = view.open_interest * view.multiplier
    calls, puts = strikes.leg(shares, strikes.call), strikes.leg(shares, strikes.put)
    return levels.max_pain(strikes.strike, calls, puts, priced.moment.spot)


def total_of(held: Column, of_one: Column) -> float | None:
    """Sum of positions times the exposure of one contract each; None where none is known."""
    return number(exposure.total(held, of_one))


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
        walls = walls_of(priced, held, (last.call_wall, last.put_wall) if last else (None, None))
        return ExposurePoint(
            t=moment.ts // MS,
            spot=moment.spot,
            gex=total_of(held, priced.of_one.gex),
            dex=total_of(held, priced.of_one.dex),
            vex=total_of(held, priced.of_one.vex),
            chex=total_of(held, priced.of_one.chex),
            call_wall=walls.call.value,
            put_wall=walls.put.value,
            flip=flip_of(flips_of(priced, held), moment.spot).value,
            max_pain=max_pain_of(priced).value,
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
