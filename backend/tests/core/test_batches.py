import math

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spymaster.core.batches import (
    MAX_PRICE,
    MAX_SIZE,
    NO_QUOTES,
    NO_TRADES,
    EventBatch,
    QuoteBatch,
    TradeBatch,
    quote_batch,
    scale_quote,
    trade_batch,
)


def trades(prices=(1.25,), sizes=None, times=None, exchanges=None) -> tuple[TradeBatch, int]:
    count = len(prices)
    return trade_batch(
        contract=range(count),
        ts_event=times if times is not None else [1] * count,
        price=prices,
        size=sizes if sizes is not None else [1] * count,
        exchange=exchanges if exchanges is not None else [302] * count,
        conditions=[209] * count,
        sequence=[0] * count,
        arrival=range(count),
    )


@pytest.mark.parametrize(
    "price", [0.0, -1.0, math.nan, math.inf, -math.inf, MAX_PRICE * 1.01, 0.00001]
)
def test_an_impossible_price_rejects_its_row_alone(price: float) -> None:
    batch, rejected = trades((1.25, price, 2.5))
    assert batch.price.tolist() == [12_500, 25_000]
    assert batch.contract.tolist() == [0, 2]
    assert rejected == 1


@pytest.mark.parametrize("size", [0, -1, 1.5, math.nan, math.inf, MAX_SIZE + 1])
def test_an_impossible_size_is_rejected(size: float) -> None:
    batch, rejected = trades((1.0, 1.0), sizes=[size, 3])
    assert (batch.size.tolist(), rejected) == ([3], 1)


@pytest.mark.parametrize("time", [0, -1])
def test_a_time_that_no_clock_shows_is_rejected(time: int) -> None:
    batch, rejected = trades((1.0, 1.0), times=[time, 5])
    assert (batch.ts_event.tolist(), rejected) == ([5], 1)


def test_the_limits_themselves_are_accepted() -> None:
    batch, rejected = trades((MAX_PRICE, 0.0001), sizes=[MAX_SIZE, 1])
    assert rejected == 0
    assert batch.price.tolist() == [1_000_000_000, 1]


def test_a_venue_that_does_not_fit_is_unknown() -> None:
    batch, rejected = trades((1.0,) * 3, exchanges=[302, -1, 2**40])
    assert (batch.exchange.tolist(), rejected) == ([302, 0, 0], 0)


@given(st.integers(1, 10**9))
def test_every_price_on_the_grid_is_held_exactly(units: int) -> None:
    batch, _ = trades((units / 10_000,))
    assert batch.price.tolist() == [units]


def test_columns_are_read_only_and_have_their_types() -> None:
    batch, _ = trades((1.0, 2.0))
    for kind in (batch, quote_batch(*[[1, 2]] * 9)):
        for name in kind.DTYPE.names or ():
            column = getattr(kind, name)
            assert column.dtype == kind.DTYPE[name]
            with pytest.raises(ValueError, match="read-only"):
                column[0] = 0


@pytest.mark.parametrize("place", range(9))
def test_columns_of_unequal_length_are_refused(place: int) -> None:
    columns = [[1, 2]] * 9
    columns[place] = [1]
    with pytest.raises(ValueError, match="length"):
        quote_batch(*columns)
    if place < 8:
        with pytest.raises(ValueError, match="length"):
            trade_batch(*columns[:8])


def test_compiled_code_meets_one_type_of_rows() -> None:
    batch, _ = trades((1.0, 2.0))
    same = (batch.take([0]), TradeBatch.concat([batch, batch]), NO_TRADES, trades((0.0,))[0])
    for one in (*same, batch.numbered(np.arange(2))):
        assert numba.typeof(one.rows) == numba.typeof(batch.rows)
    assert batch.numbered(np.array([5, 6])).arrival.tolist() == [5, 6]
    assert batch.arrival.tolist() == [0, 1]


def test_rows_are_joined_and_picked_in_order() -> None:
    first, _ = trades((1.0, 2.0))
    second, _ = trades((3.0,))
    joined = TradeBatch.concat([first, second])
    assert joined.price.tolist() == [10_000, 20_000, 30_000]
    assert joined.take([2, 0]).price.tolist() == [30_000, 10_000]
    assert joined.take(joined.price > 15_000).price.tolist() == [20_000, 30_000]
    assert len(joined.take(slice(0, 0))) == 0
    assert not joined.take([0]).price.flags.writeable


def test_nothing_is_a_batch_too() -> None:
    assert len(TradeBatch.concat([])) == len(QuoteBatch.concat([])) == 0
    assert len(EventBatch(NO_TRADES, NO_QUOTES)) == 0
    empty, rejected = trades(())
    assert (len(empty), rejected) == (0, 0)
    assert len(quote_batch(*[[]] * 9)) == 0


def test_a_side_without_a_price_is_missing_and_costs_no_row() -> None:
    batch = quote_batch(
        contract=[0, 1, 2],
        ts_event=[1, 1, 1],
        bid=[0.0, math.nan, 1.2],
        ask=[1.3, -5.0, math.inf],
        bid_size=[0, math.nan, 5],
        ask_size=[7, -3, 1e12],
        bid_exchange=[0, 302, 303],
        ask_exchange=[302, 302, 2**20],
        arrival=[0, 1, 2],
    )
    assert batch.bid.tolist() == [0, 0, 12_000]
    assert batch.ask.tolist() == [13_000, 0, 0]
    assert batch.bid_size.tolist() == [0, 0, 5]
    assert batch.ask_size.tolist() == [7, 0, MAX_SIZE]
    assert batch.ask_exchange.tolist() == [302, 302, 0]
    assert scale_quote([1.23, 0]).tolist() == [12_300, 0]
