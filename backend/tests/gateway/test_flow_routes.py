"""Bars, tape and prints over HTTP, and that they tell the same."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.core.batches import NO_QUOTES, EventBatch, trade_batch
from spymaster.core.conditions import COMPRESSION, pack
from spymaster.engine.bars import sums_of
from spymaster.engine.columns import Flag
from spymaster.engine.flow_history import FlowHistory, SessionFlow
from spymaster.engine.measures import MEASURES
from spymaster.engine.store import Store
from spymaster.gateway import bar_views, flow_parts, print_search, print_views
from spymaster.gateway.bar_views import BarsQuestion
from spymaster.gateway.flow_parts import Part
from spymaster.gateway.wire_flow import BarsReply, PrintsReply, TapeReply, UsualReply

from .support import CALL, PUT, SESSION, FakeDesk, Server, ticker

SECOND_NS = 1_000_000_000
OPEN_MS = SESSION.open_ns // 1_000_000
AUTO, MULTI, CANCEL, LATE = 209, 232, 201, 204


def put(desk: FakeDesk, *rows: tuple[str, float, float, int, int]) -> None:
    """Prints as (ticker, seconds after the open, price, size, condition), in order of arrival."""
    trades, _ = trade_batch(
        [desk.number(name) for name, *_ in rows],
        [SESSION.open_ns + round(seconds * 1e9) for _, seconds, *_ in rows],
        [price for *_, price, _, _ in rows],
        [size for *_, size, _ in rows],
        [302] * len(rows),
        [pack([condition]) for *_, condition in rows],
        [0] * len(rows),
        list(range(len(rows))),
    )
    desk.engine.apply(EventBatch(trades, NO_QUOTES))


def refill(desk: FakeDesk, name: str, seconds: float, price: float, size: int) -> None:
    trades, _ = trade_batch(
        *([0], [SESSION.open_ns + round(seconds * 1e9)], [price], [size]),
        *([302], [pack([AUTO])], [0], [0]),
    )
    number = desk.number(name)
    desk.engine.refill(number, trades, NO_QUOTES)


async def ask[Reply](answer: Awaitable[tuple[int, Any]], message: type[Reply]) -> Reply:
    status, body = await answer
    assert status == 200, body
    return msgspec.convert(body, message)


async def bars(server: Server, query: str = "") -> BarsReply:
    return await ask(server.get(f"/api/bars?{query}"), BarsReply)


async def tape(server: Server, query: str = "") -> TapeReply:
    return await ask(server.get(f"/api/tape?{query}"), TapeReply)


async def prints(server: Server, query: str = "") -> PrintsReply:
    return await ask(server.get(f"/api/prints?{query}"), PrintsReply)


@pytest.fixture
def small_day(desk: FakeDesk) -> FakeDesk:
    desk.chain()
    desk.quote(1.9, 2.0, CALL, 1)
    desk.quote(0.9, 1.0, PUT, 1)
    put(
        desk,
        (CALL, 2, 2.0, 10, AUTO),
        (PUT, 3, 0.9, 20, AUTO),
        (CALL, 61, 1.9, 5, AUTO),
        (PUT, 62, 1.0, 7, MULTI),
        (ticker(601), 125, 1.5, 4, AUTO),
        (CALL, 130, 2.0, 3, AUTO),
        (CALL, 131, 2.0, 3, CANCEL),
    )
    return desk


async def test_bars_cover_the_day_so_far_with_empty_ones_as_zero(
    server: Server, small_day: FakeDesk
) -> None:
    reply = await bars(server)
    assert (reply.interval, reply.market_time) == ("1m", OPEN_MS + 131_000)
    assert [bar.t for bar in reply.bars] == [OPEN_MS, OPEN_MS + 60_000, OPEN_MS + 120_000]
    assert [bar.volume for bar in reply.bars] == [30, 12, 4]
    assert [(bar.buy_volume, bar.sell_volume) for bar in reply.bars] == [(10, 20), (0, 5), (0, 0)]
    assert [bar.measures["premium"].gross for bar in reply.bars] == [3800.0, 1650.0, 600.0]
    assert reply.bars[0].spot == 600.0
    assert set(reply.bars[0].measures) == {"premium", "delta_notional"}
    fine = await bars(server, "interval=1s")
    assert len(fine.bars) == 132
    assert sum(bar.volume for bar in fine.bars) == 46
    assert fine.bars[1].measures["premium"].gross == 0.0


async def test_pressure_adds_up_from_the_open_and_customers_who_buy_calls_make_dealers_buy(
    server: Server, small_day: FakeDesk
) -> None:
    reply = await bars(server, "interval=1s&measures=all")
    total = 0.0
    for bar in reply.bars:
        total += bar.measures["delta_notional"].weighted
        assert bar.hedging_pressure == pytest.approx(total)
    # 10 calls bought at the ask, weight 0.4, delta 0.5; 20 puts sold at the bid.
    assert reply.bars[2].hedging_pressure == pytest.approx(10 * 100 * 0.5 * 600 * 0.4)
    assert reply.bars[3].measures["delta_notional"].net == pytest.approx(20 * 100 * 0.5 * 600)
    assert set(reply.bars[2].measures) == set(MEASURES)
    assert reply.bars[3].hedging_pressure_error > reply.bars[2].hedging_pressure_error > 0
    later = await bars(server, f"interval=1s&since={OPEN_MS + 100_000}")
    assert later.bars[0].t == OPEN_MS + 100_000
    assert later.bars[-1].hedging_pressure == pytest.approx(total)


@pytest.mark.parametrize(
    ("query", "volumes"),
    [
        ("type=C", [10, 5, 4]),
        ("type=P", [20, 7, 0]),
        ("legs=multi", [0, 7, 0]),
        ("legs=single&type=P", [20, 0, 0]),
        ("strike=600", [30, 12, 0]),
        ("strike=600&type=C", [10, 5, 0]),
        ("strike=599.5", [0, 0, 0]),
        (f"ticker={quote(CALL)}", [10, 5, 0]),
        (f"ticker={quote(CALL)}&type=P", [0, 0, 0]),
        (f"ticker={quote(CALL)}&strike=601", [0, 0, 0]),
    ],
)
async def test_bars_and_prints_of_a_part_of_the_chain(
    server: Server, small_day: FakeDesk, query: str, volumes: list[int]
) -> None:
    reply = await bars(server, query)
    assert [bar.volume for bar in reply.bars] == volumes
    assert (await prints(server, query)).volume == sum(volumes)


async def test_bars_of_one_contract_tell_its_price(server: Server, small_day: FakeDesk) -> None:
    put(small_day, (CALL, 140, 3.0, 1, LATE))
    for query in (f"ticker={quote(CALL)}", "strike=600&type=C"):
        reply = await bars(server, query)
        assert [bar.price for bar in reply.bars] == [2.0, 1.9, 1.9]
    assert (await bars(server, f"ticker={quote(PUT)}")).bars[0].price == 0.9
    assert [bar.price for bar in (await bars(server, "strike=600")).bars] == [None] * 3


async def test_the_tape_is_newest_first_and_tells_how_many_pass(
    server: Server, small_day: FakeDesk
) -> None:
    refill(small_day, CALL, 30, 1.95, 8)
    reply = await tape(server)
    assert [(row.id, row.size) for row in reply.trades] == [
        *((5, 3), (4, 4), (3, 7), (2, 5)),
        *((7, 8), (1, 20), (0, 10)),
    ]
    assert (reply.total, reply.market_time) == (7, OPEN_MS + 131_000)
    assert [row.refilled for row in reply.trades] == [False] * 4 + [True] + [False] * 2
    assert ["cancelled" in row.tags for row in reply.trades] == [True] + [False] * 6


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("limit=2", [5, 4]),
        ("before=2", [1, 0]),
        ("before=2&limit=1", [1]),
        ("skip=4", [1, 0]),
        ("skip=1&limit=2", [4, 3]),
        ("before=4&skip=1&limit=2", [2, 1]),
        ("skip=6", []),
        ("type=P&skip=1", [1]),
        ("strike=600&skip=3&limit=1", [1]),
        ("min_premium=1000", [0, 1]),
        ("min_size=7", [3, 1, 0]),
        ("side=buy", [5, 0]),
        ("side=1", [5, 0]),
        ("side=sell", [2, 1]),
        ("side=none", [4, 3]),
        ("type=P", [3, 1]),
        ("strike=601", [4]),
        ("rule=complex", [3]),
        ("rule=QUOTE_AT", [1, 0]),
        ("tag=cancelled", [5]),
        ("tag=auction", []),
        ("at=09:31:01", [1, 0]),
        ("at=09:31:02", [2, 1, 0]),
        ("at=09:29:00", []),
        ("at=15:59:00&limit=1", [5]),
    ],
)
async def test_the_tape_is_filtered(
    server: Server, small_day: FakeDesk, query: str, ids: list[int]
) -> None:
    reply = await tape(server, query)
    assert [row.id for row in reply.trades] == sorted(ids, reverse=True)


async def test_how_many_pass_does_not_depend_on_the_page(
    server: Server, small_day: FakeDesk
) -> None:
    assert (await tape(server, "limit=1")).total == 6
    assert (await tape(server, "before=2")).total == 6
    assert (await tape(server, "before=2&type=P")).total == 2


async def test_pages_of_a_tape_that_was_refilled_do_not_overlap(
    server: Server, small_day: FakeDesk
) -> None:
    for seconds in (10, 70, 128):
        refill(small_day, PUT, seconds, 0.95, 1)
    seen: list[int] = []
    query = "limit=4"
    while rows := (await tape(server, query)).trades:
        seen += [row.id for row in rows]
        query = f"limit=4&before={seen[-1]}"
    assert sorted(seen) == [0, 1, 2, 3, 4, 5, 7, 8, 9]
    assert seen == [5, 9, 4, 8, 3, 2, 7, 1, 0]


async def test_what_was_taken_back_is_behind_no_aggregate(
    server: Server, small_day: FakeDesk
) -> None:
    reply = await prints(server)
    assert [row.id for row in reply.trades] == [0, 1, 2, 3, 4]
    assert (reply.trade_count, reply.volume) == (5, 46)
    assert reply.measures["premium"].gross == 6050.0


async def test_the_sums_are_over_all_prints_and_not_over_the_rows_shown(
    server: Server, small_day: FakeDesk
) -> None:
    for query in ("", "&strike=600"):
        reply, whole = await prints(server, "limit=2" + query), await prints(server, query[1:])
        assert len(reply.trades) == 2
        assert reply.measures == whole.measures
        assert reply.trades == whole.trades[:2]


async def test_prints_of_one_contract_have_a_mean_price(server: Server, desk: FakeDesk) -> None:
    """The sheet's example: 10 at 1.25, 40 at 1.27, 50 at 1.30. Source: analytics sheet, 7."""
    desk.quote(1.25, 1.30, seconds=0.5)
    put(desk, (CALL, 1, 1.25, 10, AUTO), (CALL, 2, 1.27, 40, AUTO), (CALL, 3, 1.30, 50, AUTO))
    put(desk, (CALL, 4, 9.00, 10, COMPRESSION), (CALL, 5, 1.30, 50, CANCEL))
    put(desk, (CALL, 6, 1.30, 50, AUTO), (PUT, 7, 5.00, 1, AUTO))
    reply = await prints(server, f"ticker={quote(CALL)}")
    assert reply.premium_vwap == pytest.approx(1.2830)
    assert reply.premium_vwap_buy == 1.30
    assert reply.premium_vwap_sell == pytest.approx((1.25 * 10 + 1.27 * 40) / 50)
    both = await prints(server, "strike=600")
    assert (both.premium_vwap, both.premium_vwap_buy, both.premium_vwap_sell) == (None,) * 3


async def test_at_an_earlier_time_nothing_later_is_told(
    server: Server, small_day: FakeDesk
) -> None:
    reply = await bars(server, "at=09:31:02")
    assert reply.market_time == OPEN_MS + 62_000
    assert [bar.volume for bar in reply.bars] == [30, 5]
    assert (await prints(server, "at=09:31:02")).volume == 35
    assert (await bars(server, "at=09:20:00")).bars == []
    assert await bars(server, "at=15:00:00") == await bars(server)


async def test_before_the_first_event_there_is_nothing(server: Server, desk: FakeDesk) -> None:
    assert await bars(server, "signals=true") == BarsReply("1m", None, [])
    assert await tape(server) == TapeReply(None, 0, [])
    empty = await prints(server)
    assert (empty.market_time, empty.trade_count, empty.trades) == (None, 0, [])


async def test_whole_seconds_are_asked_for(server: Server, small_day: FakeDesk) -> None:
    reply = await prints(server, f"from={OPEN_MS + 61_700}&to={OPEN_MS + 62_001}")
    assert [row.id for row in reply.trades] == [2, 3]


async def test_a_print_before_the_open_counts_in_the_first_second(
    server: Server, small_day: FakeDesk
) -> None:
    put(small_day, (CALL, -5, 2.0, 50, AUTO))
    first = f"from={OPEN_MS}&to={OPEN_MS + 1000}"
    assert (await prints(server, first)).volume == 50
    assert (await bars(server, "interval=1s")).bars[0].volume == 50


async def test_signals_are_told_where_asked_for(server: Server, desk: FakeDesk) -> None:
    desk.chain()
    rng = np.random.default_rng(3)
    put(
        desk,
        *(
            (CALL, 5.0 * n, 2 + rng.integers(0, 9) / 100, int(rng.integers(1, 9)), AUTO)
            for n in range(200)
        ),
    )
    put(desk, *((CALL, 1000 + n / 100, 2.0 + n % 7 / 100, 9, AUTO) for n in range(100)))
    assert all(bar.signals is None for bar in (await bars(server, "interval=10s")).bars)
    told = [bar.signals for bar in (await bars(server, "interval=10s&signals=true")).bars]
    assert len(told) == 101
    assert all(one is not None for one in told)
    assert all(one and one.z is None and not one.burst for one in told[:30])
    assert told[60] is not None
    assert told[60].z is not None
    assert [one.burst for one in told if one][-1]
    assert sum(one.burst for one in told if one) == 1
    only_late = (await bars(server, f"interval=10s&signals=true&since={OPEN_MS + 900_000}")).bars
    assert [bar.signals for bar in only_late] == told[90:]


def earlier(count: int, span: int = 1) -> FlowHistory:
    """Sessions of one print and -2 to 2 $ of flow in each 10 s."""
    rng = np.random.default_rng(4)
    slots = 6 * 390
    ones = np.zeros((slots, 4))
    ones[:, 0] = 1
    return FlowHistory(
        span,
        tuple(
            SessionFlow(ones, ones * rng.uniform(-2, 2, (slots, 1)), np.full(slots, 600.0), ones)
            for _ in range(count)
        ),
    )


@pytest.mark.parametrize(
    ("history", "query", "known"),
    [
        (earlier(10), "interval=10s", True),
        (earlier(9), "interval=10s", False),
        (earlier(10, span=2), "interval=10s", False),
        (earlier(10), "interval=5s", False),
        (earlier(10), "interval=10s&strike=600", False),
        (None, "interval=10s", False),
    ],
)
async def test_signals_go_by_earlier_sessions_where_these_tell_of_such_flow(
    server: Server, desk: FakeDesk, history: FlowHistory | None, query: str, known: bool
) -> None:
    desk.chain()
    desk.showing = replace(desk.showing, history=history)
    put(desk, *((CALL, 0.1 * n, 2.0, 1, AUTO) for n in range(25)))
    reply = await bars(server, f"{query}&signals=true")
    told = reply.bars[0].signals
    assert told is not None
    assert told.burst is known, "25 prints where one is usual"
    if "strike" not in query:
        same_span = history is not None and history.span == 1
        assert reply.earlier_sessions == (len(history.sessions) if history and same_span else 0)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (earlier(5), UsualReply(5, [6.0] * 390)),
        (earlier(4), UsualReply(4, None)),
        (earlier(5, span=2), UsualReply(0, None)),
        (None, UsualReply(0, None)),
    ],
)
async def test_tells_the_typical_volume_of_such_days(
    server: Server, desk: FakeDesk, history: FlowHistory | None, expected: UsualReply
) -> None:
    desk.showing = replace(desk.showing, history=history)
    assert await ask(server.get("/api/usual"), UsualReply) == expected


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("bars?interval=2s", "interval"),
        ("bars?type=X", "type"),
        ("bars?legs=two", "legs"),
        ("bars?strike=abc", "strike"),
        ("bars?strike=nan", "strike"),
        ("bars?ticker=SPY", "ticker: 'SPY' is no contract"),
        ("bars?measures=premium,rho", "measures: 'rho' is none of premium, delta"),
        ("bars?since=-1", "since"),
        ("bars?since=99999999999999999999", "since"),
        ("bars?at=25:00:00", "at: '25:00:00' is no Eastern time; send 10:15:00"),
        ("bars?at=10:15:00.5", "at"),
        ("tape?limit=0", "limit"),
        ("tape?limit=10001", "limit"),
        ("tape?side=up", "side"),
        ("tape?rule=guess", "rule: 'guess' is none of NONE, QUOTE_AT"),
        ("tape?tag=red", "tag: 'red' is none of auction"),
        ("tape?min_premium=inf", "min_premium"),
        ("tape?min_size=-1", "min_size"),
        ("tape?before=7", "before: no print has the id 7"),
        ("tape?before=-1", "before"),
        ("prints?from=x", "from"),
        ("prints?to=-5", "to"),
        ("prints?at=noon", "at"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_in_words(
    server: Server, small_day: FakeDesk, path: str, words: str
) -> None:
    status, body = await server.get(f"/api/{path}")
    assert status == 422
    assert isinstance(body["detail"], str)
    assert words in body["detail"]
    assert "\n" not in body["detail"]


async def test_many_who_ask_the_same_share_one_answer(
    server: Server, small_day: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    encode = bar_views.encoded_bars
    monkeypatch.setattr(bar_views, "encoded_bars", lambda *given: made.append(1) or encode(*given))
    replies = await asyncio.gather(*(bars(server) for _ in range(20)))
    assert all(reply == replies[0] for reply in replies)
    assert len(made) == 1
    put(small_day, (CALL, 200, 2.0, 1, AUTO))
    assert (await bars(server)).bars[-1].volume == 1
    assert len(made) == 2


async def test_a_leap_in_the_middle_of_a_search_is_told(
    server: Server, small_day: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(print_search, "_FIRST_SLICE", 1)
    select = print_search.select

    def leaping(*given: Any) -> Any:
        small_day.another()
        return select(*given)

    monkeypatch.setattr(print_search, "select", leaping)
    status, body = await server.get("/api/tape?limit=1")
    assert (status, body["detail"]) == (
        409,
        "the day that is shown changed meanwhile; ask again",
    )


rows = st.tuples(
    st.sampled_from([CALL, PUT, ticker(599), ticker(601, "P")]),
    st.floats(-2, 400).map(lambda x: round(x, 3)),
    st.integers(1, 400).map(lambda cents: cents / 100),
    st.integers(1, 300),
    st.sampled_from([AUTO, AUTO, AUTO, 219, MULTI, LATE, CANCEL]),
)
parts = st.builds(
    Part,
    right=st.sampled_from([None, "C", "P"]),
    legs=st.sampled_from([None, "single", "multi"]),
    strike=st.sampled_from([None, None, 600.0, 601.0]),
    number=st.sampled_from([None, None, None, 4]),
)


def day_of(events: list[Any], cut: int) -> FakeDesk:
    """A day of random prints, some of which REST brought."""
    desk = FakeDesk()
    desk.chain()
    desk.quote(1.9, 2.0, CALL, 0)
    desk.quote(0.9, 1.0, PUT, 0)
    put(desk, *events[:cut], (CALL, 400, 1.0, 1, AUTO))
    for name, seconds, price, size, condition in events[cut:]:
        if condition == AUTO:
            refill(desk, name, max(seconds, 0), price, size)
    return desk


@settings(max_examples=60, deadline=None)
@given(
    st.lists(rows, min_size=1, max_size=40),
    st.integers(0, 40),
    parts,
    st.sampled_from(["1s", "5s", "30s", "1m", "5m"]),
)
def test_the_prints_behind_every_bar_add_up_to_it_exactly(events, cut, part, interval):
    desk = day_of(events, cut)
    engine = desk.engine
    question = BarsQuestion(interval, part)
    held = asyncio.run(bar_views.hold(desk, desk.showing, question))
    columns = bar_views.bar_columns(held, question)
    length_ns = bar_views.INTERVALS[interval] * SECOND_NS
    begun_ns = SESSION.open_ns + engine.flow.seconds * SECOND_NS
    for row, start_ns in enumerate(columns.bars.start_ns.tolist()):
        if interval == "1s" and not columns.bars.counts[row].any():
            continue
        wanted = flow_parts.selection(
            engine,
            part,
            without=Flag.CANCEL | Flag.TAKEN_BACK,
            from_ns=start_ns,
            until_ns=min(start_ns + length_ns, begun_ns),
        )
        found = asyncio.run(print_search.search(desk, desk.showing, wanted, 10_000, newest=False))
        sums = print_views.behind(engine, part, found, wanted)
        if isinstance(sums, Store):
            sums = sums_of(sums, np.arange(len(sums.prints)))
        by_row = engine.flow.sums_of(found.places)
        for told in (sums, by_row):
            assert told.counts.tolist() == columns.bars.counts[row].tolist()
            assert told.sums.tolist() == columns.bars.sums[row].tolist()
        assert found.total == len(found.places)


@settings(max_examples=30, deadline=None)
@given(st.lists(rows, min_size=1, max_size=40), parts, st.integers(1, 8))
def test_prints_of_a_contract_are_found_by_walking_and_by_looking_through(events, part, slice_):
    if part.of_chain:
        part = Part(part.right, part.legs, 600.0)
    desk = day_of(events, 30)
    wanted = flow_parts.selection(desk.engine, part, without=Flag.CANCEL | Flag.TAKEN_BACK)
    walked = asyncio.run(print_search.all_places(desk, desk.showing, wanted))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(print_search, "_WALKED", -1)
        patch.setattr(print_search, "SLICE", slice_)
        looked = asyncio.run(print_search.all_places(desk, desk.showing, wanted))
    assert walked.tolist() == looked.tolist()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(rows, min_size=1, max_size=40),
    st.integers(1, 12),
    st.integers(1, 8),
    st.booleans(),
)
def test_a_search_by_slices_finds_what_a_look_at_everything_finds(events, limit, slice_, newest):
    desk = day_of(events, 30)
    wanted = flow_parts.selection(desk.engine, Part("C"), side=1, min_size=20)
    prints = desk.engine.flow.prints
    calls = [contract.right == "C" for contract in desk.engine.table]
    expected = sorted(
        (int(row["ts"]), place)
        for place, row in enumerate(prints)
        if calls[row["contract"]]
        and row["side"] == 1
        and row["size"] >= 20
        and not row["flags"] & Flag.CANCEL
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(print_search, "_FIRST_SLICE", slice_)
        patch.setattr(print_search, "SLICE", 2 * slice_)
        found = asyncio.run(print_search.search(desk, desk.showing, wanted, limit, newest=newest))
    chosen = expected[-limit:] if newest else expected[:limit]
    assert found.places.tolist() == [place for _, place in chosen]
    assert found.total == len(expected)
