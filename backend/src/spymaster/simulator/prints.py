"""The prints of one minute's orders.

Each print is priced off the quote in force at its own time, and the true side of the customer is
kept: that is what real tapes hide.

Source: calibration notes, sections 3 (sides), 4 (conditions) and 5 (sizes); vendor protocol,
section 5, for the condition ids.
"""

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import Ints
from spymaster.simulator.chain import Chain
from spymaster.simulator.orders import (
    AUCTION,
    BLOCK_S,
    CROSS,
    FLOOR,
    PACKAGE,
    SINGLE,
    SPLIT,
    STOCK_TIED,
    SWEEP,
    Draft,
    make_orders,
)
from spymaster.simulator.path import NS, DayPath
from spymaster.simulator.quoting import QuoteModel, quotes_at
from spymaster.simulator.venues import FLOOR_VENUES, QUOTE_CUMULATIVE, QUOTE_VENUES

# Sizes by quantile: half of all prints are one contract, the tail reaches thousands (section 5).
_SIZE_U = np.array([0.0, 0.53, 0.64, 0.75, 0.83, 0.90, 0.95, 0.99, 0.999, 0.9999, 1.0])
_SIZE_AT = np.log([1.0, 1.0, 2.0, 3.4, 5.4, 10.4, 20.4, 70.0, 300.0, 1200.0, 4000.0])
_ROUND_SIZES = np.array([10, 20, 25, 50, 100, 200, 250, 500, 1000])

_AT_TOUCH = 0.26  # regular prints in a market wider than one tick
# How often the side that crosses the spread is the customer's: what the published rules get right
# at the quotes, in intermarket sweeps and in packages.
_HONEST, _HONEST_SWEEP, _HONEST_PACKAGE = 0.70, 0.78, 0.60
_TAKES_ALL = 0.20  # single prints at the touch that take the whole quoted size
_RESTING = 0.65  # of those, a customer's own limit order; the rest are as likely as any
_ROUTED = 0.4  # first prints of a sweep that are sized to the display
_LEANS = 0.24  # prints at the middle whose customer pays up, toward the deeper side
# Packages that trade at the middle of their own market, and that pay a tick more than need be.
_PACKAGE_AT_MIDDLE, _PACKAGE_PAYS_UP = 0.35, 0.40
_CANCEL_RATE, _LATE_RATE = 0.0017, 0.0033
_ORDERS_A_BLOCK = 10_000_000  # more than any block has, so that numbers of orders never meet


@dataclass(frozen=True, slots=True)
class Prints:
    """Prints in columns, sorted by time. Prices in whole ticks of a cent."""

    row: NDArray[np.int32]
    """Row of the chain."""
    ts: Ints
    """SIP time, UNIX ns."""
    price: NDArray[np.int32]
    size: NDArray[np.int32]
    exchange: NDArray[np.int16]
    condition: NDArray[np.int16]
    customer_side: NDArray[np.int8]
    """True side: 1 bought, -1 sold, 0 for a cancel."""
    aggressor_side: NDArray[np.int8]
    """Who crossed the spread: 1 the buyer, -1 the seller, 0 for a cancel."""
    kind: NDArray[np.int8]
    """How the order was executed: `SINGLE` to `STOCK_TIED`."""
    order: Ints
    """Of the customer's order; prints of one order have the same. A cancel has its print's."""
    place: NDArray[np.int8]
    """Of the print within its order, from 0; with ``order``, what a cancel takes back."""
    sequence: Ints
    """The vendor's ``q``: it rises, with rare repeats and steps backwards."""

    def __len__(self) -> int:
        return len(self.ts)

    def take(self, rows: object) -> "Prints":
        """The prints that an index array, mask or slice picks."""
        return Prints(*(getattr(self, column.name)[rows] for column in fields(self)))

    @classmethod
    def concat(cls, parts: list[Self]) -> "Prints":
        """All prints of the parts, in order; at least one part."""
        return cls(
            *(np.concatenate([getattr(p, column.name) for p in parts]) for column in fields(cls))
        )


def make_prints(
    path: DayPath, chain: Chain, model: QuoteModel, seed: int, block: int, volume_scale: float
) -> Prints:
    """Draw the prints of one block, `BLOCK_S` seconds from ``block * BLOCK_S`` after the open."""
    rng = np.random.default_rng([seed, path.session.date.toordinal(), 5, block])
    draft = make_orders(rng, path, chain, block, volume_scale)
    count = len(draft.row)
    late = (rng.random(count) < _LATE_RATE) & (draft.kind == SINGLE)
    delay = np.where(late, rng.integers(10 * NS, 90 * NS, count), 0)
    quote = quotes_at(model, draft.row, draft.ts - delay)
    price, size, exchange, side, aggressor = _execute(rng, draft, quote)
    condition = _conditions(rng, draft, late, opening=block == 0)
    prints = Prints(
        row=draft.row,
        ts=draft.ts,
        price=price.astype(np.int32),
        size=size.astype(np.int32),
        exchange=exchange.astype(np.int16),
        condition=condition.astype(np.int16),
        customer_side=side.astype(np.int8),
        aggressor_side=aggressor.astype(np.int8),
        kind=draft.kind.astype(np.int8),
        order=block * _ORDERS_A_BLOCK + draft.order,
        place=draft.place.astype(np.int8),
        sequence=np.zeros(count, np.int64),
    )
    end_ns = path.session.open_ns + (block + 1) * BLOCK_S * NS
    return _numbered(
        rng, _with_cancels(rng, prints, min(end_ns, path.session.end_ns), block), block
    )


def _execute(
    rng: np.random.Generator, draft: Draft, quote: Ints
) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Price, size, venue, true customer side and aggressor of each print, from the quotes."""
    count = len(draft.row)
    bid, ask = quote[:, 0], quote[:, 1]
    ask = np.where(ask <= 0, bid + 1, ask)
    ask = np.maximum(ask, bid)
    wide = ask - bid
    customer = draft.order_side * draft.leg_sign
    swept = np.isin(draft.kind, (SPLIT, SWEEP))
    aggressor = customer * _honesty(rng, draft, swept)
    price = _prices(rng, draft, bid, ask, aggressor)

    touch = np.where(aggressor > 0, ask, bid)
    inside = (wide >= 4) & (draft.kind != PACKAGE) & (rng.random(count) > 0.94)
    price = np.where(inside, touch - aggressor, price)
    # The last venues of a sweep are one tick worse now and then.
    through = (draft.kind == SWEEP) & (draft.place >= 2) & (rng.random(count) < 0.06)
    price = np.where(through, price + aggressor, price)
    price = np.where(price < 1, ask, price)

    size = _sizes(rng, draft)
    quoted = np.where(aggressor > 0, quote[:, 3], quote[:, 2])
    fits = (price == touch) & (quoted > 0) & (quoted < 100)
    takes_all = fits & (draft.kind == SINGLE) & (rng.random(count) < _TAKES_ALL)
    routed = fits & (draft.kind == SWEEP) & (draft.place == 0) & (rng.random(count) < _ROUTED)
    size = np.where(takes_all | routed, quoted, size)
    side = np.where(takes_all & (rng.random(count) < _RESTING), -aggressor, customer)
    deeper = np.sign(quote[:, 3] - quote[:, 2])
    leans = (draft.kind == SINGLE) & (2 * price == bid + ask) & (deeper != 0)
    side = np.where(leans & (rng.random(count) < _LEANS), deeper, side)
    exchange = _exchanges(rng, draft, quote, aggressor, at_quote=takes_all | routed)
    return price, size, exchange, side, aggressor


def _honesty(rng: np.random.Generator, draft: Draft, swept: NDArray[np.bool_]) -> Ints:
    """1 where the customer crosses the spread, -1 where he is met: one draw for a whole order."""
    orders = int(draft.order.max(initial=-1)) + 1
    together = rng.random(orders)[draft.order]
    alone = rng.random(len(draft.row))
    package = draft.kind == PACKAGE
    u = np.where(swept | package, together, alone)
    share = np.select([swept, package], [_HONEST_SWEEP, _HONEST_PACKAGE], _HONEST)
    return np.where(u < share, 1, -1)


def _prices(rng: np.random.Generator, draft: Draft, bid: Ints, ask: Ints, aggressor: Ints) -> Ints:
    """Where each print trades: at the touch, or near the middle on the aggressor's side of it.

    A package has one price, the sum of its legs': all of them lean its aggressor's way, the first
    perhaps by a tick more, or every other one leans back and the whole trades at its middle.
    """
    swept = np.isin(draft.kind, (SPLIT, SWEEP))
    u = rng.random(len(draft.row))
    package = draft.kind == PACKAGE
    whole = rng.random(int(draft.order.max(initial=-1)) + 1)[draft.order]
    leans_back = package & (whole < _PACKAGE_AT_MIDDLE) & (draft.place % 2 == 1)
    toward = np.where(leans_back, -aggressor, aggressor)
    near = np.where(toward > 0, (bid + ask + 1) // 2, (bid + ask) // 2)
    pays_up = package & (whole > 1 - _PACKAGE_PAYS_UP) & (draft.place == 0)
    near = np.clip(near + np.where(pays_up, aggressor, 0), bid, ask)
    at_touch = np.select([swept, draft.kind == AUCTION, package], [0.93, 0.3, 0.0], _AT_TOUCH)
    touch = np.where(aggressor > 0, ask, bid)
    return np.where((u < at_touch) | ((ask - bid <= 1) & ~package), touch, near)


def _sizes(rng: np.random.Generator, draft: Draft) -> Ints:
    """Sizes in contracts; all legs of a package have the same, a butterfly's middle the double."""
    orders = int(draft.order.max()) + 1 if len(draft.order) else 0
    u = rng.random(len(draft.row))
    shared = rng.random(orders)[draft.order] if orders else u
    u = np.where(draft.kind == PACKAGE, shared, u)
    large = np.isin(draft.kind, (CROSS, FLOOR, STOCK_TIED))
    u = np.where(large, 0.93 + 0.07 * u, u)
    size = np.exp(np.interp(u, _SIZE_U, _SIZE_AT)).astype(np.int64)
    nearest = _ROUND_SIZES[np.abs(size[:, None] - _ROUND_SIZES).argmin(axis=1)]
    rounds = (size >= 8) & (np.modf(u * 9973)[0] < 0.45)
    size = np.where(rounds, nearest, size)
    legs = np.bincount(draft.order, minlength=orders)[draft.order]
    body = (draft.kind == PACKAGE) & (legs == 3) & (draft.place == 1)
    return np.where(body, 2 * size, size)


def _exchanges(
    rng: np.random.Generator,
    draft: Draft,
    quote: Ints,
    aggressor: Ints,
    *,
    at_quote: NDArray[np.bool_],
) -> Ints:
    """Venues: the quote's own, else by market share; one for a package, several for a sweep."""
    count = len(draft.row)
    any_venue = QUOTE_VENUES[np.searchsorted(QUOTE_CUMULATIVE, rng.random(count))]
    own = np.where(aggressor > 0, quote[:, 5], quote[:, 4])
    chosen = np.where((rng.random(count) < 0.6) & (own > 0), own, any_venue)
    orders = int(draft.order.max()) + 1 if count else 0
    one = QUOTE_VENUES[np.searchsorted(QUOTE_CUMULATIVE, rng.random(orders))]
    floor = FLOOR_VENUES[rng.integers(0, len(FLOOR_VENUES), orders)]
    first = rng.integers(0, len(QUOTE_VENUES), orders)
    if not count:
        return chosen
    spread = QUOTE_VENUES[(first[draft.order] + 3 * draft.place) % len(QUOTE_VENUES)]
    chosen = np.where(draft.kind == SWEEP, spread, chosen)
    chosen = np.where(np.isin(draft.kind, (PACKAGE, SPLIT)), one[draft.order], chosen)
    chosen = np.where(draft.kind == FLOOR, floor[draft.order], chosen)
    return np.where(at_quote & (own > 0), own, chosen)


def _conditions(
    rng: np.random.Generator, draft: Draft, late: NDArray[np.bool_], *, opening: bool
) -> Ints:
    count = len(draft.row)
    orders = int(draft.order.max()) + 1 if count else 0
    u = rng.random(orders)[draft.order] if count else np.empty(0)
    package = np.select(
        [u < 0.42, u < 0.84, u < 0.91, u < 0.97, u < 0.98, u < 0.99],
        [232, 233, 236, 238, 235, 234],
        239,
    )
    condition = np.select(
        [
            draft.kind == SWEEP,
            draft.kind == AUCTION,
            draft.kind == PACKAGE,
            draft.kind == CROSS,
            draft.kind == FLOOR,
            draft.kind == STOCK_TIED,
        ],
        [
            np.where(u < 0.72, 219, 209),
            np.where(u < 0.88, 227, 228),
            package,
            np.where(u < 0.85, 229, 230),
            np.full(count, 231),
            np.select([u < 0.5, u < 0.75, u < 0.9], [240, 237, 241], 243),
        ],
        np.where(u < 0.03, 219, 209),
    )
    reported = np.where(rng.random(count) < 0.6, 204, 202)
    if opening:
        reported = np.where(reported == 202, 206, 208)
    return np.where(late, reported, condition)


def _with_cancels(rng: np.random.Generator, prints: Prints, end_ns: int, block: int) -> Prints:
    """Add prints that take an earlier one of the block back, then sort by time."""
    ordinary = np.isin(prints.condition, (209, 219))
    chosen = np.flatnonzero(ordinary & (rng.random(len(prints)) < _CANCEL_RATE))
    ts = prints.ts[chosen] + rng.integers(NS // 2, 15 * NS, len(chosen))
    chosen, ts = chosen[ts < end_ns], ts[ts < end_ns]
    kinds = (201, 203) if block else (205, 207)
    which = np.where(rng.random(len(chosen)) < 0.8, *kinds).astype(np.int16)
    nobody = np.zeros(len(chosen), np.int8)
    cancels = replace(
        prints.take(chosen), ts=ts, condition=which, customer_side=nobody, aggressor_side=nobody
    )
    everything = Prints.concat([prints, cancels])
    inside = np.flatnonzero(everything.ts < end_ns)
    return everything.take(inside[np.argsort(everything.ts[inside], kind="stable")])


def _numbered(rng: np.random.Generator, prints: Prints, block: int) -> Prints:
    """Give sequence numbers that rise with gaps, except where the vendor's do not."""
    count = len(prints)
    sequence = block * 10_000_000 + np.cumsum(rng.integers(1, 40, count))
    u = rng.random(count)
    previous = np.roll(sequence, 1)
    if count:
        previous[0] = sequence[0]
    sequence = np.where(u < 0.001, previous, np.where(u > 0.9995, sequence - 500, sequence))
    return replace(prints, sequence=np.maximum(sequence, 1))
