"""A few minutes of a simulated day, played for real and scored."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from spymaster.core.conditions import CANCEL, STOCK_TIED
from spymaster.engine.columns import Rule
from spymaster.engine.measures import DELTA_NOTIONAL, NET, UNIT
from spymaster.scorecard.figures import PlanScore, Scorecard
from spymaster.scorecard.play import Day, Played, play, seconds_of
from spymaster.scorecard.score import PLANS, score
from spymaster.simulator.day import MarketModel, SimulatedMarket
from spymaster.simulator.path import NS

DATE = dt.date(2025, 12, 16)
MINUTES = 3


def played(seed: int = 1, minutes: int = MINUTES) -> Day:
    truth = SimulatedMarket(MarketModel(seed=seed)).day(DATE)
    return play(truth, PLANS, seconds_of(truth, minutes), 60.0)


@pytest.fixture(scope="module")
def day() -> Day:
    return played()


@pytest.fixture(scope="module")
def card(day: Day) -> Scorecard:
    return score(day)


def plan(card: Scorecard, name: str) -> PlanScore:
    (found,) = [one for one in card.plans if one.plan == name]
    return found


def right(card: Scorecard, name: str, line: str = "single-leg") -> float:
    (found,) = [one for one in plan(card, name).signing if one.name == line]
    assert found.right is not None
    return found.right


def with_truth(day: Day) -> Day:
    """The same day with the true sides, deltas and flow in place of ours."""
    prints = day.prints
    spot, delta, _ = day.truth.greeks_of(prints)
    cancel = np.isin(prints.condition, list(CANCEL))
    key = prints.order * 128 + prints.place
    counts = ~cancel & ~np.isin(key, key[cancel]) & ~np.isin(prints.condition, list(STOCK_TIED))
    pressure = np.where(counts, prints.customer_side * prints.size * 100 * delta * spot, 0)
    runs: list[Played] = []
    for run in day.played:
        ours, sums = run.prints.copy(), run.minutes.sums.copy()
        ours["side"], ours["delta"] = prints.customer_side, delta
        ours["package_side"] = 0
        minute = (prints.ts - day.truth.session.open_ns) // (60 * NS)
        sums[:, NET, DELTA_NOTIONAL] = np.bincount(minute, pressure) * UNIT
        runs.append(replace(run, prints=ours, minutes=replace(run.minutes, sums=sums)))
    return replace(day, played=tuple(runs))


def test_the_rules_share_out_all_prints(card: Scorecard) -> None:
    names = {rule.name for rule in Rule}
    for one in card.plans:
        rules = [line for line in one.signing if line.name in names]
        assert sum(line.prints for line in rules) == card.prints
        assert sum(line.share for line in rules) == pytest.approx(1)
        assert sum(line.premium_share for line in rules) == pytest.approx(1)
        assert sum(line.signed for line in rules) == one.signing[-1].signed


def test_signs_beat_a_coin_and_quotes_beat_prints_alone(card: Scorecard) -> None:
    assert right(card, "prints only") > 0.52
    assert right(card, "quotes") > right(card, "prints only")
    assert right(card, "quotes", "QUOTE_AT") > 0.6


def test_sizes_are_looked_at_only_where_the_rule_is_on(card: Scorecard) -> None:
    signed_by = {one.plan: {line.name for line in one.signing if line.signed} for one in card.plans}
    assert "TSIZE" in signed_by["quotes, trade-size rule"]
    assert "TSIZE" not in signed_by["quotes"]
    assert "QUOTE_AT" not in signed_by["prints only"]


def test_solved_greeks_are_nearer_to_the_truth_than_those_of_a_minute_ago(card: Scorecard) -> None:
    ours, vendors = plan(card, "quotes").delta, plan(card, "quotes, vendor's greeks").delta
    assert ours.median is not None
    assert vendors.median is not None
    assert ours.median < vendors.median / 2


def test_spot_is_found_within_cents(card: Scorecard) -> None:
    error = plan(card, "quotes").parity_cents
    assert error.count == MINUTES * 60
    assert error.median is not None
    assert error.median < 5


def test_the_quote_rule_alone_signs_what_ours_signs_by_quotes(card: Scorecard) -> None:
    (alone,) = [line for line in card.published if line.name == "quote"]
    ours = [line for line in plan(card, "quotes").signing if line.name.startswith("QUOTE")]
    # The same but for the few whose quote was crossed or no longer fit.
    assert alone.signed == pytest.approx(sum(line.signed for line in ours), rel=0.01)


def test_the_truth_scored_against_itself_has_no_error(day: Day) -> None:
    for one in score(with_truth(day)).plans:
        assert one.signing[-1].right == 1
        assert one.delta.largest == 0
        (line,) = [line for line in one.flow if line.name == "full signs"]
        assert (line.end_error, line.rms_error) == pytest.approx((0, 0), abs=1e-9)
        assert line.correlation == pytest.approx(1)


def test_the_weighted_line_stays_within_its_band_and_near_the_truth(card: Scorecard) -> None:
    line = plan(card, "quotes").flow[0]
    assert line.name == "weighted"
    assert line.covered is not None
    assert line.covered > 0.5
    assert line.rms_error is not None
    assert line.rms_error < 0.1
    assert line.end != 0


def test_a_seed_gives_the_same_figures_and_another_one_others(card: Scorecard) -> None:
    assert score(played()) == card
    assert score(played(seed=2, minutes=1)).prints != score(played(minutes=1)).prints


def test_a_whole_day_ends_with_its_last_print() -> None:
    truth = SimulatedMarket(MarketModel(seed=1)).day(DATE)
    assert len(seconds_of(truth)) == 24_300
    assert len(seconds_of(truth, 10_000)) == 24_300


def test_the_prints_are_those_that_the_stream_carried(day: Day) -> None:
    assert len(day.prints) > 1000
    for run in day.played:
        assert np.array_equal(run.prints["exchange"], day.prints.exchange)
        assert len(run.second) == MINUTES * 60
