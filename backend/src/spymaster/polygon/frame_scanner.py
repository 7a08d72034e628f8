"""The frames that nearly always come, read by compiled code straight into rows.

`scan` understands what the vendor writes on a normal day: an array of flat objects whose values
are plain text, non-negative numbers or lists of whole numbers, about contracts that are known
already. At anything else it gives up, and the frame goes through the decoders of `elements`, which
know every oddity. Whatever `scan` accepts it reads exactly as those do; a test holds the two
together.

No object is made for an element, which is what makes this several times faster than decoding.

Source: vendor protocol, sections 1.2 to 1.5.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import MAX_PRICE, MAX_SIZE, PRICE_SCALE, QUOTE, TRADE
from spymaster.core.compiling import inlined, uncounted
from spymaster.core.conditions import BITS, MAX_PACKED, UNKNOWN
from spymaster.polygon.symbol_table import UNSEEN, find

SHORTEST_ELEMENT: Final = 20
"""Bytes; there are at most so many rows in a frame as these fit into it."""

# Places in the counts that `scan` keeps.
TRADES, QUOTES, PLACE, TRADES_REJECTED, QUOTES_REJECTED = range(5)
COUNTS: Final = 5

_MOST_DIGITS = 15
_MAX_MS = (2**63 - 1) // 1_000_000
_MAX_SCALED = round(MAX_PRICE * PRICE_SCALE)
_DECIMALS = 4
assert 10**_DECIMALS == PRICE_SCALE


@inlined
def _skip_space(buf, at):  # type: ignore[no-untyped-def]
    while at < len(buf) and (buf[at] == 32 or (9 <= buf[at] <= 13 and buf[at] not in (11, 12))):
        at += 1
    return at


@inlined
def _byte(buf, at):  # type: ignore[no-untyped-def]
    """The byte at a place, 0 past the end."""
    return buf[at] if at < len(buf) else np.uint8(0)


@uncounted
def _text_end(buf, at):  # type: ignore[no-untyped-def]
    """The place of the quotation mark that ends a text; -1 if it holds more than plain ASCII."""
    while at < len(buf):
        byte = buf[at]
        if byte == 34:
            return at
        if byte == 92 or byte < 32 or byte >= 127:
            return -1
        at += 1
    return -1


@uncounted
def _number(buf, at):  # type: ignore[no-untyped-def]
    """(digits as a whole number, how many of them are decimals, place after); -1 for no such."""
    first = at
    value = np.int64(0)
    while at < len(buf) and 48 <= buf[at] <= 57:
        value = 10 * value + np.int64(buf[at] - 48)
        at += 1
        if at - first > _MOST_DIGITS:
            return np.int64(-1), 0, at
    if at == first or (buf[first] == 48 and at - first > 1):
        return np.int64(-1), 0, at
    decimals = 0
    if _byte(buf, at) == 46:
        at += 1
        whole = at
        while at < len(buf) and 48 <= buf[at] <= 57:
            value = 10 * value + np.int64(buf[at] - 48)
            at += 1
            if at - first > _MOST_DIGITS:
                return np.int64(-1), 0, at
        decimals = at - whole
        if decimals == 0:
            return np.int64(-1), 0, at
    if _byte(buf, at) in (101, 69):  # an exponent
        return np.int64(-1), 0, at
    return value, decimals, at


@uncounted
def _conditions(buf, at):  # type: ignore[no-untyped-def]
    """(packed ids of a list of whole numbers, place after it); -1 for anything else."""
    packed = np.int64(0)
    count = 0
    at = _skip_space(buf, at + 1)
    if _byte(buf, at) == 93:
        return packed, at + 1
    while True:
        value, decimals, at = _number(buf, at)
        if value < 0 or decimals:
            return np.int64(-1), at
        if count < MAX_PACKED:
            packed |= (value if 0 < value < UNKNOWN else np.int64(UNKNOWN)) << (BITS * count)
        count += 1
        at = _skip_space(buf, at)
        byte = _byte(buf, at)
        if byte == 93:
            return packed, at + 1
        if byte != 44:
            return np.int64(-1), at
        at = _skip_space(buf, at + 1)


@inlined
def _scaled(value, decimals):  # type: ignore[no-untyped-def]
    """Hundredths of a cent of a price; 0 for one that is too high."""
    if value > _MAX_SCALED:
        return 0
    for _ in range(_DECIMALS - decimals):
        value *= 10
    return value if value <= _MAX_SCALED else 0


@inlined
def _small(value):  # type: ignore[no-untyped-def]
    return value if value < 2**15 else 0


# Short texts are told apart as numbers, their bytes little end first. Each key whose value is a
# number has a place in the fields that are collected of an element.
_EV = 0x7665
_SYM = 0x6D7973
_KEYS = ("p", "bp", "ap", "s", "t", "x", "q", "bs", "as", "bx", "ax")
_P, _BP, _AP, _S, _T, _X, _Q, _BS, _AS, _BX, _AX = range(len(_KEYS))
FIELDS: Final = len(_KEYS)
_PRICES = 3  # the first of them
_FIELD_OF = np.full(1 << 16, -1, dtype=np.int8)
for _field, _key in enumerate(_KEYS):
    _FIELD_OF[int.from_bytes(_key.encode(), "little")] = _field
_CONDITION_LIST = ord("c")
_TRADE, _QUOTE = ord("T"), ord("Q")
_OTHERS = np.array(
    [int.from_bytes(name, "little") for name in (b"A", b"AM", b"FMV", b"LV")], dtype=np.int64
)


@inlined
def _code(buf, start, end):  # type: ignore[no-untyped-def]
    """A short text as a number; -1 for a longer one."""
    if end - start > 3:
        return np.int64(-1)
    code = np.int64(0)
    for place in range(end - start):
        code |= np.int64(buf[start + place]) << (8 * place)
    return code


@inlined
def _field_of(name):  # type: ignore[no-untyped-def]
    """The place of a key's number; -1 for any other key."""
    return _FIELD_OF[name] if 0 <= name < len(_FIELD_OF) else -1


@uncounted
def _element(buf, at, fields):  # type: ignore[no-untyped-def]
    """Read one object: (kind, start and end of its ticker, packed conditions, place after it).

    ``fields`` receives the numbers, prices scaled. A kind of -1: not understood.
    """
    fields[:] = 0
    kind, conditions = np.int64(-1), np.int64(0)
    symbol, symbol_end = 0, 0
    nothing = np.int64(-1), 0, 0, np.int64(0), at
    if _byte(buf, at) != 123:
        return nothing
    at = _skip_space(buf, at + 1)
    while True:
        if _byte(buf, at) != 34:
            return nothing
        end = _text_end(buf, at + 1)
        if end < 0:
            return nothing
        name = _code(buf, at + 1, end)
        at = _skip_space(buf, end + 1)
        if _byte(buf, at) != 58:
            return nothing
        at = _skip_space(buf, at + 1)
        byte = _byte(buf, at)
        if byte == 34:
            end = _text_end(buf, at + 1)
            if end < 0:
                return nothing
            if name == _EV:
                kind = _code(buf, at + 1, end)
            elif name == _SYM:
                symbol, symbol_end = at + 1, end
            elif name == _CONDITION_LIST or _field_of(name) >= 0:
                return nothing
            at = end + 1
        elif byte == 91:
            packed, at = _conditions(buf, at)
            if packed < 0 or name == _EV or name == _SYM or _field_of(name) >= 0:
                return nothing
            if name == _CONDITION_LIST:
                conditions = packed
        else:
            value, decimals, at = _number(buf, at)
            if value < 0 or name == _EV or name == _SYM or name == _CONDITION_LIST:
                return nothing
            field = _field_of(name)
            if field >= 0:
                is_price = field < _PRICES
                if decimals > (_DECIMALS if is_price else 0):
                    return nothing
                fields[field] = _scaled(value, decimals) if is_price else value
        at = _skip_space(buf, at)
        byte = _byte(buf, at)
        if byte == 125:
            return kind, symbol, symbol_end, conditions, at + 1
        if byte != 44:
            return nothing
        at = _skip_space(buf, at + 1)


@uncounted
def _put_trade(row, fields, contract, conditions, place):  # type: ignore[no-untyped-def]
    """Fill a row; whether it is a print."""
    ms, size = fields[_T], fields[_S]
    if fields[_P] == 0 or not 0 < ms <= _MAX_MS or not 0 < size <= MAX_SIZE:
        return False
    row.contract = contract
    row.ts_event = ms * 1_000_000
    row.price = fields[_P]
    row.size = size
    row.exchange = _small(fields[_X])
    row.conditions = conditions
    row.sequence = fields[_Q]
    row.arrival = place
    return True


@uncounted
def _put_quote(row, fields, contract, place):  # type: ignore[no-untyped-def]
    """Fill a row; whether it has a time."""
    ms = fields[_T]
    if not 0 < ms <= _MAX_MS:
        return False
    row.contract = contract
    row.ts_event = ms * 1_000_000
    row.bid = fields[_BP]
    row.ask = fields[_AP]
    row.bid_size = min(fields[_BS], MAX_SIZE)
    row.ask_size = min(fields[_AS], MAX_SIZE)
    row.bid_exchange = _small(fields[_BX])
    row.ask_exchange = _small(fields[_AX])
    row.arrival = place
    return True


@uncounted
def scan(buf, words, numbers, trades, quotes, fields, counts):  # type: ignore[no-untyped-def]
    """Append a frame's rows after those of the frames before it; whether it was understood.

    Args:
        buf: The frame's bytes.
        words: Of a `SymbolTable`.
        numbers: Of the same.
        trades: `TRADE` records, with room.
        quotes: `QUOTE` records, with room.
        fields: Room for the numbers of one element, `FIELDS` of them.
        counts: How many rows there are so far, elements passed and elements rejected; if the frame
            was not understood, rows and counts are void.
    """
    at = _skip_space(buf, 0)
    if _byte(buf, at) != 91:
        return False
    at = _skip_space(buf, at + 1)
    if _byte(buf, at) == 93:
        return _skip_space(buf, at + 1) == len(buf)
    while True:
        kind, symbol, symbol_end, conditions, at = _element(buf, at, fields)
        if kind == _TRADE or kind == _QUOTE:
            contract = find(words, numbers, buf, symbol, symbol_end)
            if contract == UNSEEN:
                return False
            if contract >= 0 and kind == _TRADE:
                good = _put_trade(
                    trades[counts[TRADES]], fields, contract, conditions, counts[PLACE]
                )
                counts[TRADES if good else TRADES_REJECTED] += 1
            elif contract >= 0:
                good = _put_quote(quotes[counts[QUOTES]], fields, contract, counts[PLACE])
                counts[QUOTES if good else QUOTES_REJECTED] += 1
        elif kind not in _OTHERS:
            return False
        counts[PLACE] += 1
        at = _skip_space(buf, at)
        byte = _byte(buf, at)
        if byte == 93:
            return _skip_space(buf, at + 1) == len(buf)
        if byte != 44:
            return False
        at = _skip_space(buf, at + 1)


def room_for(frames_bytes: int) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Rows enough for the trades, and for the quotes, of so many bytes of frames."""
    most = frames_bytes // SHORTEST_ELEMENT + 1
    return np.zeros(most, dtype=TRADE), np.zeros(most, dtype=QUOTE)
