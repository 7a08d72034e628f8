"""Exposures, against the worked chain of the analytics sheet, 3.1 to 3.3 and 3.7."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spymaster.analytics import exposure
from spymaster.analytics.black_scholes import YEAR_MINUTES, YEAR_SECONDS, greeks
from spymaster.analytics.exposure import dealer_positions, exposures_of_one, total

from . import worked_chain as worked

OF_ONE = exposures_of_one(
    worked.IS_CALL, worked.STRIKE, worked.VOLATILITY, worked.MULTIPLIER, worked.SPOT, worked.YEARS
)
DEVIATION = 1.802
MILLION = 1e6


def positions(convention, base=0.0):
    return dealer_positions(
        convention, worked.IS_CALL, worked.OPEN_INTEREST, worked.customers(), base
    )


def flips(held, spot=worked.SPOT, years=worked.YEARS, deviation=DEVIATION):
    return exposure.gamma_flips(
        worked.STRIKE, worked.VOLATILITY, held * worked.MULTIPLIER, spot, years, deviation
    )


# Strike, delta of call and put, gamma, GEX of calls, of puts and net in $m by convention A.
TABLE = """
595 0.989402 -0.010598 0.012243   1.764  -40.142  -38.377
596 0.975829 -0.024171 0.026275   5.680  -58.696  -53.015
597 0.944180 -0.055820 0.054884  17.797 -154.244 -136.446
598 0.875838 -0.124162 0.104779  56.628 -335.991 -279.363
599 0.748055 -0.251945 0.170039 159.289 -422.728 -263.439
600 0.555417 -0.444583 0.217805 643.496 -580.716   62.780
601 0.336314 -0.663686 0.206411 475.967 -156.177  319.791
602 0.157658 -0.842342 0.138668 489.627  -44.966  444.662
603 0.055928 -0.944072 0.065378 167.245  -11.778  155.467
604 0.015257 -0.984743 0.022252  34.475   -2.405   32.070
605 0.003380 -0.996620 0.005834  10.930   -0.420   10.510
"""


def test_the_worked_chain_strike_by_strike():
    found = greeks(worked.IS_CALL, worked.SPOT, worked.STRIKE, worked.YEARS, worked.VOLATILITY)
    count = len(worked.STRIKES)
    gex = positions("A") * OF_ONE.gex / MILLION
    columns = [worked.STRIKES, found.delta[:count], found.delta[count:], found.gamma[:count]]
    columns += [gex[:count], gex[count:], gex[:count] + gex[count:]]
    expected = np.array([line.split() for line in TABLE.split("\n") if line], dtype=float)
    assert np.column_stack(columns)[:, :4] == pytest.approx(expected[:, :4], abs=6e-7)
    assert np.column_stack(columns)[:, 4:] == pytest.approx(expected[:, 4:], abs=6e-4)


@pytest.mark.parametrize(
    ("convention", "gex"), [("A", 254.638), ("B", 3_871.161), ("C", -3_871.161)]
)
def test_gex_of_the_worked_chain(convention, gex):
    assert total(positions(convention), OF_ONE.gex) / MILLION == pytest.approx(gex, abs=6e-4)


def test_the_other_exposures_of_the_worked_chain():
    held = positions("A")
    assert total(held, OF_ONE.gex_per_dollar) == pytest.approx(70_673.9, abs=0.06)
    assert total(held, OF_ONE.dex) / MILLION == pytest.approx(1_425.93, abs=6e-3)
    assert total(held, OF_ONE.vex) / MILLION == pytest.approx(27.607, abs=6e-4)
    assert total(held, OF_ONE.chex) / MILLION == pytest.approx(-142.850, abs=6e-4)


def test_positions_from_todays_flow_alone():
    held = dict(zip(zip(worked.STRIKE, worked.IS_CALL, strict=True), positions("D"), strict=True))
    traded = {contract: size for contract, size in held.items() if size}
    assert traded == pytest.approx(
        {
            (600, True): -200,
            (600, False): -120,
            (602, True): 240,
            (598, False): 176,
            (601, True): -15,
        }
    )
    assert total(positions("D"), OF_ONE.gex) / MILLION == pytest.approx(-7.592, abs=6e-4)
    assert total(positions("D"), OF_ONE.dex) / MILLION == pytest.approx(-2.809, abs=6e-4)


def test_delta_exposure_of_the_flow_is_minus_the_hedging_pressure():
    delta = greeks(
        worked.IS_CALL, worked.SPOT, worked.STRIKE, worked.YEARS, worked.VOLATILITY
    ).delta
    pressure = sum(
        (2 * confidence - 1) * side * size * 100
        * delta[(strike == worked.STRIKE) & (is_call == worked.IS_CALL)][0] * worked.SPOT
        for strike, is_call, side, size, confidence in worked.PRINTS
    )  # fmt: skip
    assert total(positions("D"), OF_ONE.dex) == pytest.approx(-pressure, rel=1e-12)


def test_the_error_of_the_flows_delta_is_that_of_the_worked_prints():
    error = exposure.standard_error(worked.variance(), OF_ONE.dex)
    assert error / MILLION == pytest.approx(19.3, abs=0.05)


@pytest.mark.parametrize("base", [-1.0, -0.25, 0.5, 1.0])
def test_a_base_adds_its_share_of_the_naive_position(base):
    assert positions("D", base) == pytest.approx(base * positions("A") + positions("D"))


def test_without_open_interest_only_todays_flow_has_positions():
    unknown = np.full(len(worked.STRIKE), np.nan)
    for convention, base in (("A", 0.0), ("B", 0.0), ("C", 0.0), ("D", 0.5)):
        held = dealer_positions(convention, worked.IS_CALL, unknown, worked.customers(), base)
        assert np.isnan(held).all()
        assert math.isnan(total(held, OF_ONE.gex))
    held = dealer_positions("D", worked.IS_CALL, unknown, worked.customers())
    assert held == pytest.approx(positions("D"))


def test_what_has_no_volatility_stays_out_of_the_sums():
    volatility = np.where(worked.STRIKE == 602, np.nan, worked.VOLATILITY)
    of_one = exposures_of_one(
        worked.IS_CALL, worked.STRIKE, volatility, worked.MULTIPLIER, worked.SPOT, worked.YEARS
    )
    assert total(positions("A"), of_one.gex) / MILLION == pytest.approx(254.638 - 444.662, abs=1e-3)


@pytest.mark.parametrize(
    ("seconds", "local", "finite"), [(7_200, 254.6, 165.2), (600, 534.2, 318.9), (60, 222.1, 474.4)]
)
def test_local_and_finite_gex_of_the_worked_chain(seconds, local, finite):
    of_one = exposures_of_one(
        worked.IS_CALL, worked.STRIKE, worked.VOLATILITY, worked.MULTIPLIER, worked.SPOT,
        seconds / YEAR_SECONDS,
    )  # fmt: skip
    assert total(positions("A"), of_one.gex) / MILLION == pytest.approx(local, abs=0.06)
    assert total(positions("A"), of_one.gex_finite) / MILLION == pytest.approx(finite, abs=0.06)


@pytest.mark.parametrize(("deviation", "first"), [(3.01, "local"), (3.0, "local"), (2.9, "finite")])
def test_the_finite_gex_leads_once_a_deviation_is_below_half_a_percent(deviation, first):
    assert exposure.headline(600.0, deviation) == first


def test_the_gamma_flip_of_the_worked_chain():
    found = flips(positions("A"))
    assert found.roots.tolist() == pytest.approx([599.991], abs=1e-3)
    assert found.nearest(worked.SPOT) == found.roots[0]
    assert found.reach == pytest.approx(0.03 * worked.SPOT)


def test_repriced_gex_of_the_worked_chain():
    expected = [-1_785.3, -1_543.6, -910.5, 8.7, 951.0, 1_611.1, 1_817.0]
    found = [
        total(
            positions("A"),
            exposures_of_one(
                worked.IS_CALL, worked.STRIKE, worked.VOLATILITY, worked.MULTIPLIER, spot,
                worked.YEARS,
            ).gex,
        )
        for spot in range(597, 604)
    ]  # fmt: skip
    assert np.array(found) / MILLION == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize(("convention", "sign"), [("B", 1), ("C", -1)])
def test_gamma_of_one_sign_never_flips(convention, sign):
    found = flips(positions(convention))
    assert (found.roots.tolist(), found.sign) == ([], sign)
    assert math.isnan(found.nearest(worked.SPOT))


def test_without_positions_there_is_no_gamma_to_flip():
    found = flips(np.zeros(len(worked.STRIKE)))
    assert (found.roots.tolist(), found.sign) == ([], 0)


def test_every_flip_is_reported_and_the_nearest_leads():
    held = np.where(worked.IS_CALL, np.where(worked.STRIKE % 2, -1.0, 1.0), 0.0)
    years = 600 / YEAR_SECONDS
    deviation = worked.SPOT * 0.2 * math.sqrt(years)
    found = flips(held, years=years, deviation=deviation)
    middles = worked.STRIKES[:-1] + 0.5
    near = np.abs(middles - worked.SPOT) < 4 * deviation
    assert found.roots.tolist() == pytest.approx(middles[near].tolist(), abs=0.1)
    assert abs(found.nearest(worked.SPOT) - worked.SPOT) == np.abs(found.roots - worked.SPOT).min()


def test_the_search_narrows_once_its_step_is_coarse_for_one_strikes_gamma():
    years = 60 / YEAR_SECONDS
    deviation = worked.SPOT * 0.2 * math.sqrt(years)
    assert flips(positions("A"), years=years, deviation=deviation).reach == 4 * deviation


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.integers(-5_000, 5_000), min_size=22, max_size=22),
    st.integers(60, 23_400),
    st.floats(596, 604),
)
def test_gex_changes_sign_across_each_flip(held, seconds, spot):
    shares = np.array(held, dtype=float) * 100
    years = seconds / YEAR_SECONDS
    found = exposure.gamma_flips(
        worked.STRIKE, worked.VOLATILITY, shares, spot, years, spot * 0.2 * math.sqrt(years)
    )
    assert (np.diff(found.roots) > 0).all()
    for root in found.roots:
        below, above = (
            np.nansum(
                shares * greeks(worked.IS_CALL, at, worked.STRIKE, years, worked.VOLATILITY).gamma
            )
            for at in (root - 0.001, root + 0.001)
        )
        assert below * above <= 0


@pytest.mark.parametrize(
    ("seconds", "gamma", "deviation", "vega", "theta", "charm"),
    [
        (23_400, 0.1221, 3.269, 0.0652, -0.0017, -0.00015),
        (7_200, 0.2200, 1.813, 0.0362, -0.0030, -0.00079),
        (3_600, 0.3112, 1.282, 0.0256, -0.0043, -0.00192),
        (900, 0.6223, 0.641, 0.0128, -0.0085, -0.00616),
        (300, 1.0779, 0.370, 0.0074, -0.0148, -0.00282),
        (60, 2.4102, 0.166, 0.0033, -0.0330, 0.00000),
        (10, 5.9038, 0.068, 0.0014, -0.0809, 0.00000),
    ],
)
def test_greeks_at_the_money_as_the_close_comes_near(seconds, gamma, deviation, vega, theta, charm):
    years = seconds / YEAR_SECONDS
    at_money = greeks(True, 600.0, 600.0, years, 0.2)
    above = greeks(True, 600.0, 601.0, years, 0.2)
    assert float(at_money.gamma) == pytest.approx(gamma, abs=6e-5)
    assert 600 * 0.2 * math.sqrt(years) == pytest.approx(deviation, abs=6e-4)
    assert float(at_money.vega / 100) == pytest.approx(vega, abs=6e-5)
    assert float(at_money.theta / YEAR_MINUTES) == pytest.approx(theta, abs=6e-5)
    assert float(above.charm / YEAR_MINUTES) == pytest.approx(charm, abs=6e-6)
