"""The figures of a scorecard, and how shares and errors are summed up.

Shares are 0 to 1, money is dollars; a figure over nothing is None, never 0.
"""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import Floats

_Z95 = 1.959964


class Signing(msgspec.Struct, frozen=True):
    """How one rule, or all of them, signed some prints. A print is right where its customer is."""

    name: str
    prints: int
    share: float
    """Of all prints."""
    premium_share: float
    """Of all premium."""
    signed: int
    right: float | None
    """Of those signed."""
    right_low: float | None
    """95 % Wilson interval of ``right``."""
    right_high: float | None
    right_by_premium: float | None
    """Of the premium of those signed."""
    right_of_all: float | None
    """Of all of them, tossing a coin for the unsigned, as the literature counts."""
    claimed: float | None
    """Mean of the confidence kept with the signed prints; None for rules that claim none."""


class Errors(msgspec.Struct, frozen=True):
    """Sizes of some errors, in the unit of their name."""

    count: int
    missing: int
    """How many there was no figure for."""
    median: float | None
    p99: float | None
    largest: float | None


class FlowLine(msgspec.Struct, frozen=True):
    """A cumulative line of hedging pressure, dollars, against the true one, by minute."""

    name: str
    end: float
    true_end: float
    gross: float
    """Sum of the true delta notional of all prints, whichever way."""
    end_error: float | None
    """At the end, as a share of ``gross``."""
    rms_error: float | None
    """Root mean square over the minutes, as a share of the ``gross`` of the end."""
    covered: float | None
    """Share of the minutes whose true line lies within two standard errors."""
    correlation: float | None
    """Of its changes by minute with the true ones."""


class PlanScore(msgspec.Struct, frozen=True):
    """The product under one plan."""

    plan: str
    quotes: bool
    greeks_source: str
    trade_size_rule: bool
    signing: list[Signing]
    parity_cents: Errors
    """Of the parity estimate at the beginning of each second."""
    spot_cents: Errors
    """Of the spot that a print's greeks are of, at the print: up to a second old."""
    delta: Errors
    gamma_percent: Errors
    flow: list[FlowLine]


class Scorecard(msgspec.Struct, frozen=True):
    """A whole run."""

    date: str
    seed: int
    market_seconds: int
    prints: int
    volume: int
    premium: float
    published: list[Signing]
    """The literature's rules alone, on the regular prints."""
    plans: list[PlanScore]
    notes: str
    """What they can and cannot say."""


def wilson(right: int, count: int) -> tuple[float, float] | None:
    """95 % interval of a share: holds its width where there are few or nearly all.

    Source: Wilson, "Probable Inference", JASA 1927.
    """
    if not count:
        return None
    share, shrink = right / count, _Z95**2 / count
    middle = (share + shrink / 2) / (1 + shrink)
    half = _Z95 / (1 + shrink) * math.sqrt(share * (1 - share) / count + shrink / (4 * count))
    return max(0.0, middle - half), min(1.0, middle + half)


def errors_of(errors: Floats) -> Errors:
    """Sum up errors of either sign; NaN where there was no figure."""
    sizes = np.abs(errors[~np.isnan(errors)])
    missing = len(errors) - len(sizes)
    if not len(sizes):
        return Errors(0, missing, None, None, None)
    median, p99 = np.percentile(sizes, (50, 99)).tolist()
    return Errors(len(sizes), missing, median, p99, float(sizes.max()))


def signing(
    name: str,
    chosen: NDArray[np.bool_],
    side: NDArray[np.int8],
    true_side: NDArray[np.int8],
    premium: Floats,
    confidence: Floats | None = None,
) -> Signing:
    """Score the signs of the ``chosen`` among all prints."""
    signed = chosen & (side != 0)
    right = signed & (side == true_side)
    prints, count, hits = int(chosen.sum()), int(signed.sum()), int(right.sum())
    low, high = wilson(hits, count) or (None, None)
    return Signing(
        name=name,
        prints=prints,
        share=prints / len(side),
        premium_share=float(premium[chosen].sum() / premium.sum()),
        signed=count,
        right=_share(hits, count),
        right_low=low,
        right_high=high,
        right_by_premium=_share(float(premium[right].sum()), float(premium[signed].sum())),
        right_of_all=_share(hits + (prints - count) / 2, prints),
        claimed=float(confidence[signed].mean()) if confidence is not None and count else None,
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
