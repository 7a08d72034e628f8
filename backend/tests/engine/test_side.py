"""Which side a print was on. Source: analytics sheet, 1.2 to 1.4."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spymaster.core.conditions import group_of as group_of_ids
from spymaster.core.conditions import pack
from spymaster.engine.columns import CONFIDENCE, Rule
from spymaster.engine.kernel import group_of, sign_by_quote

from .builders import Quote, Trade, batch, engine, rest, rest_quotes, signs

with (Path(__file__).parents[1] / "vectors" / "side.csv").open() as file:
    VECTORS = list(csv.DictReader(file))
SIGNED_HERE = {Rule[name].name for name in Rule.__members__}


def _sign(text: str) -> int:
    return int(text) if text else 0


def _quotes(row: dict[str, str]) -> list[Quote]:
    cells = [cell.split("|") for cell in row["quotes"].split(";") if cell]
    return [Quote(int(ms), float(bid), float(ask)) for ms, bid, ask, *_ in cells]


def _earlier(row: dict[str, str]) -> list[Trade]:
    cells = [cell.split("|") for cell in row["prev_trades"].split(";") if cell]
    return [
        Trade(int(ms), float(price), int(size), None, int(venue))
        for ms, price, size, venue in cells
    ]


def _print(row: dict[str, str], condition: int | None = None) -> Trade:
    price, size, venue = float(row["t_price"]), int(row["t_size"]), int(row["t_exch"])
    return Trade(int(row["t_ts"]), price, size, condition, venue)


def _by_time(*events):
    return batch(*sorted(events, key=lambda event: event.ms))


def _name(row: dict[str, str]) -> str:
    return row["id"]


@pytest.mark.parametrize("row", VECTORS, ids=_name)
def test_the_quote_rule_signs_by_the_last_quote_strictly_earlier(row):
    state = engine()
    state.apply(_by_time(*_quotes(row), _print(row)))
    side, rule = signs(state)[-1]
    assert side == _sign(row["x_quote"])
    assert (rule in {Rule.QUOTE_AT, Rule.QUOTE_IN, Rule.QUOTE_OUT}) == bool(row["x_quote"])


@pytest.mark.parametrize("row", VECTORS, ids=_name)
def test_the_tick_rule_signs_by_the_last_price_that_differs(row):
    state = engine()
    state.apply(_by_time(*_earlier(row), _print(row)))
    expected = _sign(row["x_tick"])
    assert signs(state)[-1] == (expected, Rule.TICK if expected else Rule.NONE)


@pytest.mark.parametrize("row", VECTORS, ids=_name)
def test_what_the_quote_leaves_open_goes_by_the_tick(row):
    state = engine()
    state.apply(_by_time(*_quotes(row), *_earlier(row), _print(row)))
    assert signs(state)[-1][0] == _sign(row["x_lr"])


@pytest.mark.parametrize("row", VECTORS, ids=_name)
def test_a_print_that_rest_brings_is_signed_like_one_of_the_stream(row):
    state = engine()
    state.apply(_by_time(*_earlier(row)))
    state.refill(0, rest(_print(row)), rest_quotes(*_quotes(row)))
    assert signs(state)[-1][0] == _sign(row["x_lr"])


@pytest.mark.parametrize(
    "row", [row for row in VECTORS if row["exp_rule"] in {"COMPLEX", "LATE", "CANCEL"}], ids=_name
)
def test_conditions_come_before_any_rule(row):
    state = engine()
    state.apply(_by_time(*_quotes(row), *_earlier(row), _print(row, int(row["t_conds"]))))
    assert signs(state)[-1] == (0, Rule[row["exp_rule"]])


@pytest.mark.parametrize(
    "row",
    [row for row in VECTORS if row["exp_rule"] in SIGNED_HERE and not row["exp_flags"]],
    ids=_name,
)
def test_the_live_sequence_holds_where_no_guard_applies(row):
    state = engine()
    state.apply(_by_time(*_quotes(row), *_earlier(row), _print(row, int(row["t_conds"]))))
    side, rule = signs(state)[-1]
    assert (side, rule.name) == (int(row["exp_side"]), row["exp_rule"])
    assert CONFIDENCE[rule] == float(row["exp_conf"])


def test_the_middle_is_compared_in_integers():
    # 0.20 + 0.22 halves to 0.21000000000000002 in floats, and 0.21 would be a sale.
    state = engine(Quote(0, 0.20, 0.22), Trade(1, 0.21))
    assert signs(state) == [(0, Rule.NONE)]


@given(st.integers(0, 50_000), st.integers(1, 50_000), st.integers(1, 60_000))
def test_the_quote_rule_is_odd_around_the_middle(bid, width, price):
    ask = bid + width
    side, rule = sign_by_quote(price, bid, ask)
    mirrored, same_rule = sign_by_quote(bid + ask - price, bid, ask)
    assert (mirrored, same_rule) == (-side, rule)
    assert (side == 0) == (2 * price == bid + ask)


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        (1.31, (1, Rule.QUOTE_OUT)),
        (1.30, (1, Rule.QUOTE_AT)),
        (1.26, (1, Rule.QUOTE_IN)),
        (1.24, (-1, Rule.QUOTE_IN)),
        (1.20, (-1, Rule.QUOTE_AT)),
        (1.19, (-1, Rule.QUOTE_OUT)),
    ],
)
def test_where_a_print_lies_names_its_rule(price, expected):
    assert signs(engine(Quote(0, 1.20, 1.30), Trade(1, price))) == [expected]


def test_a_quote_of_the_same_millisecond_is_not_looked_at():
    state = engine(Quote(3, 1.20, 1.30), Quote(5, 1.40, 1.50), Trade(5, 1.30))
    assert signs(state) == [(1, Rule.QUOTE_AT)]
    print_ = state.flow.prints[0]
    assert (print_["bid"], print_["ask"], print_["quote_age_ms"]) == (12_000, 13_000, 2)


def test_the_last_quote_of_a_millisecond_replaces_the_others():
    state = engine(Quote(3, 1.20, 1.30), Quote(3, 1.40, 1.50), Trade(5, 1.40))
    assert signs(state) == [(-1, Rule.QUOTE_AT)]


def test_a_print_that_arrives_after_newer_quotes_finds_the_one_of_its_time():
    quotes = [Quote(ms, 1.00 + ms / 100, 1.02 + ms / 100) for ms in range(1, 8)]
    assert signs(engine(*quotes, Trade(3, 1.04))) == [(1, Rule.QUOTE_AT)]


@pytest.mark.parametrize("quote", [Quote(1, 1.30, 1.20), Quote(1, 1.20, 0.0), Quote(1, 0.0, 0.0)])
def test_a_quote_that_is_crossed_or_has_no_ask_signs_nothing(quote):
    assert signs(engine(quote, Trade(2, 1.20))) == [(0, Rule.NONE)]


def test_a_quote_without_a_bid_still_signs():
    assert signs(engine(Quote(1, 0.0, 0.01), Trade(2, 0.01))) == [(1, Rule.QUOTE_AT)]


@pytest.mark.parametrize(("later_ms", "side"), [(300_000, 1), (300_001, 0)])
def test_the_tick_test_forgets_after_300_seconds(later_ms, side):
    state = engine(Trade(0, 1.00), Trade(later_ms, 1.10))
    assert signs(state)[-1][0] == side


def test_a_repeated_price_goes_on_with_the_last_one_that_differed():
    state = engine(Trade(1, 1.00), Trade(2, 1.10), Trade(3, 1.10), Trade(4, 1.10))
    assert [side for side, _ in signs(state)] == [0, 1, 1, 1]


@given(st.lists(st.integers(0, 0xFFFF), max_size=4))
def test_compiled_and_plain_code_agree_on_what_conditions_mean(ids):
    assert group_of(pack(ids)) == group_of_ids(ids)
