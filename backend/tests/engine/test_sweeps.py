"""Which prints are children of one parent order. Source: analytics sheet, 6.2 and 6.3."""

import numpy as np
import pytest

from spymaster.engine.columns import Tag
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.measures import GROSS, PREMIUM, VARIANCE

from .builders import AUTO, CANCEL, COMPLEX, Quote, Trade, batch, engine, ns, rest, rest_quotes

ISO, AUCTION = 219, 227
QUOTE = Quote(-5, 0.30, 0.32, ask_size=500, bid_size=400)
SWEEP = (
    Quote(115, 0.31, 0.32),
    Trade(120, 0.32, 40, AUTO, 302),
    Trade(131, 0.32, 25, ISO, 315),
    Quote(150, 0.32, 0.33),
    Trade(164, 0.33, 15, AUTO, 313),
)


def tags_of(state: FlowEngine) -> list[list[str]]:
    kinds = Tag.SWEEP | Tag.SPLIT | Tag.BLOCK | Tag.ISO | Tag.POST_CLOSE | Tag.MULTI_LEG
    kinds |= Tag.STOCK_OPTION
    return [[str(tag.name) for tag in Tag(int(row["tags"])) & kinds] for row in state.flow.prints]


def groups(state: FlowEngine) -> list[int]:
    return [int(group) for group in state.flow.prints["group"]]


def bought(*trades: Trade) -> FlowEngine:
    """Prints at the ask of 0.32 or above it."""
    return engine(QUOTE, *trades)


def test_the_worked_example_is_one_buy_sweep():
    state = engine(*SWEEP)
    assert tags_of(state) == [["SWEEP"], ["ISO", "SWEEP"], ["SWEEP"]]
    assert groups(state) == [0, 0, 0]
    rows = state.flow.prints
    assert list(rows["aggressor"]) == [1, 1, 1]
    assert rows["size"].sum() == 80
    assert (rows["price"] * rows["size"]).sum() / rows["size"].sum() / 10_000 == 0.321875
    assert state.flow.sums_of(np.arange(3)).sums[GROSS, PREMIUM] == 2_575 * 10_000


def test_several_prints_on_one_venue_are_a_split_until_another_venue_joins():
    state = bought(Trade(0, 0.32), Trade(50, 0.32))
    assert tags_of(state) == [["SPLIT"], ["SPLIT"]]
    state.apply(batch(Trade(90, 0.32, exchange=309)))
    assert tags_of(state) == [["SWEEP"]] * 3


@pytest.mark.parametrize(
    ("second", "joins"),
    [
        (Trade(100, 0.32), True),
        (Trade(101, 0.32), False),
        (Trade(50, 0.33), True),
        (Trade(50, 0.30), False),
        (Trade(50, 0.32, condition=None), True),
        (Trade(50, 0.32, condition=AUCTION), False),
        (Trade(50, 0.32, condition=COMPLEX), False),
    ],
)
def test_what_goes_on_with_a_run(second, joins):
    assert groups(bought(Trade(0, 0.32), second)) == ([0, 0] if joins else [-1, -1])


def test_a_run_of_sales_goes_down():
    state = engine(QUOTE, Trade(0, 0.30), Trade(10, 0.29), Trade(20, 0.30))
    assert groups(state) == [0, 0, -1]


def test_a_run_spans_half_a_second_at_most():
    state = bought(*(Trade(90 * step, 0.32) for step in range(8)))
    assert groups(state) == [0] * 6 + [6, 6]


def test_others_between_do_not_end_a_run():
    between = (Trade(20, 0.31, condition=COMPLEX), Trade(30, 0.31, condition=AUCTION))
    state = bought(Trade(0, 0.32), *between, Trade(60, 0.32))
    assert groups(state) == [0, -1, -1, 0]


def test_the_children_of_a_sweep_err_together():
    state = bought(Trade(0, 0.32, 3), Trade(10, 0.32, 5, exchange=309), Trade(20, 0.32, 2))
    one = bought(Trade(0, 0.32, 10))
    assert list(state.flow.prints["ahead"]) == [0, 3, 8]
    sums = [each.flow.bars_of(1).sums[0, VARIANCE, PREMIUM] for each in (state, one)]
    assert sums[0] == pytest.approx(sums[1], abs=2)


def test_a_cancelled_child_leaves_nothing_behind():
    state = bought(Trade(0, 0.32, 3), Trade(10, 0.32, 5), Trade(20, 0.32, 3, CANCEL))
    state.apply(batch(Trade(30, 0.32, 5, CANCEL)))
    assert not state.flow.bars_of(1).sums.any()
    assert state.flow.contracts[0]["position_variance"] == 0


@pytest.mark.parametrize(
    ("price", "size", "tagged"), [(5.0, 100, True), (5.0, 99, False), (4.99, 100, False)]
)
def test_a_block_is_large_and_dear(price, size, tagged):
    assert tags_of(engine(Trade(0, price, size))) == [["BLOCK"] if tagged else []]


def test_conditions_and_hours_are_told():
    close_ms = 23_400_000
    state = engine(
        Trade(0, 1.0, condition=COMPLEX), Trade(1, 1.0, condition=240), Trade(close_ms, 1.0)
    )
    assert tags_of(state) == [["MULTI_LEG"], ["MULTI_LEG", "STOCK_OPTION"], ["POST_CLOSE"]]


def test_what_rest_brings_is_grouped_by_itself():
    state = bought(Trade(0, 0.32))
    quotes = rest_quotes(QUOTE._replace(ms=1))
    state.refill(0, rest(Trade(50, 0.32), Trade(60, 0.32, exchange=309)), quotes)
    assert groups(state) == [-1, 1, 1]
    state.apply(batch(Trade(90, 0.32)))
    assert groups(state)[-1] == -1
    assert state.flow.prints["ts"][-1] == ns(90)


def test_a_run_is_what_it_was_at_every_moment_one_goes_to():
    state = bought(Trade(0, 0.32))
    moments, seen = [], []
    for more in ((), (Trade(50, 0.32),), (Trade(90, 0.32, 1, AUTO, 309),)):
        state.apply(batch(*more))
        moments.append(state.checkpoint())
        seen.append((tags_of(state), groups(state)))
    assert seen[2] == ([["SWEEP"]] * 3, [0, 0, 0])
    for place in (0, 0, 1, 2, 0, 2, 1):
        state.restore(moments[place])
        assert (tags_of(state), groups(state)) == seen[place]
        state.apply(batch(Trade(95, 0.32, 1, AUTO, 316)))
        assert tags_of(state) == [["SWEEP"]] * (place + 2)
