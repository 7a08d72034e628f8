"""Events of the stream as the vendor writes them: JSON arrays of events, kinds mixed.

Trades and quotes carry milliseconds here (REST carries nanoseconds). The faults that change single
events are applied here, to what is sent only; the market's truth never knows of them.

Source: vendor protocol, section 1.5.
"""

import random
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spymaster.simulator.faults import Faults
from spymaster.simulator.prints import Prints
from spymaster.simulator.quoting import Quotes

MAX_FRAME_BYTES: Final = 400_000
"""Frames are split above this; clients refuse 1,000,000."""
_MS: Final = 1_000_000
_EXTRA: Final = ',"dv":"1.0","zz":{"unheard":[1,null]}'
_BAD: Final = (
    '{{"ev":"T","sym":"{sym}","x":302,"p":-1.25,"s":5,"c":[209],"t":{t},"q":1}}',
    '{{"ev":"T","sym":"{sym}","x":302,"p":1.25,"s":-3,"c":[209],"t":{t},"q":2}}',
    '{{"ev":"T","sym":"{sym}","x":302,"p":"n/a","s":5,"c":[209],"t":{t},"q":3}}',
    '{{"ev":"T","sym":"{sym}","x":302,"p":null,"s":5,"c":[209],"t":{t},"q":4}}',
    '{{"ev":"T","sym":"O:BROKEN","x":302,"p":1.25,"s":5,"c":[209],"t":{t},"q":5}}',
    '{{"ev":"T","sym":"{sym}","x":302,"p":0,"s":0,"c":[209],"t":{t},"q":6}}',
    '{{"ev":"T","sym":"{sym}","x":302,"s":5,"c":[209],"t":{t}}}',
)


class EventWriter:
    """Writes the events of one connection."""

    def __init__(self, tickers: tuple[str, ...], faults: Faults, seed: int) -> None:
        self._tickers = tickers
        self._faults = faults
        self._random = random.Random(seed)
        self._held_back: list[str] = []
        self._last_sequence = 1

    def write(self, prints: Prints, quotes: Quotes) -> list[str]:
        """JSON of the events, in order of time; a quote before a trade of the same instant."""
        late, self._held_back = self._held_back, []
        quote_texts = self._quotes(quotes)
        trade_texts = self._trades(prints)
        if not trade_texts or not quote_texts:
            return late + quote_texts + [text for part in trade_texts for text in part]
        order = np.argsort(np.concatenate([quotes.ts, prints.ts]), kind="stable")
        out = late
        count = len(quote_texts)
        for place in order.tolist():
            if place < count:
                out.append(quote_texts[place])
            else:
                out.extend(trade_texts[place - count])
        return out

    def _quotes(self, quotes: Quotes) -> list[str]:
        extra = _EXTRA if self._faults.extra_keys else ""
        names = self._tickers
        columns = (
            *(quotes.row.tolist(), quotes.bid_exchange.tolist(), quotes.ask_exchange.tolist()),
            *((quotes.bid / 100).tolist(), (quotes.ask / 100).tolist()),
            *(quotes.bid_size.tolist(), quotes.ask_size.tolist()),
            *((quotes.ts // _MS).tolist(), quotes.sequence.tolist()),
        )
        texts = [
            f'{{"ev":"Q","sym":"{names[row]}","bx":{bx},"ax":{ax},"bp":{bp},"ap":{ap},'
            f'"bs":{bs},"as":{as_},"t":{t},"q":{q}{extra}}}'
            for row, bx, ax, bp, ap, bs, as_, t, q in zip(*columns, strict=True)
        ]
        if self._faults.flood:
            # One element for each quote still: `write` puts them in order with the trades.
            return [",".join([text] * (1 + self._faults.flood)) for text in texts]
        return texts

    def _trades(self, prints: Prints) -> list[list[str]]:
        columns = (
            *(prints.row.tolist(), prints.exchange.tolist(), (prints.price / 100).tolist()),
            *(prints.size.tolist(), prints.condition.tolist()),
            *((prints.ts // _MS).tolist(), prints.sequence.tolist()),
        )
        return [self._trade(*row) for row in zip(*columns, strict=True)]

    def _trade(
        self, row: int, exchange: int, price: float, size: int, condition: int, t: int, q: int
    ) -> list[str]:
        faults, chance = self._faults, self._random.random
        told, exchange = faults.as_shown(condition, exchange, q)
        if faults.repeat_sequence and chance() < faults.repeat_sequence:
            q = self._last_sequence
        self._last_sequence = q
        conditions = "" if told is None else f',"c":[{told}]'
        extra = _EXTRA if faults.extra_keys else ""
        shown = f"{size}.0" if faults.float_ints else size
        symbol = self._tickers[row]
        event = (
            f'{{"ev":"T","sym":"{symbol}","x":{exchange},"p":{price},"s":{shown}{conditions},'
            f'"t":{t},"q":{q}{extra}}}'
        )
        texts = [event]
        if faults.duplicates and chance() < faults.duplicates:
            texts.append(event)
        if faults.late_delivery and chance() < faults.late_delivery:
            self._held_back.extend(texts)
            texts = []
        if faults.bad_trades and chance() < faults.bad_trades:
            texts.append(self._random.choice(_BAD).format(sym=symbol, t=t))
        return texts


def write_bars(kind: str, bars: Iterable[dict[str, float]], faults: Faults) -> list[str]:
    """JSON of bars; ``kind`` is ``A`` or ``AM``."""
    extra = _EXTRA if faults.extra_keys else ""
    out = []
    for bar in bars:
        shown = {**bar, "z": float(bar["z"])} if faults.float_ints else bar
        body = ",".join(
            f'"{name}":"{value}"' if name == "sym" else f'"{name}":{value}'
            for name, value in shown.items()
        )
        out.append(f'{{"ev":"{kind}",{body}{extra}}}')
    return out


def split(events: list[str]) -> Iterator[str]:
    """Join events into frames no longer than `MAX_FRAME_BYTES`; no events give no frame."""
    part: list[str] = []
    length = 2
    for event in events:
        if part and length + len(event) + 1 > MAX_FRAME_BYTES:
            yield f"[{','.join(part)}]"
            part, length = [], 2
        part.append(event)
        length += len(event) + 1
    if part:
        yield f"[{','.join(part)}]"


def spoilt(frame: str, rng: random.Random) -> str:
    """A frame of events with a mistake that leaves it no JSON at all."""
    place = rng.randrange(1, len(frame))
    return rng.choice(
        (
            frame[:place],
            frame[place:],
            frame[:-1],
            frame.replace(":", ";", 1),
            frame.replace("},{", "}{", 1) if "},{" in frame else frame[:-1],
            f"{frame}]",
            "\0" + frame,
        )
    )


def mask_rows(rows: NDArray[np.int32], mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Places of the rows that the mask allows."""
    return np.flatnonzero(mask[rows])
