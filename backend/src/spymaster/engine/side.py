"""The live sequence that signs a print, compiled; prints of the stream and of REST go through it.

`find_quote` picks the quote of a print and says whether it is fit to sign by; `sign` goes through
the rules. Both write into a set of `Tag`. Sizes and prices are compared as integers.

Source: analytics sheet, 1.4 and 1.5.
"""

import numpy as np
from numba import njit

from spymaster.core.batches import PRICE_SCALE
from spymaster.core.compiling import inlined
from spymaster.core.conditions import AUCTION, AUTO, CROSS, FLOOR, ISO, MULTI_LEG, STOCK_TIED
from spymaster.engine.columns import CONFIDENCE, CONFIDENCE_SCALE, Rule, Tag

_AUCTION, _CROSS, _FLOOR, _ISO = (int(t) for t in (Tag.AUCTION, Tag.CROSS, Tag.FLOOR, Tag.ISO))
_STALE, _CROSSED, _ONE_SIDED = int(Tag.STALE), int(Tag.CROSSED), int(Tag.ONE_SIDED)
_LOCKED, _ZERO_BID, _WIDE = int(Tag.LOCKED), int(Tag.ZERO_BID), int(Tag.WIDE)
_MULTI_LEG, _STOCK_OPTION = int(Tag.MULTI_LEG), int(Tag.STOCK_OPTION)
_NEGOTIATED = _AUCTION | _CROSS | _FLOOR

_TAGS_BY_ID = np.array(
    [
        (_AUCTION if one in AUCTION else 0)
        | (_CROSS if one in CROSS else 0)
        | (_FLOOR if one in FLOOR else 0)
        | (_ISO if one in ISO else 0)
        | (_MULTI_LEG if one in MULTI_LEG else 0)
        | (_STOCK_OPTION if one in STOCK_TIED else 0)
        for one in range(256)
    ],
    dtype=np.int64,
)

_NONE, _TICK, _DEPTH = int(Rule.NONE), int(Rule.TICK), int(Rule.DEPTH)
_AT, _IN, _OUT = int(Rule.QUOTE_AT), int(Rule.QUOTE_IN), int(Rule.QUOTE_OUT)
_TSIZE, _VENUE_LOCK, _MODEL_MID = int(Rule.TSIZE), int(Rule.VENUE_LOCK), int(Rule.MODEL_MID)

_BASE = np.array([round(CONFIDENCE[rule] * CONFIDENCE_SCALE) for rule in Rule], dtype=np.int64)

_BY_QUOTE = np.array(["QUOTE" in rule.name or rule == Rule.TSIZE for rule in Rule])

_AUTO = AUTO
_CENT = PRICE_SCALE // 100
_EVEN = CONFIDENCE_SCALE // 2
FEED_GAP_MS = 2_000
_POLLED_MS = 3_000
_OLD_MS = 10_000
UNCROSSED_MS = 1_000
_MAX_MATCHED_SIZE = 100


@njit(cache=True)
def tags_of(conditions):  # type: ignore[no-untyped-def]
    """What packed condition ids say about how a print came about."""
    tags = 0
    while conditions:
        condition = conditions & 0xFFFF
        if condition < len(_TAGS_BY_ID):
            tags |= _TAGS_BY_ID[condition]
        conditions >>= 16
    return tags


@inlined
def is_stale(quote, age_ms, gap_ms, move, polled):  # type: ignore[no-untyped-def]
    """Whether a quote no longer holds. An unknown move (NaN) is none: age alone is no staleness."""
    if polled:
        return age_ms > _POLLED_MS
    if gap_ms > FEED_GAP_MS:
        return True
    if age_ms <= _OLD_MS:
        return False
    half = (quote.ask - quote.bid) / 2 if quote.ask > 0 else 0.0
    return abs(move) * PRICE_SCALE >= max(half, _CENT) - 1e-6


@inlined
def _before(place, kept):  # type: ignore[no-untyped-def]
    return place - 1 if place > 0 else kept - 1


@inlined
def find_quote(quotes, newest, left, ms, gap_ms, delta, spot, polled):  # type: ignore[no-untyped-def]
    """The quote of a print: (place in ``quotes`` or -1, whether it is usable, tags).

    Args:
        quotes: `QUOTE` records, in the order in which they came; the last place is before place 0.
        newest: Place of the one that came last.
        left: How many there are, it included.
        ms: Of the print. Only quotes of an earlier millisecond are looked at.
        gap_ms: From the last message on any contract to the print.
        delta: Of the contract, with ``spot``, to tell how far its value moved; NaN unknown.
        spot: Dollars, now.
        polled: Whether the quotes are from snapshots.
    """
    kept = len(quotes)
    place = newest
    while left > 0 and quotes[place].ms >= ms:
        place, left = _before(place, kept), left - 1
    if left == 0:
        return -1, False, 0
    quote = quotes[place]
    if is_stale(quote, ms - quote.ms, gap_ms, delta * (spot - quote.spot), polled):
        return place, False, _STALE
    if quote.ask <= 0:
        return place, False, _ONE_SIDED
    if quote.bid <= quote.ask:
        return place, True, 0
    seen_ms = quote.ms
    earlier = place
    for _ in range(left - 1):
        earlier = _before(earlier, kept)
        quote = quotes[earlier]
        if ms - quote.ms > UNCROSSED_MS:
            break
        if quote.ms == seen_ms:  # only the last one of a millisecond stood
            continue
        seen_ms = quote.ms
        if 0 < quote.bid <= quote.ask:
            return earlier, True, _CROSSED
    return place, False, _CROSSED


@inlined
def sign(  # type: ignore[no-untyped-def]
    quote, usable, tags, conditions, price, size, exchange, tick, model_mid, model_half, by_size
):
    """Sign a regular print: (side, aggressor, rule, confidence in 1/10,000, tags).

    Args:
        quote: The `QUOTE` that `find_quote` picked; any record where there is none.
        usable: As `find_quote` says.
        tags: Of the conditions and of `find_quote`.
        conditions: Packed ids.
        price: 1/10,000 $.
        size: Contracts.
        exchange: Venue id.
        tick: What the tick test says, 0 for nothing.
        model_mid: The model's price, dollars, NaN for none; looked at without a usable quote.
        model_half: Half a spread around it, dollars.
        by_size: Whether the trade-size rule is on.
    """
    side, aggressor, rule = 0, 0, _NONE
    if usable and quote.bid == quote.ask:
        tags |= _LOCKED
        side, rule = _by_locked_quote(quote, price, exchange)
        aggressor = side
    elif usable:
        tags |= _width_tags(quote)
        side, aggressor, rule = _by_size_match(quote, conditions, price, size, exchange, by_size)
        if rule == _NONE:
            side, rule = _by_middle(quote, price, tags)
            aggressor = side
    if rule == _NONE:
        side, rule = _by_model_or_tick(price, tick, np.nan if usable else model_mid, model_half)
        aggressor = side
    return side, aggressor, rule, _confidence(rule, tags, usable), tags


@inlined
def _by_locked_quote(quote, price, exchange):  # type: ignore[no-untyped-def]
    """Step 2: outside a locked quote, or at it on the venue of one side."""
    if price != quote.ask:
        return (1 if price > quote.ask else -1), _OUT
    if (exchange == quote.ask_exchange) != (exchange == quote.bid_exchange):
        return (1 if exchange == quote.ask_exchange else -1), _VENUE_LOCK
    return 0, _NONE


@inlined
def _width_tags(quote):  # type: ignore[no-untyped-def]
    """Step 3."""
    bid, ask = np.int64(quote.bid), np.int64(quote.ask)
    tags = _ZERO_BID if bid == 0 else 0
    if ask - bid > 10 * _CENT and 40 * (ask - bid) > bid + ask:
        tags |= _WIDE
    return tags


@inlined
def _by_size_match(quote, conditions, price, size, exchange, by_size):  # type: ignore[no-untyped-def]
    """Step 4: a print that takes just the size on show: (side, aggressor, rule)."""
    if (
        not by_size
        or (conditions != 0 and conditions != _AUTO)  # noqa: PLR1714 - numba has no mixed `in`
        or quote.bid <= 0
        or size > _MAX_MATCHED_SIZE
        or quote.bid_size == quote.ask_size
    ):
        return 0, 0, _NONE
    if price == quote.ask and exchange == quote.ask_exchange and size == quote.ask_size:
        return -1, 1, _TSIZE
    if price == quote.bid and exchange == quote.bid_exchange and size == quote.bid_size:
        return 1, -1, _TSIZE
    return 0, 0, _NONE


@inlined
def _by_middle(quote, price, tags):  # type: ignore[no-untyped-def]
    """Steps 5 and 6: above or below the middle of the quote, or at it by its depth."""
    bid, ask, twice = np.int64(quote.bid), np.int64(quote.ask), 2 * np.int64(price)
    if twice != bid + ask:
        rule = _IN if bid < price < ask else _OUT
        if (price - bid) * (price - ask) == 0:
            rule = _AT
        return (1 if twice > bid + ask else -1), rule
    if quote.ask_size != quote.bid_size and tags & _NEGOTIATED == 0:
        return (1 if quote.ask_size > quote.bid_size else -1), _DEPTH
    return 0, _NONE


@inlined
def _by_model_or_tick(price, tick, model_mid, model_half):  # type: ignore[no-untyped-def]
    """Step 7."""
    off = price / PRICE_SCALE - model_mid
    if abs(off) >= max(0.01, model_half / 2) - 1e-9:
        return (1 if off > 0 else -1), _MODEL_MID
    return tick, (_TICK if tick != 0 else _NONE)


@inlined
def _confidence(rule, tags, usable):  # type: ignore[no-untyped-def]
    """The rule's, then overrides of which the last wins, then what shrinks it."""
    confidence = _BASE[rule]
    if _BY_QUOTE[rule]:
        if tags & _ZERO_BID:
            confidence = min(confidence, 6_000)
        if tags & _ISO and rule != _IN and tags & (_AUCTION | _CROSS) == 0:
            confidence = 7_500
        if tags & _AUCTION:
            confidence = 6_500
        if tags & (_CROSS | _FLOOR):
            confidence = 5_500
    if tags & _CROSSED and usable:
        confidence = _EVEN + (confidence - _EVEN) * 4 // 5
    if tags & _WIDE:
        confidence = _EVEN + (confidence - _EVEN) * 4 // 5
    return confidence
