"""The model's greeks: solved from quotes and spot once a market second."""

import math

import numpy as np
import pytest

from spymaster.analytics import black_scholes
from spymaster.core.batches import EventBatch
from spymaster.engine.flow_engine import FlowEngine

from .builders import SESSION, Quote, Trade, batch, engine, ns, snapshot, ticker, totals
from .shared_data import real_session
from .test_real_sessions import engine_and_events

STRIKES = [float(strike) for strike in range(597, 604)]
SIGMA = 0.2
HOUR = 3_600_000


def years(ms: int) -> float:
    return (SESSION.close_ns - ns(ms)) / 1e9 / black_scholes.YEAR_SECONDS


def model(strike: float, right: str, ms: int, spot: float = 600.1) -> black_scholes.Greeks:
    return black_scholes.greeks(right == "C", spot, strike, years(ms), SIGMA)


def number(strike: float, right: str = "C") -> int:
    return 2 * STRIKES.index(strike) + (right == "P")


def chain(ms: int, spot: float = 600.1, without: tuple[float, ...] = ()) -> list[Quote]:
    """Quotes around the model's prices, in hundredths of a cent to keep rounding away."""
    made = []
    for strike in STRIKES:
        for right in "CP":
            price = round(float(model(strike, right, ms, spot).price), 4)
            bid = 0.0 if strike in without else price - 0.005
            made.append(Quote(ms, bid, price + 0.005, number(strike, right)))
    return made


def quoted(*events, ms: int = HOUR, **options) -> FlowEngine:
    """Quotes at a time, and one more event in the next second, when greeks are solved."""
    return engine(*chain(ms), *(events or [Trade(ms + 1_000, 1.0)]), strikes=STRIKES, **options)


def in_force(state: FlowEngine, strike: float, right: str = "C") -> tuple[float, float]:
    record = state.flow.contracts[number(strike, right)]
    return float(record["delta"]), float(record["gamma"])


@pytest.mark.parametrize("right", ["C", "P"])
@pytest.mark.parametrize("strike", STRIKES)
def test_quotes_alone_give_delta_gamma_and_volatility(strike, right):
    state = quoted()
    expected = model(strike, right, HOUR + 1_000)
    assert in_force(state, strike, right) == pytest.approx(
        (float(expected.delta), float(expected.gamma)), rel=0.01, abs=2e-3
    )
    contract = number(strike, right)
    assert state.greeks.implied_volatilities(np.array([contract]))[0] == pytest.approx(
        SIGMA, rel=0.01
    )
    assert state.greeks.sources(np.array([contract]))[0] == "model"


def test_prints_that_waited_are_settled_and_later_ones_use_the_current_greeks():
    state = engine(*chain(HOUR), Trade(HOUR + 1, 5.0, 3, contract=number(600.0)), strikes=STRIKES)
    assert state.flow.contracts[number(600.0)]["waiting"] == 3
    state.apply(batch(Trade(HOUR + 1_000, 5.0, 2, contract=number(600.0))))
    delta, _ = in_force(state, 600.0)
    assert totals(state, number(600.0)).gross_delta == pytest.approx(500 * delta)


def test_delta_follows_spot_while_a_quote_stands_still():
    state = quoted()
    before, _ = in_force(state, 600.0)
    state.apply_snapshot(snapshot({}, price=601.0), ns(HOUR + 1_500))
    state.apply(batch(Trade(HOUR + 2_000, 1.0)))
    assert in_force(state, 600.0)[0] != before


def test_a_strike_without_a_bid_lies_between_its_neighbours():
    rows = chain(HOUR, without=(602.0,))
    state = engine(*rows, Trade(HOUR + 1_000, 1.0), strikes=STRIKES)
    volatility = [float(state.flow.contracts[number(strike)]["volatility"]) for strike in STRIKES]
    assert volatility[5] == pytest.approx((volatility[4] + volatility[6]) / 2)
    assert not state.flow.contracts[number(602.0)]["volatility_own"]


@pytest.mark.parametrize("edge", [597.0, 603.0])
def test_nothing_is_made_up_outside_the_strikes_that_are_quoted(edge):
    rows = chain(HOUR, without=(edge,))
    state = engine(*rows, Trade(HOUR + 1_000, 1.0), strikes=STRIKES)
    assert math.isnan(in_force(state, edge)[0])
    assert state.greeks.sources(np.array([number(edge)]))[0] is None


def test_a_strike_that_loses_its_bid_keeps_its_own_volatility_for_a_while():
    state = quoted()
    held = float(state.flow.contracts[number(602.0)]["volatility"])
    state.apply(batch(*chain(HOUR + 1_500, without=(602.0,)), Trade(HOUR + 2_000, 1.0)))
    assert float(state.flow.contracts[number(602.0)]["volatility"]) == held
    state.apply(batch(*chain(HOUR + 302_500, without=(602.0,)), Trade(HOUR + 303_000, 1.0)))
    assert float(state.flow.contracts[number(602.0)]["volatility"]) != held


def test_the_vendors_greeks_serve_until_the_model_has_some():
    names = {ticker(600): (0.9, 0.9)}
    state = engine(strikes=STRIKES)
    state.apply_snapshot(snapshot(names, price=600.1, volatility=0.3), ns(HOUR))
    assert (in_force(state, 600.0), state.greeks.sources(np.array([number(600.0)]))[0]) == (
        (0.9, 0.9),
        "vendor",
    )
    state.apply(batch(*chain(HOUR), Trade(HOUR + 1_000, 1.0)))
    assert state.greeks.sources(np.array([number(600.0)]))[0] == "model"
    state.apply_snapshot(snapshot(names, price=600.1), ns(HOUR + 2_000))
    assert in_force(state, 600.0)[0] == pytest.approx(0.52, abs=0.02)


def test_the_vendors_greeks_come_back_when_the_models_volatility_is_old():
    state = quoted()
    state.apply_snapshot(snapshot({ticker(600): (0.9, 0.9)}, price=600.1), ns(HOUR + 302_000))
    assert state.greeks.sources(np.array([number(600.0)]))[0] == "vendor"
    assert state.greeks.sources(np.array([number(601.0)]))[0] == "model"


def test_with_the_vendor_as_source_nothing_is_solved():
    state = quoted(greeks_source="vendor")
    assert math.isnan(in_force(state, 600.0)[0])


def test_a_delayed_price_solves_nothing():
    far = engine(*[Quote(HOUR, 1.0, 1.1, number(600.0))], strikes=STRIKES)
    far.apply_snapshot(snapshot({}, price=600.1, timeframe="DELAYED"), ns(HOUR))
    far.apply(batch(Trade(HOUR + 1_000, 1.0)))
    assert math.isnan(in_force(far, 600.0)[0])


def test_greeks_freeze_at_the_close():
    close = (SESSION.close_ns - SESSION.open_ns) // 1_000_000
    state = quoted(ms=close - 1_800_000)
    frozen = state.flow.contracts["delta"][: len(state.table)].copy()
    assert not np.isnan(frozen[number(600.0)])
    late = [quote._replace(ms=close + 1) for quote in chain(HOUR, 602.0)]
    state.apply(batch(Trade(close, 1.0), *late, Trade(close + 1_000, 1.0)))
    state.apply_snapshot(snapshot({ticker(600): (0.9, 0.9)}), ns(close + 400_000))
    now = state.flow.contracts["delta"][: len(state.table)]
    assert np.array_equal(now, frozen, equal_nan=True)


def test_what_held_when_is_remembered_to_a_hundredth():
    state = quoted()
    contract, seen = number(600.0), []
    for step in range(2, 40):
        spot = 600.1 + 0.05 * math.sin(step)
        ms = HOUR + 1_000 * step
        state.apply(batch(*chain(ms - 500, spot), Trade(ms, 1.0)))
        seen.append((ns(ms), in_force(state, 600.0)[0]))
    delta, *_ = state.greeks.at(contract, np.array([ts for ts, _ in seen]))
    assert np.abs(delta - [value for _, value in seen]).max() <= 0.0101


def test_going_back_and_playing_again_ends_in_the_same_bits():
    state = quoted()
    past = state.checkpoint()
    rest = [
        batch(*chain(HOUR + 500 * step, 600.1 + step / 50), Trade(HOUR + 500 * step + 1, 1.0, 2))
        for step in range(3, 60)
    ]
    ends = []
    for _ in range(2):
        state.restore(past)
        for each in rest:
            state.apply(each)
        ends.append((state.flow.contracts.tobytes(), state.greeks.at(0, np.array([ns(HOUR * 2)]))))
    assert ends[0] == ends[1]


def test_a_real_day_of_quotes_has_plausible_deltas():
    state, events = engine_and_events(real_session("goog-2015-12-24"))
    _assert_plausible(state, events)


def test_a_real_day_of_prints_has_plausible_deltas():
    state, events = engine_and_events(real_session("aapl-2014-06-06"))
    _assert_plausible(state, events)
    assert (state.flow.contracts["waiting"] > 0).sum() <= 5


def _assert_plausible(state: FlowEngine, events: EventBatch) -> None:
    until = (state.session.open_ns + state.session.close_ns) // 2
    state.apply(
        EventBatch(
            events.trades.take(events.trades.ts_event < until),
            events.quotes.take(events.quotes.ts_event < until),
        )
    )
    spot = state.spot.price
    records = state.flow.contracts[: len(state.table)]
    strikes = np.array([contract.strike for contract in state.table])
    calls = np.array([contract.right == "C" for contract in state.table])
    known = ~np.isnan(records["delta"])
    near = np.abs(strikes - spot) <= 0.01 * spot
    assert known[near].mean() > 0.9
    order = np.argsort(strikes[calls & known], kind="stable")
    deltas = records["delta"][calls & known][order]
    assert (np.diff(deltas) <= 0.03).all()
    at_the_money = np.argmin(np.where(calls & known, np.abs(strikes - spot), np.inf))
    assert 0.25 < records["delta"][at_the_money] < 0.75
    volatility = records["volatility"][near & known]
    assert ((volatility > 0.03) & (volatility < 1)).all()
    state.apply(
        EventBatch(
            events.trades.take(events.trades.ts_event >= until),
            events.quotes.take(events.quotes.ts_event >= until),
        )
    )
