"""A past day as the vendor's REST side gives it, page by page, in stored columns.

A page is decoded in a worker thread, and only a few at a time, so that memory does not grow with
the number of requests under way. Rows that are no print (no time, no price, no whole size) are left
out and counted.

Source: vendor protocol, sections 2.4, 3.4, 3.5 and 3.7.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final, Protocol
from urllib.parse import quote

import msgspec
import numpy as np
import pyarrow as pa

from spymaster.core.batches import MAX_PRICE, MAX_SIZE
from spymaster.core.errors import VendorDataError
from spymaster.storage.intervals import Interval
from spymaster.storage.schema import Kind, conform

PAGE_ROWS: Final = 50_000
"""The most that the vendor gives at once."""
_PROBE_ROWS: Final = 20
_REFERENCE_LIMIT: Final = 1_000
_DECODING: Final = 2
_MOST_PAGES: Final = 10_000
_INT64: Final = 2**63

type _Whole = int | float


class VendorGet(Protocol):
    """Asks the vendor: rate limit, retries and the key are its business."""

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        """The body of an answer. May raise a `VendorError`."""

    def next_path(self, next_url: str) -> str:
        """Path and query of the next page, on our own base address."""


class HistorySource(Protocol):
    """Where a day can be had from. Every call may raise a `VendorError`."""

    @property
    def name(self) -> str:
        """How the coverage file calls it."""

    @property
    def rejected(self) -> int:
        """Rows left out so far."""

    async def listed(self, underlying: str, date: str) -> list[str]:
        """Tickers that were listed on the date and expire on it."""

    def pages(self, kind: Kind, ticker: str, interval: Interval) -> AsyncGenerator[pa.Table]:
        """Rows of the interval, oldest first, as stored columns."""

    async def first_trades(self, ticker: str, interval: Interval) -> pa.Table:
        """A few of the first prints of the interval."""


class _Listed(msgspec.Struct):
    ticker: str = ""


class _Trade(msgspec.Struct, gc=False):
    sip_timestamp: _Whole = 0
    participant_timestamp: _Whole | None = None
    price: float = 0.0
    size: float = 0.0
    exchange: _Whole | None = None
    conditions: tuple[_Whole, ...] | None = None
    sequence_number: _Whole | None = None
    correction: _Whole | None = None


class _Quote(msgspec.Struct, gc=False):
    sip_timestamp: _Whole = 0
    bid_price: float | None = None
    bid_size: float | None = None
    bid_exchange: _Whole | None = None
    ask_price: float | None = None
    ask_size: float | None = None
    ask_exchange: _Whole | None = None
    sequence_number: _Whole | None = None


class _Page[RowT](msgspec.Struct):
    results: list[RowT] = []
    next_url: str | None = None


class _RawPage(msgspec.Struct):
    results: list[msgspec.Raw] = []
    next_url: str | None = None


_ROWS: Final[dict[Kind, Any]] = {"trades": _Trade, "quotes": _Quote}
_DECODERS: Final[dict[Any, msgspec.json.Decoder[Any]]] = {
    row: msgspec.json.Decoder(_Page[row])  # type: ignore[valid-type]
    for row in (_Listed, _Trade, _Quote)
}


class VendorHistory:
    """The vendor's history endpoints; implements `HistorySource`."""

    def __init__(self, http: VendorGet, name: str = "rest", page_rows: int = PAGE_ROWS) -> None:
        self._http = http
        self._page_rows = page_rows
        self._decoding = asyncio.Semaphore(_DECODING)
        self.name = name
        self.rejected = 0
        self.requests = 0
        """Pages asked for, since it was made."""

    async def listed(self, underlying: str, date: str) -> list[str]:
        """Tickers that were listed on the date and expire on it, by name.

        A past day's are asked for as of that day; if that tells none, among the expired ones.
        """
        base = {
            "underlying_ticker": underlying,
            "expiration_date": date,
            "limit": str(_REFERENCE_LIMIT),
        }
        for how in ({"as_of": date}, {"as_of": date, "expired": "true"}, {"expired": "true"}):
            path, query = "/v3/reference/options/contracts", {**base, **how}
            found: list[str] = []
            async with aclosing(self._bodies(path, query, _Listed)) as pages:
                async for rows, _ in pages:
                    found += [row.ticker for row in rows if row.ticker]
            if found:
                return sorted(set(found))
        return []

    async def pages(self, kind: Kind, ticker: str, interval: Interval) -> AsyncGenerator[pa.Table]:
        """Rows of the interval, oldest first, as stored columns, a page at a time."""
        query = _query(interval, self._page_rows)
        path = f"/v3/{kind}/{quote(ticker, safe=':')}"
        async with aclosing(self._bodies(path, query, _ROWS[kind], interval)) as pages:
            async for table, rejected in pages:
                self.rejected += rejected
                yield table

    async def first_trades(self, ticker: str, interval: Interval) -> pa.Table:
        """A few of the first prints of the interval."""
        path = f"/v3/trades/{quote(ticker, safe=':')}"
        query = _query(interval, _PROBE_ROWS)
        async with aclosing(self._bodies(path, query, _Trade, interval)) as pages:
            async for table, _ in pages:
                return table
        raise AssertionError("unreachable: there is always a first page")

    async def _bodies(
        self,
        path: str,
        query: dict[str, str],
        row: Any,
        interval: Interval | None = None,
    ) -> AsyncGenerator[tuple[Any, int]]:
        """The rows of each page, and how many were left out of it."""
        self.requests += 1
        body = await self._http.get(path, query)
        seen: set[str] = set()
        while True:
            async with self._decoding:
                made, rejected, next_url = await asyncio.to_thread(_made, body, row, interval)
            del body
            yield made, rejected
            if not next_url:
                return
            following = self._http.next_path(next_url)
            if following in seen or len(seen) >= _MOST_PAGES:
                raise VendorDataError(f"{path}: the vendor's pages lead back to one already read")
            seen.add(following)
            self.requests += 1
            body = await self._http.get(following)


def _query(interval: Interval, limit: int) -> dict[str, str]:
    return {
        "timestamp.gte": str(interval[0]),
        "timestamp.lt": str(interval[1]),
        "order": "asc",
        "sort": "timestamp",
        "limit": str(limit),
    }


def _made(body: bytes, row: Any, interval: Interval | None) -> tuple[Any, int, str | None]:
    """What a page holds, how many rows were left out, and where the next one is."""
    rows, skipped, next_url = _decode(body, row)
    if interval is None:
        return rows, skipped, next_url
    table, rejected = (trades_of if row is _Trade else quotes_of)(rows, interval)
    return table, skipped + rejected, next_url


def _decode(body: bytes, row: Any) -> tuple[list[Any], int, str | None]:
    try:
        page = _DECODERS[row].decode(body)
        return page.results, 0, page.next_url
    except (ValueError, RecursionError):
        pass  # some row is not as it should be: the others are read one by one
    try:
        raw = msgspec.json.decode(body, type=_RawPage)
    except (ValueError, RecursionError) as exc:
        raise VendorDataError(f"the vendor's answer is no JSON of the known form: {exc}") from exc
    rows = []
    for one in raw.results:
        try:
            rows.append(msgspec.json.decode(one, type=row))
        except (ValueError, RecursionError):
            continue
    return rows, len(raw.results) - len(rows), raw.next_url


def trades_of(rows: Sequence[_Trade], interval: Interval) -> tuple[pa.Table, int]:
    """Prints as stored columns, and how many rows are none."""
    time = _ints([row.sip_timestamp for row in rows])
    price = np.array([row.price for row in rows], dtype=np.float64)
    size = np.array([row.size for row in rows], dtype=np.float64)
    good = (price > 0) & (price <= MAX_PRICE) & (size >= 1) & (size <= MAX_SIZE)
    good &= (size == np.floor(size)) & (time >= interval[0]) & (time < interval[1])
    conditions = pa.array([_ids(row.conditions) for row in rows], pa.list_(pa.int16()))
    table = pa.table(
        {
            "sip_timestamp": time,
            "participant_timestamp": _column([row.participant_timestamp for row in rows], 64),
            "price": price,
            "size": np.where(good, size, 0).astype(np.int32),
            "exchange": _column([row.exchange for row in rows], 16),
            "conditions": conditions,
            "sequence_number": _column([row.sequence_number for row in rows], 64),
            "correction": _column([row.correction for row in rows], 8),
        }
    )
    return _good(conform(table, "trades"), good)


def quotes_of(rows: Sequence[_Quote], interval: Interval) -> tuple[pa.Table, int]:
    """Quotes as stored columns, and how many rows are none; a missing side is zeros."""
    time = _ints([row.sip_timestamp for row in rows])
    columns: dict[str, Any] = {"sip_timestamp": time}
    for side in ("bid", "ask"):
        price = np.array([getattr(row, f"{side}_price") or 0.0 for row in rows], dtype=np.float64)
        size = np.array([getattr(row, f"{side}_size") or 0.0 for row in rows], dtype=np.float64)
        columns[f"{side}_price"] = np.where((price > 0) & (price <= MAX_PRICE), price, 0.0)
        columns[f"{side}_size"] = np.clip(np.nan_to_num(size), 0, MAX_SIZE).astype(np.int32)
        columns[f"{side}_exchange"] = _column(
            [getattr(row, f"{side}_exchange") for row in rows], 16
        )
    columns["sequence_number"] = _column([row.sequence_number for row in rows], 64)
    good = (time >= interval[0]) & (time < interval[1])
    return _good(conform(pa.table(columns), "quotes"), good)


def _good(table: pa.Table, good: Any) -> tuple[pa.Table, int]:
    if good.all():
        return table, 0
    return table.filter(pa.array(good)), int(len(good) - good.sum())


def _ints(values: list[_Whole]) -> np.ndarray[Any, np.dtype[np.int64]]:
    try:
        return np.array(values, dtype=np.int64)
    except (OverflowError, ValueError):
        return np.array([int(v) if abs(v) < _INT64 else 0 for v in values], dtype=np.int64)


def _column(values: list[_Whole | None], bits: int) -> pa.Array:
    """Whole numbers of a width; null for what is absent or does not fit."""
    kind = {8: pa.int8(), 16: pa.int16(), 64: pa.int64()}[bits]
    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, OverflowError):
        most = 2 ** (bits - 1)
        return pa.array(
            [int(v) if v is not None and -most <= v < most else None for v in values], kind
        )


def _ids(conditions: tuple[_Whole, ...] | None) -> list[int] | None:
    """Condition ids; those that fit no int16 are kept as the largest one."""
    if conditions is None:
        return None
    return [int(one) if -(2**15) <= one < 2**15 else 2**15 - 1 for one in conditions]
