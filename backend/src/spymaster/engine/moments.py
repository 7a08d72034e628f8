"""Kept moments that tell only what has changed since the moment before: what one is made of."""

from collections.abc import Sequence
from typing import Protocol, Self


class Moment(Protocol):
    """A kept moment."""

    @property
    def before(self) -> Self | None:
        """The moment before; None for the first."""


def chain_to[M: Moment](last: M | None) -> list[M]:
    """All moments up to one, oldest first."""
    chain = []
    while last is not None:
        chain.append(last)
        last = last.before
    return chain[::-1]


def shared_by(ours: Sequence[Moment], theirs: Sequence[Moment]) -> int:
    """How many moments two chains have in common."""
    return sum(one is other for one, other in zip(ours, theirs, strict=False))
