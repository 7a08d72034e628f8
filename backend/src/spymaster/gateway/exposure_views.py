"""Exposures and levels at a moment, and their path, as wire messages.

Source: analytics sheet, section 3.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.analytics import expected_move, exposure, levels, signals, smile
from spymaster.analytics.exposure import Exposures, GammaFlips
from spymaster.analytics.finding import Finding, finding
from spymaster.gateway.chain_view import MS, ChainView, Column, Priced, Strikes, ms, number, price
from spymaster.gateway.exposure_path import (
    NO_ATM,
    Assumption,
    ExposurePath,
    flip_of,
    flips_of,
    max_pain_of,
    total_of,
    walls_of,
)
from spymaster.gateway.wire_chain import (
    Exposure,
    ExposurePathReply,
    ExposureReply,
    ExposureTotals,
    Level,
    Levels,
    StrikeExposure,
)

_NO_SPOT = "spot is not known yet"


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
    flips = flips_of(priced, held) if priced else None
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
        gex=total_of(held, of_one.gex),
        gex_per_dollar=total_of(held, of_one.gex_per_dollar),
        gex_finite=total_of(held, of_one.gex_finite),
        headline=exposure.headline(priced.moment.spot, priced.deviation),
        dex=total_of(held, of_one.dex),
        vex=total_of(held, of_one.vex),
        chex=total_of(held, of_one.chex),
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
    walls = walls_of(priced, held, path.walls_before(moment.ts))
    calls = strikes.leg(view.open_interest, strikes.call)
    puts = strikes.leg(view.open_interest, strikes.put)
    straddle = finding(expected_move.straddle_at_forward(spot, priced.atm, priced.years), NO_ATM)
    skew = smile.skew_25_delta(strike, priced.volatility, spot, priced.years)
    return Levels(
        call_wall=_level(walls.call),
        put_wall=_level(walls.put),
        oi_call_wall=_level(levels.call_wall(strike, calls, spot)),
        oi_put_wall=_level(levels.put_wall(strike, puts, spot)),
        flip=_level(flip_of(flips, spot)),
        max_pain=_level(max_pain_of(priced)),
        expected_move=_level(finding(priced.deviation, NO_ATM)),
        straddle=_level(straddle),
        straddle_move=Level(
            None if straddle.value is None else expected_move.straddle_move(straddle.value),
            straddle.reason,
        ),
        skew_25_delta=_level(skew.points),
        skew_normalised=_level(skew.normalised),
        **of_day._asdict(),
    )


def _level(found: Finding) -> Level:
    return Level(found.value, found.reason)
