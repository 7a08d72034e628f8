"""Elements of the vendor's stream frames, and how a frame becomes a list of them.

A frame is a JSON array of objects, told apart by ``ev``. The whole frame goes through one typed
decoder, which nearly always succeeds. If it does not, the frame is read again element by element,
so that one bad element never costs its neighbours: ``null`` then means absent, whole numbers may be
written ``12.0``, and ``NaN`` or broken UTF-8 spoil only the element that holds them.

Every key has a default that the columns reject or read as "nothing there", because the vendor
leaves keys out that its specification requires. Unknown keys and unknown ``ev`` are ignored.

Source: vendor protocol, sections 1.2 to 1.5 and 10.
"""

import json
from dataclasses import dataclass
from typing import Any

import msgspec

from spymaster.core.contracts import ContractTable
from spymaster.core.errors import ContractError

_INT_LIMIT = 2**62  # what a column of int64 holds, with room to spare


class TradeElement(msgspec.Struct, tag_field="ev", tag="T", gc=False):
    """A print; ``t`` is UNIX milliseconds, ``p`` dollars a share, ``s`` contracts."""

    sym: str = ""
    p: float = 0.0
    s: int = 0
    t: int = 0
    x: int = 0
    c: tuple[int, ...] | None = None
    q: int = 0


class QuoteElement(msgspec.Struct, tag_field="ev", tag="Q", gc=False, rename={"as_": "as"}):
    """An NBBO quote; a side that is absent has price 0."""

    sym: str = ""
    bp: float = 0.0
    ap: float = 0.0
    bs: int = 0
    as_: int = 0
    t: int = 0
    bx: int = 0
    ax: int = 0


class StatusElement(msgspec.Struct, tag_field="ev", tag="status", gc=False):
    """The vendor's answer to a request, or its last word before it hangs up."""

    status: str = ""
    message: str = ""


class _SecondBar(msgspec.Struct, tag_field="ev", tag="A", gc=False):
    """Tolerated, not used; so are the next three. Listed to keep the frame on the fast path."""


class _MinuteBar(msgspec.Struct, tag_field="ev", tag="AM", gc=False):
    pass


class _FairValue(msgspec.Struct, tag_field="ev", tag="FMV", gc=False):
    pass


class _LaunchpadValue(msgspec.Struct, tag_field="ev", tag="LV", gc=False):
    pass


type Element = (
    TradeElement
    | QuoteElement
    | StatusElement
    | _SecondBar
    | _MinuteBar
    | _FairValue
    | _LaunchpadValue
)

_DECODER: msgspec.json.Decoder[list[Element]] = msgspec.json.Decoder(list[Element])
_KINDS: dict[object, type[TradeElement | QuoteElement | StatusElement]] = {
    "T": TradeElement,
    "Q": QuoteElement,
    "status": StatusElement,
}


@dataclass(frozen=True, slots=True)
class Frame:
    """What one frame held."""

    elements: list[Element]
    trades_rejected: int = 0
    """Unreadable trades, except those that name a contract of another underlying or expiration."""
    quotes_rejected: int = 0
    rejected: bool = False
    """The frame was no JSON array of objects."""


def decode_frame(frame: bytes | str, table: ContractTable) -> Frame:
    """Read a frame; never raises."""
    try:
        return Frame(_DECODER.decode(frame))
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        return decode_tolerantly(frame, table)


def decode_tolerantly(frame: bytes | str, table: ContractTable) -> Frame:
    """Read a frame element by element; about ten times slower than the typed decoder."""
    text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
    try:
        content = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return Frame([], rejected=True)
    if isinstance(content, dict) and content.get("ev") == "status":
        status = _convert(content, StatusElement)
        return Frame([status] if status else [], rejected=True)
    if not isinstance(content, list):
        return Frame([], rejected=True)
    elements: list[Element] = []
    lost = {"T": 0, "Q": 0}
    objects = [item for item in content if isinstance(item, dict)]
    for item in objects:
        ev = item.get("ev")
        kind = _KINDS.get(ev) if isinstance(ev, str) else None
        if kind is None:
            continue
        element = _convert(item, kind)
        if element is not None:
            elements.append(element)
        elif ev in lost and not _is_foreign(item.get("sym"), table):
            lost[ev] += 1
    return Frame(elements, lost["T"], lost["Q"], rejected=bool(content) and not objects)


def _convert[E: TradeElement | QuoteElement | StatusElement](
    item: dict[str, Any], kind: type[E]
) -> E | None:
    """The element, or None if it is unreadable."""
    try:
        known = {
            key: _plain(item[key])
            for key in kind.__struct_encode_fields__
            if item.get(key) is not None
        }
        return msgspec.convert(known | {"ev": item["ev"]}, kind)
    except ValueError:
        return None


def readable(text: str) -> str:
    """A text that can be written on: halves of surrogate pairs, which no file takes, become ``?``.

    Python's JSON lets them in, and so does whatever tells what a peer sent that was no UTF-8.
    """
    return text.encode(errors="replace").decode()


def _plain(value: Any) -> Any:
    """``12.0`` as 12, in lists too, and text that is `readable`; everything else as it is.

    Raises:
        ValueError: The number fits no column.
    """
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and abs(value) > _INT_LIMIT:
        raise ValueError("number out of range")
    return value


def _is_foreign(sym: object, table: ContractTable) -> bool:
    """Whether the text names a contract that this table leaves out."""
    try:
        return isinstance(sym, str) and table.number(sym) is None
    except ContractError:
        return False
