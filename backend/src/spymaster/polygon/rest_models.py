"""Rows of the vendor's REST answers; every field is optional, unknown ones are ignored.

The specification calls many fields required that recorded answers leave out. A missing number
reads as NaN where NaN means "the vendor gave nothing", and as 0 where the columns reject it.

Source: vendor protocol, sections 2.1, 2.2 and 3.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from spymaster.core.errors import VendorDataError

NAN = float("nan")

type Whole = int | float
"""A whole number, which the vendor may write as ``12.0``."""


class TradeRow(msgspec.Struct, gc=False):
    """A print of ``/v3/trades``; time in UNIX ns, price in dollars a share."""

    sip_timestamp: Whole = 0
    price: float = 0.0
    size: float = 0.0
    exchange: Whole | None = None
    conditions: tuple[Whole, ...] | None = None
    sequence_number: Whole | None = None


class QuoteRow(msgspec.Struct, gc=False):
    """An NBBO quote of ``/v3/quotes``; a side that is absent has price 0."""

    sip_timestamp: Whole = 0
    bid_price: float | None = None
    ask_price: float | None = None
    bid_size: float | None = None
    ask_size: float | None = None
    bid_exchange: Whole | None = None
    ask_exchange: Whole | None = None


class Details(msgspec.Struct):
    """What kind of contract a snapshot row shows."""

    ticker: str | None = None
    shares_per_contract: float | None = None


class Greeks(msgspec.Struct):
    """Per $1 of the underlying, per calendar day, per volatility point."""

    delta: float | None = None
    gamma: float | None = None
    theta: float | None = None
    vega: float | None = None


class LastQuote(msgspec.Struct):
    """The NBBO of a snapshot row, in dollars."""

    bid: float | None = None
    ask: float | None = None


class Underlying(msgspec.Struct):
    """Price (a share) or value (an index) of the underlying, where the plan includes it."""

    price: float | None = None
    value: float | None = None
    timeframe: str | None = None


class ChainRow(msgspec.Struct):
    """One contract of a snapshot. The universal snapshot names the ticker at the top."""

    ticker: str | None = None
    details: Details | None = None
    greeks: Greeks | None = None
    implied_volatility: float | None = None
    last_quote: LastQuote | None = None
    open_interest: float | None = None
    underlying_asset: Underlying | None = None
    error: str | None = None

    @property
    def name(self) -> str | None:
        """The ticker, wherever it stands; None for a row that reports an error."""
        if self.error is not None:
            return None
        return (self.details.ticker if self.details else None) or self.ticker


class _Page[RowT: msgspec.Struct](msgspec.Struct):
    results: list[RowT] | RowT | None = None
    next_url: str | None = None


class _RawPage(msgspec.Struct):
    results: msgspec.Raw = msgspec.Raw(b"null")  # Raw takes null as text; Raw | None takes nothing
    next_url: str | None = None


class Page[RowT: msgspec.Struct](msgspec.Struct, frozen=True):
    """One page of an answer."""

    rows: list[RowT]
    next_url: str | None
    """Where the next page is; None on the last."""
    skipped: int
    """Rows that could not be read."""


def page_decoder[R: msgspec.Struct](row: type[R]) -> Callable[[bytes], Page[R]]:
    """A decoder of pages of such rows, to be made once.

    It reads ``results`` as an array, an object or missing, and leaves out rows that it cannot read.

    Raises:
        VendorDataError: (the decoder) The body is no JSON object.
    """
    typed: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_Page[row])  # type: ignore[valid-type]
    one: msgspec.json.Decoder[R] = msgspec.json.Decoder(row)

    def decode(body: bytes) -> Page[R]:
        try:
            page = typed.decode(body)
        except (ValueError, RecursionError):
            return _row_by_row(body, one)
        rows = page.results
        if rows is None:
            rows = []
        return Page(rows if isinstance(rows, list) else [rows], page.next_url, 0)

    return decode


def _row_by_row[R: msgspec.Struct](body: bytes, decoder: msgspec.json.Decoder[R]) -> Page[R]:
    try:
        page = msgspec.json.decode(body, type=_RawPage)
        found = bytes(page.results)
        raws = [found] if found.startswith(b"{") else msgspec.json.decode(found, type=_RAW_ROWS)
    except (ValueError, RecursionError) as exc:
        raise VendorDataError(f"the vendor's answer is no JSON of the known form: {exc}") from exc
    rows, skipped = [], 0
    for raw in raws or ():
        try:
            rows.append(decoder.decode(raw))
        except (ValueError, RecursionError):
            skipped += 1
    return Page(rows, page.next_url, skipped)


_RAW_ROWS = list[msgspec.Raw] | None
