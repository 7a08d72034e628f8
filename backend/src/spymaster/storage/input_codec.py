"""Inputs of a session as bytes, and back.

Columns are written little-endian, one after the other: 42 bytes a print and 36 a quote. A reader
never trusts them: lengths are checked, and so are the numbers of contracts, against how many were
listed by then.
"""

import sys
from dataclasses import astuple
from typing import Annotated, Any, Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import QUOTE, TRADE, EventBatch, QuoteBatch, TradeBatch
from spymaster.core.errors import DataError
from spymaster.core.inputs import (
    ChainSeen,
    ContractsListed,
    Events,
    Input,
    Lost,
    Refilled,
    RuleChosen,
    Rules,
    Span,
    SpanChosen,
    Started,
    Streaming,
    Whole,
)
from spymaster.core.snapshots import ChainSnapshot

assert sys.byteorder == "little", "values are written as they lie in memory"

type _Count = Annotated[int, msgspec.Meta(ge=0)]

_FLOATS: Final = (
    *("delta", "gamma", "theta", "vega", "implied_volatility", "open_interest"),
    *("bid", "ask", "shares_per_contract"),
)
_ARRIVAL: Final = ("arrival", np.dtype(np.int32))
"""Is written relative to the first of its record."""


def _columns_of(rows: np.dtype[np.void], *names: str) -> list[tuple[str, np.dtype[Any]]]:
    return [*((name, rows[name]) for name in names), _ARRIVAL]


_OF_TRADES: Final = _columns_of(
    TRADE, "contract", "ts_event", "price", "size", "exchange", "conditions", "sequence"
)
_OF_QUOTES: Final = _columns_of(
    QUOTE,
    *("contract", "ts_event", "bid", "ask", "bid_size", "ask_size", "bid_exchange", "ask_exchange"),
)


class _Events(msgspec.Struct, tag="events", array_like=True):
    first: int
    rejected: _Count
    trades: bytes
    quotes: bytes


class _Listed(msgspec.Struct, tag="listed", array_like=True):
    tickers: list[str]


class _Chain(msgspec.Struct, tag="chain", array_like=True):
    market_ns: int
    ts_received: int
    tickers: list[str]
    columns: bytes
    price: float | None
    timeframe: Literal["REAL-TIME", "DELAYED"] | None


class _Refilled(msgspec.Struct, tag="refilled", array_like=True):
    contract: _Count
    trades: bytes
    quotes: bytes


class _Span(msgspec.Struct, tag="span", array_like=True):
    span: Span


class _Rule(msgspec.Struct, tag="rule", array_like=True):
    trade_size: bool


class _Rules(msgspec.Struct, array_like=True):
    greeks_source: Literal["model", "vendor"]
    trade_size: bool
    quote_lag_ms: _Count


class _Started(msgspec.Struct, tag="started", array_like=True):
    span: Span
    rules: _Rules | None = None


class _Streaming(msgspec.Struct, tag="streaming", array_like=True):
    contracts: list[_Count]
    on: bool


class _Whole(msgspec.Struct, tag="whole", array_like=True):
    contract: _Count
    until_ns: int


class _Lost(msgspec.Struct, tag="lost", array_like=True):
    rows: _Count


type _Record = (
    _Events | _Listed | _Chain | _Refilled | _Span | _Rule | _Started | _Streaming | _Whole | _Lost
)

_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[_Record] = msgspec.msgpack.Decoder(_Record)


def encode(entry: Input) -> bytes:
    """One input as bytes."""
    return _ENCODER.encode(_record(entry))


def decode(data: bytes, contracts: int) -> Input:
    """An input as it went in, bit for bit.

    Args:
        data: What `encode` gave.
        contracts: How many were listed before it; it may name no other.

    Raises:
        DataError: These bytes are no input.
    """
    try:
        entry = _input(_DECODER.decode(data))
        for numbers in _numbers_of(entry):
            if len(numbers) and not 0 <= np.min(numbers) <= np.max(numbers) < contracts:
                raise ValueError("it names a contract that was not listed before it")
        return entry
    except (msgspec.DecodeError, ValueError) as exc:
        raise DataError(f"a recorded input is unreadable ({exc})") from exc


def joined(entries: list[Input]) -> list[Input]:
    """The same inputs with neighbouring events as one; the engine does the same with both."""
    found: list[Input] = []
    parts: list[EventBatch] = []
    for entry in entries:
        if isinstance(entry, Events):
            parts.append(entry.batch)
            continue
        if parts:
            found.append(Events(_concat(parts)))
            parts = []
        found.append(entry)
    if parts:
        found.append(Events(_concat(parts)))
    return found


def _concat(parts: list[EventBatch]) -> EventBatch:
    if len(parts) == 1:
        return parts[0]
    return EventBatch(
        TradeBatch.concat([part.trades for part in parts]),
        QuoteBatch.concat([part.quotes for part in parts]),
        sum(part.trades_rejected for part in parts),
    )


def _record(entry: Input) -> _Record:
    match entry:
        case Events(batch):
            starts = [int(rows.arrival[0]) for rows in (batch.trades, batch.quotes) if len(rows)]
            first = min(starts, default=0)
            return _Events(
                first,
                batch.trades_rejected,
                _bytes(batch.trades, first),
                _bytes(batch.quotes, first),
            )
        case ContractsListed(tickers):
            return _Listed(tickers)
        case ChainSeen(snapshot, market_ns):
            columns = [np.asarray(getattr(snapshot, name), dtype=np.float64) for name in _FLOATS]
            return _Chain(
                market_ns,
                snapshot.ts_received,
                snapshot.tickers,
                b"".join(column.tobytes() for column in columns),
                snapshot.underlying_price,
                snapshot.underlying_timeframe,
            )
        case Refilled(contract, trades, quotes):
            return _Refilled(contract, _bytes(trades, 0), _bytes(quotes, 0))
        case SpanChosen(span):
            return _Span(span)
        case RuleChosen(trade_size):
            return _Rule(trade_size)
        case Started(span, rules):
            return _Started(span, None if rules is None else _Rules(*astuple(rules)))
        case Streaming(contracts, on):
            return _Streaming(contracts, on)
        case Whole(contract, until_ns):
            return _Whole(contract, until_ns)
        case Lost(rows):
            return _Lost(rows)


def _input(record: _Record) -> Input:
    match record:
        case _Events(first, rejected, trades, quotes):
            return Events(EventBatch(_trades(trades, first), _quotes(quotes, first), rejected))
        case _Listed(tickers):
            return ContractsListed(tickers)
        case _Chain():
            return ChainSeen(_snapshot(record), record.market_ns)
        case _Refilled(contract, trades, quotes):
            return Refilled(contract, _trades(trades, 0), _quotes(quotes, 0))
        case _Span(span):
            return SpanChosen(span)
        case _Rule(trade_size):
            return RuleChosen(trade_size)
        case _Started(span, rules):
            return Started(span, None if rules is None else Rules(*msgspec.structs.astuple(rules)))
        case _Streaming(contracts, on):
            return Streaming(contracts, on)
        case _Whole(contract, until_ns):
            return Whole(contract, until_ns)
        case _Lost(rows):
            return Lost(rows)


def _numbers_of(entry: Input) -> list[NDArray[np.int32] | list[int]]:
    """The numbers of contracts that an input names."""
    match entry:
        case Events(batch):
            return [batch.trades.contract, batch.quotes.contract]
        case Refilled(contract, trades, quotes):
            return [[contract], trades.contract, quotes.contract]
        case Streaming(contracts):
            return [contracts]
        case Whole(contract):
            return [[contract]]
        case _:
            return []


def _bytes(batch: TradeBatch | QuoteBatch, first: int) -> bytes:
    rows = batch.rows
    columns = _OF_TRADES if isinstance(batch, TradeBatch) else _OF_QUOTES
    parts = [rows[name].tobytes() for name, _ in columns[:-1]]
    parts.append((rows["arrival"] - first).astype(_ARRIVAL[1]).tobytes())
    return b"".join(parts)


def _trades(data: bytes, first: int) -> TradeBatch:
    return TradeBatch(_rows(TRADE, _OF_TRADES, data, first))


def _quotes(data: bytes, first: int) -> QuoteBatch:
    return QuoteBatch(_rows(QUOTE, _OF_QUOTES, data, first))


def _rows(
    kind: np.dtype[np.void], columns: list[tuple[str, np.dtype[Any]]], data: bytes, first: int
) -> NDArray[np.void]:
    count, rest = divmod(len(data), sum(dtype.itemsize for _, dtype in columns))
    if rest:
        raise ValueError("its columns differ in length")
    rows = np.zeros(count, kind)
    place = 0
    for name, dtype in columns:
        rows[name] = np.frombuffer(data, dtype, count, place)
        place += count * dtype.itemsize
    rows["arrival"] += first
    return rows


def _snapshot(record: _Chain) -> ChainSnapshot:
    rows = len(record.tickers)
    if len(record.columns) != rows * len(_FLOATS) * 8:
        raise ValueError("its columns differ in length")
    table = np.frombuffer(record.columns, np.float64).reshape(len(_FLOATS), rows)
    return ChainSnapshot(
        record.ts_received,
        record.tickers,
        **{name: table[row].copy() for row, name in enumerate(_FLOATS)},
        underlying_price=record.price,
        underlying_timeframe=record.timeframe,
    )
