"""The parts together: spot from the tape, and a window that follows it."""

import numpy as np
import pytest

from .builders import CALL, PUT, Quote, Trade, batch, engine, ns, snapshot, ticker, totals

STRIKES = [float(strike) for strike in range(595, 606)]


def quotes(spot: float, ms: int) -> list[Quote]:
    """Penny markets on every strike, around intrinsic value and some time value."""
    made = []
    for row, strike in enumerate(STRIKES):
        value = max(0.0, 1.0 - 0.2 * abs(strike - spot))
        call, put = max(0.0, spot - strike) + value, max(0.0, strike - spot) + value
        for contract, price in ((2 * row, call), (2 * row + 1, put)):
            made.append(Quote(ms, round(price, 2) + 0.01, round(price, 2) + 0.03, contract))
    return made


def test_spot_and_window_come_from_quotes_alone():
    state = engine(*quotes(600.1, 0), Trade(1_000, 1.0), strikes=STRIKES, span=2)
    assert state.spot.price == pytest.approx(600.1, abs=0.01)
    assert (state.spot.source, state.atm) == ("parity", 600.0)
    assert state.strikes.strikes == (598.0, 599.0, 600.0, 601.0, 602.0)
    assert [state.table[number].strike for number in state.window_contracts()] == [
        598.0, 598.0, 599.0, 599.0, 600.0, 600.0, 601.0, 601.0, 602.0, 602.0,
    ]  # fmt: skip


def test_the_window_follows_at_the_next_second_after_a_large_move():
    state = engine(*quotes(600.1, 0), Trade(1_000, 1.0), strikes=STRIKES, span=1)
    state.apply(batch(*quotes(601.2, 1_100), Trade(1_900, 1.0)))
    assert state.strikes.strikes == (599.0, 600.0, 601.0)
    state.apply(batch(Trade(2_000, 1.0)))
    assert state.strikes.strikes == (600.0, 601.0, 602.0)


def test_a_strike_that_leaves_and_returns_goes_on_from_its_totals():
    state = engine(*quotes(600.1, 0), Trade(1_000, 1.0, 5), strikes=STRIKES, span=1)
    before = totals(state, CALL)
    state.set_span(0)
    state.set_span("all")
    state.apply(batch(Trade(1_001, 1.0, 5)))
    assert totals(state, CALL).volume == 2 * before.volume == 10


@pytest.mark.parametrize("follow", [True, False])
def test_a_quote_from_before_a_contract_left_says_nothing_on_its_return(follow):
    state = engine(*quotes(600.1, 0), strikes=STRIKES, span="all", quotes_follow_window=follow)
    state.apply_snapshot(snapshot({}, price=600.1), ns(0))
    state.apply(batch(*quotes(600.1, 10)))
    state.set_span(0)
    state.set_span("all")
    both = np.array([state.table.find(ticker(595)), state.table.find(ticker(600))])
    far, at_the_money = state.flow.newest_quotes(both)["ask"]
    assert (far == 0) == follow
    assert at_the_money > 0


def test_without_quotes_last_prices_of_both_legs_tell_spot():
    prints = [Trade(0, 2.00, contract=CALL), Trade(1, 1.50, contract=PUT), Trade(1_000, 2.0)]
    state = engine(*prints)
    assert (state.spot.price, state.spot.source) == (600.5, "parity")


def test_the_quotes_of_the_chain_tell_spot_where_it_has_no_price():
    names = [ticker(strike, right) for strike in (600, 601) for right in "CP"]
    sides = [(1.50, 1.52), (0.50, 0.52), (0.90, 0.92), (0.90, 0.92)]
    state = engine()
    greeks = dict.fromkeys(names, (0.5, 0.02))
    state.apply_snapshot(snapshot(greeks, quotes=dict(zip(names, sides, strict=True))), ns(0))
    assert state.spot.price == pytest.approx(601.0)
    assert state.spot.source == "parity"


def test_without_any_price_there_is_no_money_and_no_window():
    state = engine(Trade(0, 1.0), Trade(1_000, 1.0))
    assert (state.atm, state.strikes.strikes, state.window_contracts()) == (None, (), [])


@pytest.mark.parametrize(
    ("greeks", "first"),
    [
        ({600.0: 0.9, 601.0: 0.62, 602.0: 0.45, 603.0: 0.1}, (601.0, 602.0, 603.0)),
        (dict.fromkeys(STRIKES, 0.5), (599.0, 600.0, 601.0)),
        ({}, (599.0, 600.0, 601.0)),
    ],
)
def test_a_chain_without_any_price_begins_at_its_deltas_or_its_middle(greeks, first):
    nan = float("nan")
    chain = {
        ticker(strike, right): (greeks.get(strike, nan) - (right == "P"), 0.02)
        for strike in STRIKES
        for right in "CP"
    }
    state = engine(span=1)
    state.apply_snapshot(snapshot(chain), ns(0))
    assert (state.atm, state.strikes.strikes) == (None, first)
    state.apply_snapshot(snapshot(chain), ns(30_000))
    assert state.strikes.strikes == first
    state.apply_snapshot(snapshot(chain, price=600.4, timeframe="REAL-TIME"), ns(60_000))
    assert (state.atm, state.strikes.strikes) == (600.0, (599.0, 600.0, 601.0))


def test_quotes_of_the_first_window_tell_spot_which_moves_it():
    chain = dict.fromkeys((ticker(k, r) for k in STRIKES for r in "CP"), (float("nan"), 0.02))
    state = engine(span=1)
    state.apply_snapshot(snapshot(chain), ns(0))
    state.apply(batch(*quotes(602.2, 1_000), Trade(2_000, 1.0)))
    assert state.spot.source == "parity"
    assert (state.atm, state.strikes.strikes) == (602.0, (601.0, 602.0, 603.0))
    everything = engine(span="all")
    everything.apply_snapshot(snapshot(chain), ns(0))
    assert everything.strikes.strikes == tuple(STRIKES)
