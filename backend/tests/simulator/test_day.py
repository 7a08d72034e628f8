"""The same seed and date give the same day, whatever is asked and in whatever order."""

import datetime as dt
import itertools

import numpy as np
import pytest

from spymaster.analytics.black_scholes import greeks
from spymaster.core.errors import CalendarError
from spymaster.simulator.day import MarketModel, SimulatedDay, SimulatedMarket
from spymaster.simulator.orders import PACKAGE
from spymaster.simulator.path import NS
from spymaster.simulator.prints import Prints
from spymaster.simulator.quoting import quotes_at

from .support import columns, expiring

DATE = dt.date(2025, 12, 16)


def fresh(seed: int = 1) -> SimulatedDay:
    return SimulatedMarket(MarketModel(seed=seed)).day(DATE)


def same(one: object, other: object) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(columns(one), columns(other), strict=True))


def test_blocks_do_not_depend_on_the_order_in_which_they_are_made(day: SimulatedDay) -> None:
    forwards, backwards = fresh(), fresh()
    wanted = [0, 3, 200, 404]
    first = {number: forwards.block(number) for number in wanted}
    second = {number: backwards.block(number) for number in reversed(wanted)}
    assert all(same(first[number], second[number]) for number in wanted)
    assert all(same(first[number], day.block(number)) for number in wanted)


def test_quotes_do_not_depend_on_how_the_day_is_cut(day: SimulatedDay) -> None:
    start = day.session.open_ns + 3600 * NS
    whole = day.quotes_between(start, start + 20 * NS)
    cuts = [start, start + 1, start + 7 * NS + 123_456_789, start + 12 * NS, start + 20 * NS]
    parts = [day.quotes_between(a, b) for a, b in itertools.pairwise(cuts)]
    for place, column in enumerate(columns(whole)):
        assert np.array_equal(column, np.concatenate([columns(part)[place] for part in parts]))


def test_one_contract_alone_has_the_quotes_it_has_in_the_chain(day: SimulatedDay) -> None:
    start = day.session.open_ns + 7200 * NS
    row = np.array([100], np.int32)
    chain = day.quotes_between(start, start + 60 * NS)
    alone = day.quotes_between(start, start + 60 * NS, row)
    assert len(alone) > 10
    assert np.array_equal(chain.ts[chain.row == 100], alone.ts)
    assert np.array_equal(chain.bid[chain.row == 100], alone.bid)


def test_the_quote_in_force_is_the_last_one_streamed(day: SimulatedDay) -> None:
    start = day.session.open_ns + 5400 * NS
    events = day.quotes_between(start - 120 * NS, start + 30 * NS)
    times = start + np.arange(0, 30, 3) * NS + 50_000_000
    for row in (80, 100, 101, 121):
        mine = np.flatnonzero(events.row == row)
        for at in times.tolist():
            known = mine[events.ts[mine] <= at]
            if not len(known):
                continue
            last = known[-1]
            force = quotes_at(day.quote_model, np.array([row], np.int32), np.array([at]))[0]
            assert (events.bid[last], events.ask[last]) == (force[0], force[1])
            assert events.bid_size[last] == force[2]


def test_prints_until_equals_prints_between(day: SimulatedDay) -> None:
    start, end = day.session.open_ns, day.session.open_ns + 1234 * NS + 5
    assert same(day.prints_until(end), day.prints_between(start, end))
    later = day.prints_until(end + 600 * NS)
    assert same(later.take(slice(0, len(day.prints_until(end)))), day.prints_until(end))


def test_prints_of_a_contract_are_its_prints_among_all() -> None:
    day = fresh()
    start = day.session.open_ns
    for row, low, high in ((100, 0, 95), (101, 40, 3700), (100, 30, 3725), (100, 0, 1800)):
        everything = day.prints_between(start + low * NS, start + high * NS)
        mine = everything.take(np.flatnonzero(everything.row == row))
        assert same(day.prints_of(row, start + low * NS, start + high * NS), mine)


def test_another_seed_and_another_date_are_other_days(day: SimulatedDay) -> None:
    other = fresh(seed=2)
    assert not np.array_equal(day.path.spot, other.path.spot)
    assert len(day.block(5)) != len(other.block(5)) or not same(day.block(5), other.block(5))


def test_prints_are_in_time_order_inside_the_session_and_payable(day: SimulatedDay) -> None:
    prints = day.prints_between(day.session.open_ns, day.session.end_ns)
    assert (np.diff(prints.ts) >= 0).all()
    assert prints.ts[0] >= day.session.open_ns
    assert prints.ts[-1] < day.session.end_ns
    assert (prints.price > 0).all()
    assert (prints.size > 0).all()
    assert set(np.unique(prints.customer_side)) == {-1, 0, 1}


def test_cancels_take_back_a_print_that_came_before(day: SimulatedDay) -> None:
    prints = day.prints_between(day.session.open_ns, day.session.open_ns + 3600 * NS)
    cancels = np.flatnonzero(np.isin(prints.condition, (201, 203, 205, 207)))
    assert len(cancels) > 10
    for place in cancels.tolist():
        before = prints.take(slice(0, place))
        match = (
            (before.row == prints.row[place])
            & (before.price == prints.price[place])
            & (before.size == prints.size[place])
            & (before.exchange == prints.exchange[place])
        )
        assert match.any()
        assert prints.customer_side[place] == 0


def test_a_cancel_names_the_print_it_takes_back(day: SimulatedDay) -> None:
    prints = day.prints_between(day.session.open_ns, day.session.open_ns + 3600 * NS)
    cancel = np.isin(prints.condition, (201, 203, 205, 207))
    key = prints.order * 128 + prints.place
    assert len(np.unique(key[~cancel])) == (~cancel).sum()
    trades = prints.take(np.flatnonzero(~cancel)[np.argsort(key[~cancel])])
    found = trades.take(np.searchsorted(np.sort(key[~cancel]), key[cancel]))
    cancels = prints.take(np.flatnonzero(cancel))
    assert np.array_equal(found.order, cancels.order)
    assert np.array_equal(found.size, cancels.size)
    assert (found.ts < cancels.ts).all()


def test_true_greeks_are_black_and_scholes_with_the_true_volatility(day: SimulatedDay) -> None:
    at = day.session.open_ns + 9000 * NS
    prints = day.prints_between(at, at + 2 * NS)
    spot, delta, gamma = day.greeks_of(prints)
    step = [day.path.index(ts) for ts in prints.ts.tolist()]
    deviation = [
        day.deviations(ts, np.array([row]))[0]
        for row, ts in zip(prints.row.tolist(), prints.ts.tolist(), strict=True)
    ]
    chain = day.chain
    expected = greeks(chain.is_call[prints.row], spot, chain.strike[prints.row], 1.0, deviation)
    assert np.array_equal(spot, day.path.spot[step])
    np.testing.assert_allclose(delta, expected.delta, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(gamma, expected.gamma, rtol=1e-9, atol=1e-15)


def test_legs_of_a_package_are_one_order(day: SimulatedDay) -> None:
    prints = expiring(day, day.block(60))
    legs = prints.take(np.flatnonzero(prints.kind == PACKAGE))
    legs = legs.take(np.lexsort((legs.place, legs.order)))
    starts = np.flatnonzero(legs.place == 0)
    packages = [legs.take(part) for part in np.split(np.arange(len(legs)), starts[1:])]
    assert len(packages) > 50
    for package in packages:
        assert len(package) in (2, 3, 4)
        for same in (package.ts // 1_000_000, package.exchange, package.condition, package.order):
            assert len(np.unique(same)) == 1
        ratio = (package.size / package.size[0]).tolist()
        assert ratio == ([1, 2, 1] if len(package) == 3 else [1] * len(package))
        leans = package.customer_side * package.aggressor_side  # one taker for the whole
        assert len(np.unique(leans)) == 1


def test_packages_trade_inside_their_own_market(day: SimulatedDay) -> None:
    legs = expiring(day, day.prints_between(day.session.open_ns, day.session.open_ns + 600 * NS))
    legs = legs.take(np.flatnonzero(legs.kind == PACKAGE))
    quotes = quotes_at(day.quote_model, legs.row, legs.ts)
    fit = (quotes[:, 0] > 0) & (quotes[:, 1] > quotes[:, 0])
    ratio = np.where(fit, legs.size * legs.aggressor_side, 0)
    _, order = np.unique(legs.order, return_inverse=True)
    paid = np.bincount(order, ratio * (2 * legs.price - quotes[:, 0] - quotes[:, 1]))
    most = np.bincount(order, np.abs(ratio) * (quotes[:, 1] - quotes[:, 0]))
    assert (np.abs(paid) <= most).all()
    assert (paid >= 0).mean() > 0.85  # the taker seldom gets better than the middle
    assert 0.2 < (paid == 0).mean() < 0.6


def test_sequence_numbers_sometimes_repeat_and_step_back(day: SimulatedDay) -> None:
    steps = np.diff(day.prints_until(day.session.open_ns + 7200 * NS).sequence)
    assert (steps == 0).any()
    assert (steps < 0).any()
    assert (steps > 0).mean() > 0.99


def test_an_early_close_makes_a_shorter_day(market: SimulatedMarket) -> None:
    day = market.day(dt.date(2025, 12, 24))
    prints = day.prints_until(day.session.end_ns)
    assert prints.ts[-1] < day.session.close_ns + 15 * 60 * NS
    assert len(prints) > 400_000


def test_a_day_without_trading_is_refused(market: SimulatedMarket) -> None:
    with pytest.raises(CalendarError, match="2025-12-25"):
        market.day(dt.date(2025, 12, 25))


def test_volume_scale_thins_the_day() -> None:
    thin = SimulatedMarket(MarketModel(seed=1, volume_scale=0.1)).day(DATE)
    full = fresh()
    count: list[int] = [
        len(Prints.concat([one.block(number) for number in range(0, 390, 39)]))
        for one in (thin, full)
    ]
    assert 0.05 < count[0] / count[1] < 0.2
