"""Which part of the flow an answer is about, and what all answers about flow share.

What reads the engine's state is compiled and runs at once, on the event loop: so an answer is of
one moment. What turns that into messages needs no state and may run in a thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.engine.bars import CALL_MULTI, CALL_SINGLE, PUT_MULTI, PUT_SINGLE, SECOND_NS
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.measures import (
    GROSS,
    MEASURES,
    NET,
    STRICT,
    UNIT,
    VARIANCE,
    VARIANCE_UNIT,
    WEIGHTED,
)
from spymaster.engine.selection import ANY, Choices, Selection, chosen_contracts
from spymaster.engine.store import Store
from spymaster.gateway.wire_flow import Legs

_MS: Final = 1_000_000
_ENCODED_AT_ONCE: Final = 200
"""Rows encoded without giving other threads a turn."""
PARTS: Final[dict[tuple[str, Legs], int]] = {
    ("C", "single"): CALL_SINGLE,
    ("C", "multi"): CALL_MULTI,
    ("P", "single"): PUT_SINGLE,
    ("P", "multi"): PUT_MULTI,
}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the flow: of the chain, of one strike, of one contract."""

    right: str | None = None
    """``C`` or ``P``; None for both."""
    legs: Legs | None = None
    strike: float | None = None
    """Dollars."""
    number: int | None = None
    """Of a contract."""

    @property
    def of_chain(self) -> bool:
        """Whether the bars that are kept tell of it."""
        return self.strike is None and self.number is None

    @property
    def parts(self) -> list[int]:
        """Of the kept bars."""
        return [
            part
            for (right, legs), part in PARTS.items()
            if self.right in (None, right) and self.legs in (None, legs)
        ]


def selection(engine: FlowEngine, part: Part, **choices: int) -> Selection:
    """The prints of a part of the flow, further restricted."""
    store = engine.flow.store
    return Selection(
        chosen_contracts(store, part.strike, part.number),
        Choices(
            open_ns=engine.session.open_ns,
            end_ns=engine.session.open_ns + len(store.bars.version) * SECOND_NS,
            is_call=ANY if part.right is None else int(part.right == "C"),
            multi_leg=ANY if part.legs is None else int(part.legs == "multi"),
            **choices,
        ),
    )


def seconds_until(engine: FlowEngine, until_ns: int | None) -> int:
    """Seconds of the session that have begun by a market time, or by now."""
    if until_ns is None:
        return engine.flow.seconds
    begun = -(-(until_ns - engine.session.open_ns) // SECOND_NS)
    return max(0, min(begun, engine.flow.seconds))


def moment(engine: FlowEngine, until_ns: int | None) -> int:
    """The market time (ns) that an answer is of; 0 before the first event."""
    now_ns = engine.market_ns
    return now_ns if until_ns is None else min(now_ns, until_ns)


def with_prints(store: Store, places: NDArray[np.int64]) -> Store:
    """A copy of a session's memory that holds some of its prints, and takes no more."""
    return store._replace(
        contracts=store.contracts.copy(),
        prints=np.take(store.prints, places),
        bars=store.bars._replace(spot=store.bars.spot.copy()),
    )


def measure_columns(
    sums: NDArray[np.int64], names: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    """``[rows, 5]`` in the order of `Measure`, in each measure's unit."""
    columns = {}
    for name in names:
        number = MEASURES.index(name)
        of = sums[:, :, number]
        columns[name] = np.column_stack(
            [
                of[:, GROSS] / UNIT,
                of[:, NET] / UNIT,
                of[:, STRICT] / UNIT,
                of[:, WEIGHTED] / UNIT,
                np.sqrt(of[:, VARIANCE] * VARIANCE_UNIT[number]),
            ]
        )
    return columns


def encoded_rows(rows: Sequence[msgspec.Struct]) -> msgspec.Raw:
    """Rows as JSON, some at a time: one call holds up every other thread."""
    encoder = msgspec.json.Encoder()
    pieces = [
        encoder.encode(rows[start : start + _ENCODED_AT_ONCE])[1:-1]
        for start in range(0, len(rows), _ENCODED_AT_ONCE)
    ]
    return msgspec.Raw(b"[" + b",".join(pieces) + b"]")


def shown_ms(market_ns: int) -> int | None:
    """A market time as answers have it; None before the first event."""
    return market_ns // _MS or None
