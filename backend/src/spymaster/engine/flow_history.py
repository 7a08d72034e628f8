"""What is usual: the flow of earlier sessions, so that today's can be held against it.

Of each session 10 s slots are kept, by part of the chain. A bar is compared with all bars of its
length that lie in the same minute of earlier sessions; one longer than a minute, with those that
begin when it does. The flow of another span of strikes is no measure of this one: whoever gathers
sessions takes those of one span.

Source: analytics sheet, section 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from spymaster.analytics.signals import LEAST_SESSIONS, SESSIONS, change_over
from spymaster.core.batches import PRICE_SCALE
from spymaster.core.inputs import Span
from spymaster.core.sessions import Session
from spymaster.engine.bars import PARTS, SECOND_NS, TRADE_COUNT, VOLUME, Bars, bars_of
from spymaster.engine.measures import DELTA_NOTIONAL, UNIT, WEIGHTED
from spymaster.engine.store import Store

type Floats = NDArray[np.float64]

SLOT_S: Final = 10
LEAST_VOLUMES: Final = 5
"""With fewer sessions that tell a minute's volume, none is typical."""
_MINUTE_S: Final = 60
_MINUTE_SLOTS: Final = _MINUTE_S // SLOT_S


class SessionFlow(NamedTuple):
    """Flow of one session until its close, a row every `SLOT_S` seconds."""

    trade_count: Floats
    """``[slots, PARTS]``."""
    hedging_pressure: Floats
    """``[slots, PARTS]``: weighted delta notional of the slot, $; positive: dealers buy."""
    spot: Floats
    """``[slots]``: last known by the end of each, $; NaN for none."""
    volume: Floats | None = None
    """``[slots, PARTS]``, contracts; None for a session kept before volume was."""


class Usual(NamedTuple):
    """What earlier sessions had where today's bars are: ``[bars, sessions, samples]``, NaN none."""

    trade_count: Floats
    hedging_pressure: Floats
    spot_change: Floats
    pressure_change: Floats


def session_flow(store: Store, session: Session) -> SessionFlow:
    """The flow of a session that has been played to its close."""
    seconds = (session.close_ns - session.open_ns) // SECOND_NS
    parts = [bars_of(store, SLOT_S, [part], seconds=seconds) for part in range(PARTS)]
    spot = parts[0].spot / PRICE_SCALE
    return SessionFlow(
        np.column_stack([part.counts[:, TRADE_COUNT] for part in parts]).astype(np.float64),
        np.column_stack([pressure_of(part) for part in parts]),
        np.where(spot > 0, spot, np.nan),
        np.column_stack([part.counts[:, VOLUME] for part in parts]).astype(np.float64),
    )


def pressure_of(bars: Bars) -> Floats:
    """Weighted delta notional of each bar, $."""
    return bars.sums[:, WEIGHTED, DELTA_NOTIONAL] / UNIT


@dataclass(frozen=True, slots=True)
class FlowHistory:
    """Earlier sessions of one underlying, oldest first."""

    span: Span
    """Strikes each side of ATM that they were followed with."""
    sessions: tuple[SessionFlow, ...]

    def usual(self, bars: int, bar_s: int, parts: Sequence[int], change_bars: int) -> Usual | None:
        """What was usual where today's bars are.

        Args:
            bars: How many there are today, from the open on.
            bar_s: Seconds in each.
            parts: Of the chain.
            change_bars: Bars over which changes are taken.

        Returns:
            None where too few sessions are held, or slots do not make up such bars.
        """
        if len(self.sessions) < LEAST_SESSIONS or bar_s % SLOT_S:
            return None
        slots, chosen = bar_s // SLOT_S, list(parts)
        columns: list[tuple[Floats, ...]] = []
        for one in self.sessions[-SESSIONS:]:
            whole = len(one.spot) // slots * slots
            pressure = _summed(one.hedging_pressure[:whole, chosen], slots)
            spot = one.spot[slots - 1 : whole : slots]
            columns.append(
                (
                    _summed(one.trade_count[:whole, chosen], slots),
                    pressure,
                    change_over(spot, change_bars),
                    change_over(np.cumsum(pressure), change_bars),
                )
            )
        in_minute = max(1, _MINUTE_S // bar_s)
        return Usual(
            *(_by_minute(column, bars, in_minute) for column in zip(*columns, strict=True))
        )

    def typical_volume(self) -> Floats | None:
        """Median contracts in each minute from the open on, as long as enough sessions tell.

        Returns:
            None where too few sessions are held that have their volume.
        """
        volumes = [one.volume for one in self.sessions[-SESSIONS:] if one.volume is not None]
        if len(volumes) < LEAST_VOLUMES:
            return None
        summed = [
            _summed(volume[: len(volume) // _MINUTE_SLOTS * _MINUTE_SLOTS], _MINUTE_SLOTS)
            for volume in volumes
        ]
        # The last minute that enough of them have: after half days fewer tell of the afternoon.
        minutes = sorted(map(len, summed))[-LEAST_VOLUMES]
        known = _by_minute([one[:minutes] for one in summed], minutes, 1)[:, :, 0]
        medians: Floats = np.nanmedian(known, axis=1)
        return medians


def _summed(slots: Floats, count: int) -> Floats:
    sums: Floats = slots.sum(axis=1).reshape(-1, count).sum(axis=1)
    return sums


def _by_minute(sessions: Sequence[Floats], bars: int, in_minute: int) -> Floats:
    """``[bars, sessions, in_minute]``: of each session all bars of the minute that a bar is in."""
    minutes = -(-max([bars, *map(len, sessions)]) // in_minute)
    padded = np.full((len(sessions), minutes * in_minute), np.nan)
    for row, values in zip(padded, sessions, strict=True):
        row[: len(values)] = values
    by_minute = padded.reshape(len(sessions), minutes, in_minute).transpose(1, 0, 2)
    return by_minute[np.arange(bars) // in_minute]
