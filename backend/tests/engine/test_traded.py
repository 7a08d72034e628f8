"""What was traded by a moment, from the prints."""

import numpy as np
import pytest

from spymaster.engine.traded import flow_cells, traded_by

from .builders import (
    CALL,
    CANCEL,
    PUT,
    Quote,
    Trade,
    batch,
    engine,
    ns,
    rest,
    rest_quotes,
    snapshot,
    ticker,
)

QUOTES = [Quote(0, 1.20, 1.30), Quote(0, 1.00, 1.10, PUT)]


def day(*trades, **options):
    """Prints, each right after fresh quotes of both legs."""
    return engine(*[row for trade in trades for row in (*quotes(trade.ms - 1), trade)], **options)


def quotes(ms):
    return [quote._replace(ms=ms) for quote in QUOTES]


def traded(state, *milliseconds):
    moments = np.array([ns(ms) for ms in milliseconds], dtype=np.int64)
    return traded_by(state.flow.prints, len(state.table), moments)


def test_a_print_counts_from_its_own_time_on():
    state = day(Trade(5_000, 1.30, 10), Trade(9_000, 1.20, 4), Trade(9_000, 1.10, 2))
    found = traded(state, 5_000, 5_001, 9_001)
    assert found.volume[:, CALL].tolist() == [0, 10, 16]
    assert found.premium[:, CALL].tolist() == pytest.approx([0, 13.0, 13.0 + 4.8 + 2.2])
    assert found.volume[:, PUT].tolist() == [0, 0, 0]


def test_customers_position_is_each_print_by_its_weight():
    state = day(Trade(5_000, 1.30, 10), Trade(6_000, 1.00, 4, contract=PUT))
    found = traded(state, 7_000)
    assert found.customers[0].tolist() == pytest.approx([0.4 * 10, -0.4 * 4])
    assert found.variance[0].tolist() == pytest.approx([0.84 * 100, 0.84 * 16])


def test_an_unsigned_print_moves_no_position_but_all_of_it_is_unsure():
    state = day(Trade(5_000, 1.30, 10, condition=232))
    found = traded(state, 7_000)
    assert (found.customers[0, CALL], found.variance[0, CALL]) == (0.0, 100.0)


def test_what_a_cancel_takes_back_never_was():
    state = day(Trade(5_000, 1.30, 10), Trade(8_000, 1.30, 10, condition=CANCEL))
    found = traded(state, 6_000, 9_000)
    assert found.volume[:, CALL].tolist() == [0, 0]
    assert found.customers[:, CALL].tolist() == [0, 0]


def test_a_print_that_rest_brings_counts_at_its_own_time():
    state = day(Trade(9_000, 1.30, 1))
    state.refill(CALL, rest(Trade(5_000, 1.30, 10)), rest_quotes(Quote(4_999, 1.20, 1.30)))
    assert traded(state, 6_000, 10_000).customers[:, CALL].tolist() == pytest.approx([4.0, 4.4])


def test_the_sums_at_the_end_are_those_of_the_contracts():
    state = day(*[Trade(1_000 * n, 1.20 + n % 3 * 0.05, n) for n in range(1, 40)])
    found = traded(state, 99_000)
    record = state.flow.contracts[CALL]
    assert found.volume[0, CALL] == record["volume"]
    assert found.premium[0, CALL] * 100 == pytest.approx(record["premium"] / 10_000)
    assert found.customers[0, CALL] == pytest.approx(record["weighted_position"] / 10_000)
    assert found.variance[0, CALL] == pytest.approx(record["position_variance"] / 10_000)


def cells(state, measure, *, until_ms=30_000):
    return flow_cells(
        state.flow.prints,
        np.array([0, 0]),
        np.array([100.0, 100.0]),
        (3, 1),
        measure,
        start_ns=ns(0),
        step_ns=10 * 10**9,
        until_ns=ns(until_ms),
    )[:, 0].tolist()


def test_flow_falls_into_the_cell_of_its_time_and_strike():
    state = engine(greeks_source="vendor")
    state.apply_snapshot(snapshot({ticker(600): (0.5, 0.2), ticker(600, "P"): (-0.5, 0.2)}), ns(0))
    for trade in (
        Trade(1_000, 1.30, 10),
        Trade(9_999, 1.00, 4, contract=PUT),
        Trade(10_000, 1.20, 2),
        Trade(25_000, 1.30, 1),
        Trade(26_000, 1.30, 7, condition=232),
    ):
        state.apply(batch(*quotes(trade.ms - 1), trade))
    assert cells(state, "delta") == pytest.approx(
        [0.4 * 100 * (10 * 0.5 + 4 * 0.5), -0.4 * 100, 0.4 * 50]
    )
    assert cells(state, "premium") == pytest.approx([1_300 + 400, 240, 130 + 910])
    assert cells(state, "premium", until_ms=10_000) == pytest.approx([1_700, 0, 0])


def test_delta_flow_is_unknown_while_a_signed_print_waits_for_greeks():
    state = day(Trade(1_000, 1.30), Trade(11_000, 1.30, condition=232))
    found = cells(state, "delta")
    assert np.isnan(found[0])
    assert found[1:] == [0.0, 0.0]
