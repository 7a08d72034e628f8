"""Which quotes and prints belong together. Source: analytics sheet, section 1.6."""

import numpy as np
import pytest

from spymaster.analytics.quote_lag import LAGS_MS, choose_lag, shares_at_quote
from spymaster.core.batches import NO_QUOTES, NO_TRADES, quote_batch, trade_batch
from spymaster.core.conditions import pack

MS = 1_000_000
START = 1_765_895_400_000 * MS
COUNT = 400


def quotes_every(ms: int = 200):
    """Two contracts whose bid and ask change with every quote, one quote every so often."""
    rows = 2 * COUNT
    number = np.arange(rows)
    bid = 1 + (number // 2 % 50) / 10
    return quote_batch(
        number % 2, START + number // 2 * ms * MS, bid, bid + 0.05, *([np.ones(rows)] * 4), number
    )


def prints(lag_ms: int, share: float = 1.0, conditions: int = 0):
    """A print at the bid so long after its quote was overtaken, or in the very millisecond.

    The others are a cent off any quote.
    """
    number = np.arange(1, COUNT)
    at_bid = number < share * COUNT
    price = 1 + ((number - 1) % 50) / 10 + np.where(at_bid, 0, 0.01)
    ts = START + (number * 200 + lag_ms) * MS
    ones = np.ones(len(number))
    made, _ = trade_batch(number % 2, ts, price, ones, ones, conditions * ones, ones, number)
    return made


@pytest.mark.parametrize("lag_ms", LAGS_MS)
def test_the_lag_at_which_prints_lie_on_the_quotes_is_found(lag_ms):
    assert choose_lag(prints(lag_ms), quotes_every()) == lag_ms


def test_of_lags_that_do_equally_well_the_shortest_is_chosen():
    # Quotes stand for 200 ms: prints in the middle are at the quote at every lag.
    middle = prints(100)
    assert shares_at_quote(middle, quotes_every()).tolist() == [0.0] * len(LAGS_MS)
    assert choose_lag(middle, quotes_every()) == 0


@pytest.mark.parametrize(("late", "lag_ms"), [(3, 0), (4, 10), (40, 10)])
def test_a_gain_of_less_than_a_percentage_point_is_none(late, lag_ms):
    # Of some 400 prints, 4 are a percentage point; the others are at no quote.
    share = (late + 1) / COUNT
    assert choose_lag(prints(10, share), quotes_every()) == lag_ms


def test_a_quote_of_the_same_millisecond_is_not_older():
    shares = shares_at_quote(prints(0), quotes_every())
    assert shares[0] == 1.0


@pytest.mark.parametrize(
    ("condition", "counts"), [(209, True), (219, True), (232, False), (227, False)]
)
def test_only_plain_single_leg_prints_count(condition, counts):
    shares = shares_at_quote(prints(0, conditions=pack([condition])), quotes_every())
    assert np.isnan(shares).all() != counts


def test_another_contracts_quotes_say_nothing():
    quotes = quotes_every()
    others = quotes.take(quotes.contract == 1)
    assert shares_at_quote(prints(0), quotes.take(quotes.contract == 0))[0] != 0
    elsewhere = prints(0).take(prints(0).contract == 0)
    assert np.isnan(shares_at_quote(elsewhere, others)).all()


def test_the_order_of_rows_makes_no_difference():
    rng = np.random.default_rng(5)
    trades, quotes = prints(5), quotes_every()
    mixed = (
        trades.take(rng.permutation(len(trades))),
        quotes.take(rng.permutation(len(quotes))),
    )
    assert shares_at_quote(*mixed).tolist() == shares_at_quote(trades, quotes).tolist()


@pytest.mark.parametrize(("trades", "quotes"), [(NO_TRADES, NO_QUOTES), (prints(5), NO_QUOTES)])
def test_without_quotes_there_is_no_lag(trades, quotes):
    assert choose_lag(trades, quotes) == 0


def test_a_few_prints_tell_nothing():
    assert choose_lag(prints(5).take(slice(0, 199)), quotes_every()) == 0
