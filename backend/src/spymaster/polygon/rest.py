"""The vendor's REST endpoints that SPYMASTER uses, as columns and small rows.

`VendorHttp` gets bodies; this names endpoints, follows pages and builds columns. Only ``next_url``
tells whether there is another page: full pages may be the last, and short ones need not be. Big
pages are decoded in a worker thread, so that the event loop goes on.

Rows that cannot be read are left out and counted in `RestClient.rows_skipped`; prints that are
impossible in `RestClient.trades_rejected`.

Source: vendor protocol, sections 2.4 and 3.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from types import TracebackType
from typing import Self
from urllib.parse import quote

import aiohttp
import msgspec
import numpy as np
from pydantic import SecretStr

from spymaster.core.batches import QuoteBatch, TradeBatch
from spymaster.core.clock import Clock
from spymaster.core.errors import VendorDataError
from spymaster.core.snapshots import ChainSnapshot
from spymaster.polygon.http import TIMEOUT, VendorHttp
from spymaster.polygon.pacing import Sleep
from spymaster.polygon.rest_columns import (
    chain_snapshot,
    oldest_first,
    quote_columns,
    trade_columns,
)
from spymaster.polygon.rest_models import (
    ChainRow,
    Page,
    QuoteRow,
    TradeRow,
    page_decoder,
)

_CHAIN_LIMIT = 250
_TICKS_LIMIT = 10_000
"""Rows of a page; the vendor gives five times as many, but nothing else runs in this process while
a page is decoded."""
_THREAD_BYTES = 32_000  # some 200 rows, a millisecond
_MOST_PAGES = 10_000

_chain_page = page_decoder(ChainRow)
_trade_page = page_decoder(TradeRow)
_quote_page = page_decoder(QuoteRow)


class RestClient:
    """Asks the vendor; implements `core.ports.MarketRest`. Every call may raise a `VendorError`.

    Use it as ``async with``, or close it.
    """

    def __init__(
        self,
        base_url: str,
        key: SecretStr,
        clock: Clock,
        *,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
        sleep: Sleep = asyncio.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._clock = clock
        self._http = VendorHttp(base_url, key, clock, timeout=timeout, sleep=sleep, rng=rng)
        self.rows_skipped = 0
        """Rows that could not be read, since the client was made."""
        self.trades_rejected = 0
        """Prints that were impossible, since the client was made."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    @property
    def clock_ahead_s(self) -> float | None:
        """This machine's clock less the vendor's at the last answer, to a second; None unknown."""
        return self._http.clock_ahead_s

    async def chain(self, underlying: str, expiration: str) -> ChainSnapshot:
        """The chain of one expiration (``YYYY-MM-DD``), now; pages may differ by moments."""
        rows = await self._all(
            _chain_page,
            f"/v3/snapshot/options/{_quoted(underlying)}",
            {"expiration_date": expiration, "limit": str(_CHAIN_LIMIT)},
        )
        return self._snapshot(rows)

    async def trades(self, ticker: str, contract: int, start_ns: int, end_ns: int) -> TradeBatch:
        """All prints with ``start_ns <= ts_event < end_ns``, oldest first."""

        def columns(page: Page[TradeRow]) -> tuple[TradeBatch, int]:
            return trade_columns(page.rows, contract)

        parts = []
        path, query = f"/v3/trades/{_quoted(ticker)}", _interval(start_ns, end_ns, _TICKS_LIMIT)
        async with aclosing(self._pages(_trade_page, columns, path, query)) as pages:
            async for part, rejected in pages:
                self.trades_rejected += rejected
                parts.append(part)
        trades = TradeBatch.concat(parts)
        trades = trades.take(oldest_first(trades.ts_event, start_ns, end_ns))
        return trades.numbered(np.arange(len(trades)))

    async def quotes(
        self, ticker: str, contract: int, start_ns: int, end_ns: int, max_rows: int
    ) -> QuoteBatch:
        """Quotes with ``start_ns <= ts_event < end_ns``, oldest first, at most ``max_rows``."""

        def columns(page: Page[QuoteRow]) -> QuoteBatch:
            return quote_columns(page.rows, contract)

        parts: list[QuoteBatch] = []
        limit = max(1, min(_TICKS_LIMIT, max_rows))
        path, query = f"/v3/quotes/{_quoted(ticker)}", _interval(start_ns, end_ns, limit)
        async with aclosing(self._pages(_quote_page, columns, path, query)) as pages:
            async for part in pages:
                parts.append(part)
                if sum(map(len, parts)) >= max_rows:
                    break
        quotes = QuoteBatch.concat(parts)
        quotes = quotes.take(oldest_first(quotes.ts_event, start_ns, end_ns)[:max_rows])
        return quotes.numbered(np.arange(len(quotes)))

    def _snapshot(self, rows: list[ChainRow]) -> ChainSnapshot:
        named = [row for row in rows if row.name]
        self.rows_skipped += len(rows) - len(named)
        return chain_snapshot(named, self._clock.now_ns())

    async def _all[R: msgspec.Struct](
        self, decode: Callable[[bytes], Page[R]], path: str, query: dict[str, str]
    ) -> list[R]:
        """The rows of all pages."""
        rows: list[R] = []
        async with aclosing(self._pages(decode, lambda page: page.rows, path, query)) as pages:
            async for more in pages:
                rows.extend(more)
        return rows

    async def _pages[R: msgspec.Struct, T](
        self,
        decode: Callable[[bytes], Page[R]],
        make: Callable[[Page[R]], T],
        path: str,
        query: dict[str, str],
    ) -> AsyncGenerator[T]:
        """What ``make`` makes of each page; big ones are decoded and made off the event loop.

        Raises:
            VendorDataError: Pages that lead back to one already read.
        """

        def work(body: bytes) -> tuple[T, str | None, int]:
            page = decode(body)
            return make(page), page.next_url, page.skipped

        body = await self._http.get(path, query)
        seen: set[str] = set()
        while True:
            if len(body) > _THREAD_BYTES:
                made, next_url, skipped = await asyncio.to_thread(work, body)
            else:
                made, next_url, skipped = work(body)
            self.rows_skipped += skipped
            yield made
            if not next_url:
                return
            following = self._http.next_path(next_url)
            if following in seen or len(seen) >= _MOST_PAGES:
                raise VendorDataError(f"{path}: the vendor's pages lead back to one already read")
            seen.add(following)
            body = await self._http.get(following)


def _quoted(text: str) -> str:
    """A ticker inside a path: ``O:`` and ``I:`` stay, the slash of ``BRK/B`` does not."""
    return quote(text, safe=":")


def _interval(start_ns: int, end_ns: int, limit: int) -> dict[str, str]:
    return {
        "timestamp.gte": str(start_ns),
        "timestamp.lt": str(end_ns),
        "order": "asc",
        "sort": "timestamp",
        "limit": str(limit),
    }
