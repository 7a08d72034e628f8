"""Which prints are children of one parent order: sweeps and splits, and blocks. Compiled.

A print goes on with the run of its contract if it comes within 100 ms of the run's last print and
500 ms of its first, from the same aggressor, at a price no better for him. Only ordinary and ISO
prints (no condition, 209 or 219) whose aggressor is known are looked at; others do not end a run.
A run over several venues is a sweep, one of several prints on one venue a split. In a busy contract
such runs also come about by chance.

Source: analytics sheet, 6.2 and 6.3.
"""

import numpy as np
from numba import njit

from spymaster.core.batches import PRICE_SCALE
from spymaster.core.compiling import inlined, uncounted
from spymaster.core.conditions import AUTO, INTERMARKET_SWEEP
from spymaster.engine.columns import Tag

MAX_GAP_NS = 100_000_000
MAX_SPAN_NS = 500_000_000
BLOCK_SIZE = 100
"""Contracts."""
BLOCK_PREMIUM = 50_000 * PRICE_SCALE

_AUTO, _SWEPT = AUTO, INTERMARKET_SWEEP
_SWEEP, _SPLIT, _BLOCK = int(Tag.SWEEP), int(Tag.SPLIT), int(Tag.BLOCK)
_POST_CLOSE = int(Tag.POST_CLOSE)


@inlined
def size_tags(print_, multiplier, close_ns):  # type: ignore[no-untyped-def]
    """`Tag.BLOCK` and `Tag.POST_CLOSE`, where they apply."""
    tags = 0
    premium = np.int64(print_.price) * print_.size * multiplier
    if print_.size >= BLOCK_SIZE and premium >= BLOCK_PREMIUM:
        tags |= _BLOCK
    if close_ns > 0 and print_.ts >= close_ns:
        tags |= _POST_CLOSE
    return tags


@inlined
def forget_run(record):  # type: ignore[no-untyped-def]
    """Let no print to come go on with the run."""
    record.run_first = -1


@inlined
def join_run(prints, record, place):  # type: ignore[no-untyped-def]
    """Let a signed print that is not counted yet go on with its contract's run, or begin one."""
    print_ = prints[place]
    conditions = print_.conditions
    ordinary = conditions == 0 or conditions == _AUTO or conditions == _SWEPT  # noqa: PLR1714
    if not ordinary or print_.aggressor == 0:
        return
    if not _goes_on(record, print_):
        record.run_first = place
        record.run_start_ns = print_.ts
        record.run_size = 0
        record.run_exchange = print_.exchange
        record.run_aggressor = print_.aggressor
        record.run_tag = 0
    else:
        tag = record.run_tag
        if tag != _SWEEP:
            tag = _SPLIT if print_.exchange == record.run_exchange else _SWEEP
        print_.group = record.run_first
        print_.ahead = record.run_size
        print_.tags |= tag
        if tag != record.run_tag:
            _tag_run(prints, print_.previous, record.run_first, tag)
            record.run_tag = tag
    record.run_last = place
    record.run_ns = print_.ts
    record.run_price = print_.price
    record.run_size += print_.size


@inlined
def _goes_on(record, print_):  # type: ignore[no-untyped-def]
    return (
        record.run_first >= 0
        and 0 <= print_.ts - record.run_ns <= MAX_GAP_NS
        and print_.ts - record.run_start_ns <= MAX_SPAN_NS
        and print_.aggressor == record.run_aggressor
        and (print_.price - record.run_price) * print_.aggressor >= 0
    )


@uncounted
def _tag_run(prints, place, first, tag):  # type: ignore[no-untyped-def]
    """Tell the earlier prints of a run what it turned out to be."""
    while place >= first:
        print_ = prints[place]
        if place == first or print_.group == first:  # noqa: PLR1714 - numba
            print_.group = first
            print_.tags = (print_.tags & ~(_SWEEP | _SPLIT)) | tag
        place = print_.previous


@njit(cache=True)
def run_places(contracts, prints):  # type: ignore[no-untyped-def]
    """Places of the prints whose runs may go on."""
    places = []
    for number in range(len(contracts)):
        first, place = contracts[number].run_first, contracts[number].run_last
        while first >= 0 and place >= first:
            if place == first or prints[place].group == first:
                places.append(place)
            place = prints[place].previous
    return np.array(places, dtype=np.int64)
