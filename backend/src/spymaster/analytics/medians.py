"""Medians that weigh, compiled."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def weighted_median(values, weights):  # type: ignore[no-untyped-def]
    """The lowest value at which half the weight is reached; there has to be one value at least."""
    order = np.argsort(values)
    half = weights.sum() / 2
    total = 0.0
    for place in order:
        total += weights[place]
        if total >= half:
            return values[place]
    return values[order[-1]]
