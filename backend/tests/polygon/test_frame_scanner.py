"""The compiled reading of frames against the decoders that know every oddity."""

import datetime as dt
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spymaster.core.batches import EventBatch
from spymaster.core.contracts import ContractTable
from spymaster.polygon.batch_builder import BatchBuilder, FrameEvents
from spymaster.polygon.elements import decode_frame

from .frames import CALL, PUT, TOMORROW, frame, quote, trade

DAY = dt.date(2025, 12, 16)
BAR = {"ev": "A", "sym": CALL, "v": 3, "o": 1.25, "z": 12}


def builder() -> BatchBuilder:
    """One that has seen some tickers before."""
    made = BatchBuilder(ContractTable("SPY", DAY))
    for sym in (CALL, PUT, TOMORROW):
        by_elements(frame(trade(sym)), made)
    return made


def by_elements(raw: bytes, made: BatchBuilder) -> tuple[FrameEvents, int]:
    """What the slow way makes of it, and the unreadable trades."""
    decoded = decode_frame(raw, made._table)
    assert not decoded.rejected
    return made.build(decoded.elements), decoded.trades_rejected


def content(batch: EventBatch) -> list[Any]:
    columns: list[Any] = [batch.trades_rejected]
    for rows in (batch.trades, batch.quotes):
        columns += [rows.rows.tolist(), rows.rows.dtype]
    return columns


def assert_alike(raw: bytes, made: BatchBuilder | None = None) -> bool:
    """Both ways make the same of a frame, or the fast one gives up; whether it did not."""
    made = made or builder()
    scanned = made.scan([raw])
    if scanned is None:
        return False
    slow, unreadable = by_elements(raw, made)
    assert unreadable == 0
    assert content(scanned.batch) == content(slow.batch)
    assert scanned.quotes_rejected == slow.quotes_rejected
    return True


def test_an_ordinary_frame_is_understood() -> None:
    raw = frame(trade(), quote(), trade(PUT, c=...), BAR, quote(TOMORROW), quote(PUT, bp=0))
    assert assert_alike(raw)


def test_frames_that_are_read_together_count_on() -> None:
    made = builder()
    together = made.scan([frame(trade(), quote()), b"[]", frame(quote(PUT), trade(PUT, p=0))])
    assert together is not None
    batch = together.batch
    assert (batch.trades.arrival.tolist(), batch.quotes.arrival.tolist()) == ([0], [1, 2])
    assert batch.trades_rejected == 1


def test_a_ticker_is_left_to_the_decoders_the_first_time() -> None:
    made = BatchBuilder(ContractTable("SPY", DAY))
    raw = frame(trade())
    assert made.scan([raw]) is None
    by_elements(raw, made)
    assert made.scan([raw]) is not None


def test_thousands_of_tickers_keep_their_numbers() -> None:
    made = BatchBuilder(ContractTable("SPY", DAY))
    names = [f"O:SPY251216{right}{strike:08d}" for strike in range(1, 3_001) for right in "CP"]
    for start in range(0, len(names), 500):
        by_elements(frame(*(trade(name) for name in names[start : start + 500])), made)
    scanned = made.scan([frame(*(trade(name) for name in reversed(names)))])
    assert scanned is not None
    assert scanned.batch.trades.contract.tolist() == list(range(6_000))[::-1]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[",
        b"[{}]",
        b"[{]",
        b"{}",
        b"null",
        b"[null]",
        b"[[]]",
        b"[] x",
        frame(trade()) + b"x",
        frame(trade())[:-1],
        frame(trade())[:-2] + b",}]",
        frame(trade(x="302")),
        frame(trade(s=3.5)),
        frame(trade(s=3.0)),
        frame(trade(s=-3)),
        frame(trade(s=None)),
        frame(trade(p=1e-7)),
        frame(trade(p=1.23456)),
        frame(trade(p=float("nan"))),
        frame(trade(p="1.25")),
        frame(trade(c="209")),
        frame(trade(c=[209.5])),
        frame(trade(c=[[209]])),
        frame(trade(c={"a": 1})),
        frame(trade(sym=302)),
        frame(trade(sym=...)),
        frame(trade(sym="O:SPY251216C00600000X")),
        frame(trade(ev=...)),
        frame(trade(ev="t")),
        frame(trade(ev=["T"])),
        frame({"ev": "status", "status": "connected"}),
        frame(trade(q=10**16)),
        frame(trade(extra={"a": [1]})),
        frame(trade(extra=True)),
        frame(trade(extra='a"b')),
        frame(trade(extra="é")),
        frame(trade()).replace(b'"s":3', b'"s":03'),
        frame(trade()).replace(b'"s":3', b'"s":3e1'),
        frame(trade()).replace(b'"p":1.25', b'"p":1.'),
        frame(trade()).replace(b'"p":1.25', b'"p":.25'),
        frame(trade()).replace(b":", b";", 1),
        frame(trade()).replace(b'"x"', b'"\xff"'),
    ],
)
def test_it_gives_up_on_anything_else(raw: bytes) -> None:
    assert builder().scan([raw]) is None


numbers = st.one_of(
    st.integers(0, 10**15),
    st.integers(0, 400),
    st.floats(0, 200_000).map(lambda dollars: round(dollars, 4)),
    st.floats(allow_nan=False),
    st.sampled_from([0, 0.0, 100_000, 100_000.0001, 2**31, 2**63, 1e300]),
)
elements = st.builds(
    lambda make, sym, changes: make(sym, **changes),
    st.sampled_from([trade, quote]),
    st.sampled_from([CALL, PUT, TOMORROW]),
    st.dictionaries(
        st.sampled_from(["p", "s", "t", "x", "q", "bp", "ap", "bs", "as", "bx", "ax", "zz"]),
        st.one_of(numbers, st.just(...)),
        max_size=4,
    ),
)
spaces = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t:\r ")])


@given(st.lists(elements, max_size=8), spaces, st.lists(st.integers(-2, 70_000), max_size=6))
def test_what_it_accepts_it_reads_as_the_decoders_do(
    content: list[dict[str, Any]], separators: tuple[str, str], conditions: list[int]
) -> None:
    for element in content:
        if "p" in element:
            element["c"] = conditions
    assert_alike(json.dumps(content, separators=separators).encode(), BUILDER)


@given(st.data())
def test_broken_frames_are_never_read_as_something_else(data: st.DataObject) -> None:
    raw = bytearray(frame(trade(), quote(), BAR))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place] = data.draw(st.one_of(st.integers(0, 255), st.sampled_from(b'"0123[]{}:,. \\')))
    try:
        json.loads(bytes(raw))
    except ValueError:
        assert BUILDER.scan([bytes(raw)]) is None
    else:
        assert_alike(bytes(raw), BUILDER)


BUILDER = builder()


def test_rows_of_a_batch_are_its_own() -> None:
    made = builder()
    first = made.scan([frame(trade(p=1.0))])
    second = made.scan([frame(trade(p=2.0))])
    assert first is not None
    assert second is not None
    assert np.array_equal(first.batch.trades.price, [10_000])
    assert np.array_equal(second.batch.trades.price, [20_000])
