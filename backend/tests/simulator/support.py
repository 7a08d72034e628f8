"""Shared by the simulator's tests."""

from dataclasses import fields
from typing import Any

import numpy as np

from spymaster.simulator.day import SimulatedDay
from spymaster.simulator.prints import Prints


def columns(batch: Any) -> list[np.ndarray[Any, Any]]:
    """The columns of prints or quotes."""
    return [getattr(batch, column.name) for column in fields(batch)]


def expiring(day: SimulatedDay, prints: Prints) -> Prints:
    """Only prints of the contracts that expire today."""
    return prints.take(np.flatnonzero(prints.row < day.chain.expiring))
