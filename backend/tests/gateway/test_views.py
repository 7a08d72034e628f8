import math

import msgspec
import pytest

from spymaster.core.batches import MAX_PRICE, MAX_SIZE
from spymaster.gateway import views
from spymaster.gateway.wire import ContractRow, Counters, Feed, Parity
from spymaster.gateway.wire_flow import TapeRow

from .support import CALL, NOW_NS, PUT, SESSION, STRIKES, FakeDesk, ticker


def row(desk: FakeDesk, name: str = CALL) -> ContractRow:
    return views.contract_rows(desk.engine, -1)[name]


def test_a_contract_of_which_nothing_is_known_shows_null_not_zero(desk: FakeDesk) -> None:
    assert row(desk) == ContractRow(
        strike_price=600.0,
        type="C",
        expiration="2025-12-16",
        in_window=False,
        cumulative_volume=0,
        cumulative_premium=0.0,
        trade_count=0,
        last_price=None,
        bid=None,
        ask=None,
        buy_volume=0,
        sell_volume=0,
        net_premium=0.0,
        net_delta_flow=0.0,
        net_gamma_flow=0.0,
        gross_delta_flow=0.0,
        gross_gamma_flow=0.0,
        delta=None,
        gamma=None,
        implied_volatility=None,
        open_interest=None,
    )


def test_flows_are_null_while_prints_wait_for_greeks(desk: FakeDesk) -> None:
    desk.chain(greeks=False)
    desk.quote(1.9, 2.0)
    desk.trade(CALL, 2.0, 3)
    waiting = row(desk)
    assert (waiting.cumulative_volume, waiting.buy_volume) == (3, 3)
    assert (waiting.cumulative_premium, waiting.net_premium) == (600.0, 600.0)
    flows = ("net_delta_flow", "net_gamma_flow", "gross_delta_flow", "gross_gamma_flow")
    assert [getattr(waiting, name) for name in flows] == [None] * 4
    desk.chain()
    assert [getattr(row(desk), name) for name in flows] == [150.0, 75.0, 150.0, 75.0]


def test_a_known_contract_shows_everything(desk: FakeDesk) -> None:
    desk.chain()
    desk.quote(1.9, 2.0)
    desk.trade(CALL, 1.9, 2)
    shown = row(desk)
    assert (shown.in_window, shown.last_price, shown.bid, shown.ask) == (True, 1.9, 1.9, 2.0)
    assert (shown.sell_volume, shown.net_premium, shown.net_delta_flow) == (2, -380.0, -100.0)
    assert (shown.delta, shown.gamma, shown.implied_volatility) == (0.5, 0.25, 0.2)
    assert shown.open_interest == 1000


def test_a_contract_tells_when_its_inputs_came(desk: FakeDesk) -> None:
    desk.trade(CALL)
    assert (row(desk).quote_time, row(desk).volatility_time) == (None, None)
    desk.quote(1.9, 2.0, seconds=99.5)
    assert row(desk).quote_time == SESSION.open_ns // 1_000_000 + 99_500
    desk.engine.flow.contracts["volatility_ns"][desk.number(CALL)] = SESSION.open_ns
    assert row(desk).volatility_time == SESSION.open_ns // 1_000_000


@pytest.mark.parametrize(
    ("bid", "ask", "shown"),
    [(0.0, 0.05, (0.0, 0.05)), (0.0, 0.0, (None, None)), (1.0, 0.0, (1.0, None))],
)
def test_a_bid_of_zero_beside_an_ask_is_a_real_one(
    desk: FakeDesk, bid: float, ask: float, shown: tuple[float | None, float | None]
) -> None:
    desk.quote(bid, ask)
    assert (row(desk).bid, row(desk).ask) == shown


def test_only_contracts_that_changed_since_are_given(desk: FakeDesk) -> None:
    desk.trade(CALL)
    since = desk.engine.flow.version
    desk.trade(PUT)
    assert set(views.contract_rows(desk.engine, since)) == {PUT}


def test_totals_cover_contracts_outside_the_window(desk: FakeDesk) -> None:
    desk.chain()
    desk.quote(1.9, 2.0, ticker(602))
    desk.trade(ticker(602), 2.0, 5)
    totals = views.totals(desk.engine)
    assert (totals.cumulative_volume, totals.cumulative_premium) == (5, 1000.0)
    assert (totals.net_delta_flow, totals.net_gamma_flow) == (250.0, 125.0)
    assert not row(desk, ticker(602)).in_window


def test_a_session_without_data_shows_null(desk: FakeDesk) -> None:
    desk.health.shown, desk.health.lag_ms, desk.health.age_ms = "connecting", None, None
    info = views.session_info(desk.showing)
    assert (info.spot, info.atm, info.spot_source, info.market_time) == (None,) * 4
    assert (info.strikes, info.spot_open) == ([], None)
    assert info.feed == Feed("connecting", None, None, NOW_NS // 1_000_000, None, 0)


def test_a_session_shows_its_window_and_its_hours_in_milliseconds(desk: FakeDesk) -> None:
    desk.chain(600.4)
    desk.trade(seconds=100)
    info = views.session_info(desk.showing)
    assert (info.spot, info.atm, info.spot_source) == (600.4, 600.0, "chain")
    assert (info.strikes, info.span) == (list(STRIKES[1:4]), 1)
    assert info.market_time == (SESSION.open_ns + 100 * 10**9) // 10**6
    assert info.open_time * 10**6 == SESSION.open_ns
    assert (info.close_time - info.open_time, info.end_time - info.close_time) == (
        int(6.5 * 3600 * 1000),
        15 * 60 * 1000,
    )


def test_a_session_shows_what_parity_says_and_how_sure_it_is(desk: FakeDesk) -> None:
    for strike, call, put in ((599.0, 1.75, 0.63), (600.0, 1.12, 1.0)):
        desk.quote(call - 0.01, call + 0.01, ticker(strike))
        desk.quote(put - 0.01, put + 0.01, ticker(strike, "P"))
    assert views.session_info(desk.showing).parity is None
    desk.trade()
    assert views.session_info(desk.showing).parity == Parity(600.12, 2, 600.1, 600.14, False)


def test_a_print_is_shown_with_the_evidence_for_its_side(desk: FakeDesk) -> None:
    desk.chain()
    desk.quote(1.9, 2.0, seconds=99.5)
    desk.trade(CALL, 2.0, 3, seconds=100)
    assert views.tape_rows(desk.engine, 0, 10) == [
        TapeRow(
            t=SESSION.open_ns + 100 * 10**9,
            ticker=CALL,
            price=2.0,
            size=3,
            premium=600.0,
            side=1,
            aggressor=1,
            rule="QUOTE_AT",
            confidence=0.7,
            bid=1.9,
            ask=2.0,
            quote_age_ms=500,
            delta=0.5,
            conditions=[209],
            tags=[],
            id=0,
            exchange=302,
            bid_size=10,
            ask_size=10,
            gamma=0.25,
            implied_volatility=0.2,
            spot=600.0,
            hedging_pressure=36_000.0,
        )
    ]


def test_a_print_without_a_quote_or_greeks_says_so(desk: FakeDesk) -> None:
    desk.trade()
    (shown,) = views.tape_rows(desk.engine, 0, 10)
    assert (shown.side, shown.rule, shown.confidence) == (0, "NONE", 0.5)
    assert (shown.bid, shown.ask, shown.quote_age_ms, shown.delta) == (None,) * 4


def test_the_largest_print_of_an_adjusted_contract_keeps_its_premium(desk: FakeDesk) -> None:
    desk.chain()
    desk.engine.flow.contracts["multiplier"][desk.number(CALL)] = 10_000
    desk.quote(99_999.0, MAX_PRICE)
    desk.trade(CALL, MAX_PRICE, MAX_SIZE)
    (shown,) = views.tape_rows(desk.engine, 0, 1)
    assert shown.premium == MAX_PRICE * MAX_SIZE * 10_000
    assert shown.hedging_pressure == pytest.approx(MAX_SIZE * 10_000 * 0.5 * 600.0 * 0.4)


def test_the_tape_gives_the_newest_rows_oldest_first(desk: FakeDesk) -> None:
    for size in range(1, 6):
        desk.trade(size=size)
    assert [shown.size for shown in views.tape_rows(desk.engine, 0, 3)] == [3, 4, 5]
    assert [shown.size for shown in views.tape_rows(desk.engine, 4, 3)] == [5]


def test_counters_add_up_what_the_feed_and_the_engine_saw(desk: FakeDesk) -> None:
    desk.quote(1.9, 2.0)
    desk.trade()
    desk.health.frames_rejected, desk.health.reconnects = 2, 3
    assert views.counters(desk.showing) == Counters(1, 1, 0, 0, 0, 1, 2, 3)


def test_absurd_prints_cost_the_error_alone(desk: FakeDesk) -> None:
    desk.chain()
    for second in range(100, 105):
        desk.trade(size=9_000_000, seconds=second)
    error = views.totals(desk.engine).hedging_pressure_error
    assert error is not None
    assert error > 1e10
    for second in range(105, 1_100):
        desk.trade(size=9_000_000, seconds=second)
    shown = views.totals(desk.engine)
    assert shown.hedging_pressure_error is None
    assert shown.cumulative_volume == 9_000_000_000


def test_nothing_that_is_sent_is_no_number(desk: FakeDesk) -> None:
    desk.chain(greeks=False)
    desk.trade()
    engine = desk.engine
    shown = (views.contract_rows(engine, -1), views.tape_rows(engine, 0, 10))
    sent = msgspec.to_builtins([*shown, views.totals(engine), views.session_info(desk.showing)])

    def floats(value: object) -> list[float]:
        if isinstance(value, dict):
            return [number for inner in value.values() for number in floats(inner)]
        if isinstance(value, list):
            return [number for inner in value for number in floats(inner)]
        return [value] if isinstance(value, float) else []

    assert all(math.isfinite(number) for number in floats(sent))
