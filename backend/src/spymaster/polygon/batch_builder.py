"""Frames to batches: by compiled code where frames are as always, else from decoded elements.

Rows of other contracts are dropped before anything is counted.

Source: vendor protocol, section 1.5 (units), 1.9 (sequence numbers).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import cast

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import (
    NO_QUOTES,
    NO_TRADES,
    EventBatch,
    QuoteBatch,
    TradeBatch,
    quote_batch,
    trade_batch,
)
from spymaster.core.conditions import pack
from spymaster.core.contracts import ContractTable
from spymaster.core.errors import ContractError
from spymaster.polygon import frame_scanner
from spymaster.polygon.elements import Element, QuoteElement, TradeElement
from spymaster.polygon.symbol_table import FOREIGN, SymbolTable

_NS_PER_MS = 1_000_000
_MAX_MS = (2**63 - 1) // _NS_PER_MS
_NO_CONTRACT = -2  # a text that is no option ticker
_MAX_FOREIGN = 50_000  # tickers remembered, some 5 MB; a market-wide stream has 400,000 a day


@dataclass(frozen=True, slots=True)
class FrameEvents:
    """The events of frames that were read together."""

    batch: EventBatch
    quotes_rejected: int
    """Quotes without a readable contract or time."""


class BatchBuilder:
    """Builds batches over one contract table; remembers numbers and packed conditions."""

    def __init__(self, table: ContractTable) -> None:
        self._table = table
        self._known: dict[str, int] = {}
        self._symbols = SymbolTable()
        self._trade_rows, self._quote_rows = frame_scanner.room_for(0)
        self._fields = np.zeros(frame_scanner.FIELDS, dtype=np.int64)
        self._packed: dict[tuple[int, ...] | None, int] = {None: 0}

    def scan(self, frames: Sequence[bytes]) -> FrameEvents | None:
        """Events of frames that hold nothing out of the ordinary, as if they were one; else None.

        A ticker is ordinary from its second time on.
        """
        size = sum(map(len, frames))
        if size > len(self._trade_rows) * frame_scanner.SHORTEST_ELEMENT:
            self._trade_rows, self._quote_rows = frame_scanner.room_for(size)
        symbols, counts = self._symbols, np.zeros(frame_scanner.COUNTS, dtype=np.int64)
        for frame in frames:
            if not frame_scanner.scan(
                np.frombuffer(frame, np.uint8),
                *(symbols.words, symbols.numbers, self._trade_rows, self._quote_rows),
                *(self._fields, counts),
            ):
                return None
        trades, quotes, _, trades_rejected, quotes_rejected = counts.tolist()
        batch = EventBatch(
            # Copied, since the rows are written over by the next frame.
            TradeBatch(self._trade_rows[:trades].copy()) if trades else NO_TRADES,
            QuoteBatch(self._quote_rows[:quotes].copy()) if quotes else NO_QUOTES,
            trades_rejected,
        )
        return FrameEvents(batch, quotes_rejected)

    def build(self, elements: Sequence[Element]) -> FrameEvents:
        """Events of the trades and quotes among the elements.

        Raises:
            OverflowError: A number fits no int64; only elements of the typed decoder can hold one.
        """
        kinds = list(map(type, elements))
        trades, quotes = NO_TRADES, NO_QUOTES
        trades_lost = quotes_lost = 0
        if TradeElement in kinds:
            prints, places = _pick(TradeElement, elements, kinds)
            trades, trades_lost = self._trades(prints, places)
        if QuoteElement in kinds:
            nbbo, places = _pick(QuoteElement, elements, kinds)
            quotes, quotes_lost = self._quotes(nbbo, places)
        return FrameEvents(EventBatch(trades, quotes, trades_lost), quotes_lost)

    def _trades(
        self, elements: Sequence[TradeElement], places: NDArray[np.int64]
    ) -> tuple[TradeBatch, int]:
        """The prints of our contracts, and how many were rejected."""
        contract = self._numbers(elements)
        unreadable = 0
        if contract.min() < 0:
            ours = contract >= 0
            unreadable = int(np.count_nonzero(contract == _NO_CONTRACT))
            elements = list(compress(elements, ours.tolist()))
            if not elements:
                return NO_TRADES, unreadable
            places, contract = places[ours], contract[ours]
        count = len(elements)
        trades, impossible = trade_batch(
            contract=contract,
            ts_event=_nanoseconds(np.fromiter([e.t for e in elements], np.int64, count)),
            price=np.fromiter([e.p for e in elements], np.float64, count),
            size=np.fromiter([e.s for e in elements], np.float64, count),
            exchange=np.fromiter([e.x for e in elements], np.int64, count),
            conditions=np.fromiter(self._conditions(elements), np.int64, count),
            sequence=np.fromiter([e.q for e in elements], np.int64, count),
            arrival=places,
        )
        return trades, unreadable + impossible

    def _quotes(
        self, elements: Sequence[QuoteElement], places: NDArray[np.int64]
    ) -> tuple[QuoteBatch, int]:
        """The quotes of our contracts, and how many were rejected."""
        count = len(elements)
        quotes = quote_batch(
            contract=self._numbers(elements),
            ts_event=_nanoseconds(np.fromiter([e.t for e in elements], np.int64, count)),
            bid=np.fromiter([e.bp for e in elements], np.float64, count),
            ask=np.fromiter([e.ap for e in elements], np.float64, count),
            bid_size=np.fromiter([e.bs for e in elements], np.float64, count),
            ask_size=np.fromiter([e.as_ for e in elements], np.float64, count),
            bid_exchange=np.fromiter([e.bx for e in elements], np.int64, count),
            ask_exchange=np.fromiter([e.ax for e in elements], np.int64, count),
            arrival=places,
        )
        if quotes.contract.min() >= 0 and quotes.ts_event.min() > 0:
            return quotes, 0
        foreign = int(np.count_nonzero(quotes.contract == FOREIGN))
        kept = quotes.take((quotes.contract >= 0) & (quotes.ts_event > 0))
        return kept, count - len(kept) - foreign

    def _numbers(self, elements: Sequence[TradeElement | QuoteElement]) -> NDArray[np.int32]:
        """The number of each element's contract, or one of the negative marks."""
        known = self._known
        try:
            numbers = [known[e.sym] for e in elements]
        except KeyError:
            numbers = [known[e.sym] if e.sym in known else self._number(e.sym) for e in elements]
        return np.fromiter(numbers, np.int32, len(numbers))

    def _number(self, ticker: str) -> int:
        """The number of a ticker not remembered."""
        try:
            number = self._table.number(ticker)
        except ContractError:
            return _NO_CONTRACT
        if len(self._known) - len(self._table) >= _MAX_FOREIGN:
            self._known.clear()
            self._symbols.clear()
        known = self._known[ticker] = FOREIGN if number is None else number
        self._symbols.add(ticker, known)
        return known

    def _conditions(self, elements: Sequence[TradeElement]) -> list[int]:
        packed = self._packed
        try:
            return [packed[e.c] for e in elements]
        except KeyError:
            # A table of everything ever seen would let a hostile stream grow it without end.
            for e in elements:
                if e.c not in packed and len(packed) < 10_000:
                    packed[e.c] = pack(e.c)
            return [packed[e.c] if e.c in packed else pack(e.c) for e in elements]


def _pick[E](
    kind: type[E], elements: Sequence[object], kinds: Sequence[type]
) -> tuple[list[E], NDArray[np.int64]]:
    """The elements of a kind, and where in the frame they stand."""
    if kinds.count(kind) == len(kinds):
        return cast("list[E]", elements), np.arange(len(kinds))
    mask = [one is kind for one in kinds]
    picked = cast("list[E]", list(compress(elements, mask)))
    return picked, np.flatnonzero(np.fromiter(mask, np.bool_, len(mask)))


def _nanoseconds(ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Milliseconds as nanoseconds; 0 for what no clock shows."""
    if ms.min() < 0 or ms.max() > _MAX_MS:
        ms = np.where((ms >= 0) & (ms <= _MAX_MS), ms, 0)
    return ms * _NS_PER_MS
