import datetime as dt
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spymaster.core.batches import EventBatch
from spymaster.core.conditions import unpack
from spymaster.core.contracts import ContractTable
from spymaster.polygon.protocol import (
    Authenticated,
    AuthenticationFailed,
    Connected,
    Data,
    FrameRejected,
    NotAuthorized,
    Refused,
    StreamProtocol,
    Subscribed,
    Unsubscribed,
)

from .frames import CALL, HELLO, PUT, T_MS, TOMORROW, WELCOME, frame, quote, status, trade

DAY = dt.date(2025, 12, 16)


def fresh(**kwargs) -> StreamProtocol:
    return StreamProtocol(ContractTable("SPY", DAY), **kwargs)


def live(**kwargs) -> StreamProtocol:
    protocol = fresh(**kwargs)
    protocol.receive(HELLO)
    protocol.receive(WELCOME)
    return protocol


def batch_of(raw: bytes | str, protocol: StreamProtocol | None = None) -> EventBatch:
    (event,) = (protocol or fresh()).receive(raw)
    assert isinstance(event, Data)
    return event.batch


# --- handshake and statuses


@pytest.mark.parametrize("hello", ["connected", "success"])
def test_both_forms_of_the_hello_ask_for_the_key(hello: str) -> None:
    protocol = fresh()
    assert protocol.receive(frame(status(hello, "Connected Successfully"))) == [Connected()]
    assert json.loads(protocol.auth("k")) == {"action": "auth", "params": "k"}
    assert protocol.receive(WELCOME) == [Authenticated()]
    assert protocol.is_live


@pytest.mark.parametrize(
    ("element", "event"),
    [
        (status("auth_failed", "wrong"), AuthenticationFailed("wrong")),
        (status("auth_timeout", "late"), Refused("auth_timeout", "late")),
        (status("max_connections", "Exceeded."), Refused("max_connections", "Exceeded.")),
        (status("force_disconnect"), Refused("force_disconnect", "force_disconnect")),
        (status("slow_consumer", "slow"), Refused("slow_consumer", "slow")),
        (status("error", "not authorized"), NotAuthorized("not authorized")),
        (status("error", "no such thing"), NotAuthorized("no such thing")),
        (status("success", f"subscribed to: T.{CALL}"), Subscribed(f"T.{CALL}")),
        (status("success", "unsubscribed to: T.*"), Unsubscribed("T.*")),
    ],
)  # fmt: skip
def test_each_status_has_its_event(element: dict, event: object) -> None:
    assert live().receive(frame(element)) == [event]


def test_an_error_about_access_after_success_refuses_the_plan() -> None:
    text = "You don't have access real-time data. If your plan only includes delayed data, …"
    assert live().receive(frame(status("error", text))) == [Refused("plan", text)]


def test_unknown_statuses_and_events_mean_nothing() -> None:
    bars = [{"ev": kind, "sym": CALL, "z": 12.0} for kind in ("A", "AM", "FMV", "LV", "NEW")]
    assert live().receive(frame(status("celebration"), *bars, {"sym": CALL}, {"ev": [1]})) == []


def test_a_status_inside_a_data_frame_keeps_its_place() -> None:
    first, second, third = live().receive(
        frame(status("success", "subscribed to: T.*"), trade(), status("max_connections", "bye"))
    )
    assert (first, third) == (Subscribed("T.*"), Refused("max_connections", "bye"))
    assert isinstance(second, Data)


# --- data


def test_a_trade_becomes_a_row() -> None:
    trades = batch_of(frame(trade())).trades
    assert trades.contract.tolist() == [0]
    assert trades.ts_event.tolist() == [T_MS * 1_000_000]
    assert trades.price.tolist() == [12_500]
    assert trades.size.tolist() == [3]
    assert trades.exchange.tolist() == [302]
    assert unpack(int(trades.conditions[0])) == [209]
    assert trades.sequence.tolist() == [7]


def test_a_quote_becomes_a_row() -> None:
    quotes = batch_of(frame(quote())).quotes
    assert quotes.ts_event.tolist() == [T_MS * 1_000_000]
    assert (quotes.bid.tolist(), quotes.ask.tolist()) == ([12_000], [13_000])
    assert (quotes.bid_size.tolist(), quotes.ask_size.tolist()) == ([10], [20])
    assert (quotes.bid_exchange.tolist(), quotes.ask_exchange.tolist()) == ([302], [303])


def test_arrival_is_the_place_in_the_frame_across_kinds_and_runs_on_over_frames() -> None:
    protocol = fresh()
    (event,) = protocol.receive_all(
        [frame(quote(), trade(PUT), status("unknown")), frame(trade(), quote())]
    )
    batch = event.batch
    assert batch.quotes.arrival.tolist() == [0, 4]
    assert batch.trades.arrival.tolist() == [1, 3]
    assert batch.trades.contract.tolist() == [protocol._table.find(PUT), protocol._table.find(CALL)]


@pytest.mark.parametrize("absent", [..., None])
def test_conditions_and_sequence_may_be_absent(absent: object) -> None:
    batch = batch_of(frame(trade(c=absent, q=absent, x=absent)))
    assert batch.trades_rejected == 0
    assert batch.trades.conditions.tolist() == batch.trades.sequence.tolist() == [0]


@pytest.mark.parametrize("absent", [..., None, 0, 0.0])
def test_a_missing_side_of_a_quote_has_price_zero(absent: object) -> None:
    quotes = batch_of(frame(quote(bp=absent, bs=absent, bx=absent))).quotes
    assert (quotes.bid.tolist(), quotes.ask.tolist()) == ([0], [13_000])


def test_whole_numbers_may_be_written_as_floats_and_unknown_keys_are_ignored() -> None:
    odd = trade(
        s=3.0, t=float(T_MS), x=302.0, q=7.0, c=[209.0], ds="3.0", huge=1e300, deep={"a": []}
    )
    batch = batch_of(frame(odd, trade()))
    assert batch.trades_rejected == 0
    assert batch.trades.size.tolist() == [3, 3]
    assert batch.trades.ts_event.tolist() == [T_MS * 1_000_000] * 2
    assert len(set(batch.trades.conditions.tolist())) == 1


BAD_TRADES = [
    trade(p=...), trade(p=math.nan), trade(p=math.inf), trade(p=-1), trade(p=0), trade(p="1"),
    trade(p=None), trade(p=1e300), trade(p=True), trade(s=...), trade(s=0), trade(s=-3),
    trade(s=1.5), trade(s="3"), trade(s=10**30), trade(s=[3]), trade(t=...), trade(t=0),
    trade(t=-5), trade(t=10**18), trade(t=2**63), trade(t="now"), trade(x="A"), trade(c=209),
    trade(c=["a"]), trade(sym=...), trade(sym=None), trade(sym=7), trade(sym="SPY"), trade(sym=""),
    trade(sym="O:SPY251316C00600000"), trade(q={}), trade(q=2**64),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_TRADES, ids=lambda bad: json.dumps(bad)[10:70])
def test_a_bad_trade_is_counted_and_costs_no_neighbour(bad: dict) -> None:
    batch = batch_of(frame(trade(), bad, trade(PUT), quote()))
    assert batch.trades.contract.tolist() == [0, 1]
    assert len(batch.quotes) == 1
    assert batch.trades_rejected == 1


@pytest.mark.parametrize(
    "bad", [quote(bp="1"), quote(t=...), quote(t=2**70), quote(sym="SPY"), quote(bs=[])]
)
def test_a_bad_quote_is_counted_and_costs_no_neighbour(bad: dict) -> None:
    protocol = fresh()
    batch = batch_of(frame(quote(PUT), bad, trade(PUT)), protocol)
    assert (len(batch.quotes), len(batch.trades), batch.trades_rejected) == (1, 1, 0)
    assert protocol.quotes_rejected == 1


def test_what_is_no_object_costs_no_neighbour() -> None:
    batch = batch_of(frame(trade(), 42, None, "T", [trade()], trade(PUT)))
    assert (len(batch.trades), batch.trades_rejected) == (2, 0)


def test_broken_text_spoils_its_element_alone() -> None:
    raw = frame(trade(), trade("O:SPYé"), trade(PUT)).replace(b"\\u00e9", b"\xff\xfe")
    batch = batch_of(raw)
    assert (len(batch.trades), batch.trades_rejected) == (2, 1)


def test_text_that_is_no_unicode_can_be_written_on() -> None:
    raw = frame(trade(), status("error", "half a \ud83d pair"), trade("O:\ud83d"))
    data, told = live().receive(raw)
    assert isinstance(data, Data)
    assert (len(data.batch.trades), data.batch.trades_rejected) == (1, 1)
    assert told == NotAuthorized("half a ? pair")


def test_other_contracts_are_dropped_before_counting_good_or_bad() -> None:
    protocol = fresh()
    foreign = [trade(TOMORROW), trade(TOMORROW, p=-1), trade("O:QQQ251216C00600000", s="x")]
    assert protocol.receive(frame(*foreign, quote(TOMORROW))) == []
    batch = batch_of(frame(*foreign, trade(), quote(TOMORROW, bp="x"), quote()), protocol)
    assert (len(batch.trades), len(batch.quotes), batch.trades_rejected) == (1, 1, 0)
    assert protocol.quotes_rejected == 0


def test_a_frame_of_rejects_alone_still_reports_them() -> None:
    assert batch_of(frame(trade(p=-1))).trades_rejected == 1
    assert batch_of(frame(trade(sym="?"))).trades_rejected == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"null",
        b"7",
        b'{"ev":"T"}',
        b"[1,2]",
        b"[{}",
        "[" * 100_000,
        b"\xff",
        "9" * 9_999,
    ],
    ids=lambda raw: repr(raw[:12]),
)
def test_a_frame_that_is_no_array_is_rejected(raw: bytes | str) -> None:
    assert fresh().receive(raw) == [FrameRejected()]


def test_a_bare_status_is_rejected_and_yet_obeyed() -> None:
    raw = json.dumps(status("max_connections", "bye"))
    assert fresh().receive(raw) == [FrameRejected(), Refused("max_connections", "bye")]


def test_an_empty_frame_means_nothing() -> None:
    assert fresh().receive(b"[]") == []


def test_more_foreign_contracts_than_are_remembered_change_nothing(monkeypatch) -> None:
    monkeypatch.setattr("spymaster.polygon.batch_builder._MAX_FOREIGN", 3)
    protocol = fresh()
    for strike in range(10):
        assert protocol.receive(frame(trade(f"O:SPY251217C{strike:08d}"))) == []
    assert batch_of(frame(trade(), trade(TOMORROW)), protocol).trades.contract.tolist() == [0]


# --- properties

good = st.builds(
    trade,
    st.sampled_from([CALL, PUT]),
    p=st.integers(1, 10**7).map(lambda cents: cents / 100),
    s=st.integers(1, 10**6),
    t=st.integers(1, 2**42),
    c=st.lists(st.integers(201, 252), max_size=4),
    q=st.integers(0, 2**53),
)


@given(st.lists(good, min_size=1, max_size=20))
def test_what_is_written_is_what_is_read(elements: list[dict]) -> None:
    batch = batch_of(frame(*elements))
    trades = batch.trades
    assert batch.trades_rejected == 0
    assert [price / 10_000 for price in trades.price.tolist()] == [e["p"] for e in elements]
    assert trades.size.tolist() == [e["s"] for e in elements]
    assert trades.ts_event.tolist() == [e["t"] * 1_000_000 for e in elements]
    assert [unpack(packed) for packed in trades.conditions.tolist()] == [e["c"] for e in elements]
    assert trades.sequence.tolist() == [e["q"] for e in elements]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
mutated = st.builds(
    lambda element, key, value: element | {key: value},
    st.sampled_from([trade(), quote(), status("success")]),
    st.sampled_from(["ev", "sym", "x", "p", "s", "c", "t", "q", "bp", "bs", "as", "status"]),
    anything,
)


@given(st.lists(mutated | anything, max_size=8))
def test_good_neighbours_survive_any_intact_json(strange: list) -> None:
    elements = [trade(), *strange, trade(PUT, q=99)]
    data = [event for event in fresh().receive(frame(*elements)) if isinstance(event, Data)]
    sequence = data[0].batch.trades.sequence.tolist()
    assert (sequence[0], sequence[-1]) == (7, 99)


@given(st.data())
def test_no_frame_ever_raises(data: st.DataObject) -> None:
    raw = bytearray(frame(trade(), quote(), status("success"), trade(PUT)))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    fresh().receive(bytes(raw[: data.draw(st.integers(0, len(raw)))]))


# --- requests


def params(messages: list[str]) -> list[str]:
    return [name for text in messages for name in json.loads(text)["params"].split(",")]


def test_nothing_is_sent_before_the_key_is_accepted_and_all_of_it_then() -> None:
    protocol = fresh()
    assert protocol.subscribe([f"T.{CALL}", f"Q.{CALL}"]) == []
    assert protocol.unsubscribe([f"Q.{CALL}"]) == []
    protocol.receive(WELCOME)
    assert params(protocol.resubscribe()) == [f"T.{CALL}"]


def test_what_is_held_is_not_asked_for_again() -> None:
    protocol = live()
    assert params(protocol.subscribe(["T.*", "T.*"])) == ["T.*"]
    assert protocol.subscribe(["T.*"]) == []
    (message,) = protocol.unsubscribe(["T.*", "T.x"])
    assert json.loads(message) == {"action": "unsubscribe", "params": "T.*"}
    assert protocol.unsubscribe(["T.*"]) == []
    assert protocol.channels == ()


@given(st.integers(0, 2_000), st.integers(1, 900))
def test_requests_are_cut_into_chunks_that_lose_nothing(count: int, length: int) -> None:
    channels = [f"T.{i:0{length}d}" for i in range(count)]
    messages = live().subscribe(channels)
    assert params(messages) == channels
    for message in messages:
        assert len(json.loads(message)["params"].split(",")) <= 500
        assert len(message) < 256_000


def test_quotes_over_the_limit_wait_for_room() -> None:
    protocol = live(max_quotes=2)
    sent = protocol.subscribe(["Q.a", "T.a", "Q.b", "Q.c", "T.c", "Q.d"])
    assert params(sent) == ["Q.a", "T.a", "Q.b", "T.c"]
    assert protocol.quotes_left_out == ("c", "d")
    given_up, risen = map(json.loads, protocol.unsubscribe(["Q.a", "Q.c"]))
    assert given_up == {"action": "unsubscribe", "params": "Q.a"}
    assert risen == {"action": "subscribe", "params": "Q.d"}
    assert protocol.quotes_left_out == ()
    assert params(protocol.resubscribe()) == ["T.a", "Q.b", "T.c", "Q.d"]


def test_the_vendors_limit_is_a_thousand_contracts() -> None:
    protocol = live()
    assert len(params(protocol.subscribe(f"Q.{i}" for i in range(1_200)))) == 1_000
    assert len(protocol.quotes_left_out) == 200
