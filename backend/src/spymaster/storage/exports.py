"""A day's trades with what the engine made of them: side, greeks, flows; as CSV or Parquet."""

import datetime as dt
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyarrow import csv

from spymaster.core.batches import PRICE_SCALE
from spymaster.core.sessions import eastern
from spymaster.engine.columns import CONFIDENCE_SCALE, Flag, Rule
from spymaster.engine.flow_engine import FlowEngine
from spymaster.storage.atomic import written_aside
from spymaster.storage.packing import unpack_lists

type Format = Literal["csv", "parquet"]


_ROWS_AT_ONCE: Final = 100_000
_HOUR_NS: Final = 3_600 * 1_000_000_000


def enriched_trades(engine: FlowEngine) -> Iterator[pa.Table]:
    """Every print that an engine has taken, in that order, with what it made of it.

    Some at once; one table without rows where there is none.
    """
    prints = engine.flow.prints
    for first in range(0, max(len(prints), 1), _ROWS_AT_ONCE):
        yield _enriched(engine, prints[first : first + _ROWS_AT_ONCE])
        engine.flow.memory.let_go()


def _enriched(engine: FlowEngine, prints: NDArray[np.void]) -> pa.Table:
    contracts = list(engine.table)
    number = prints["contract"]
    shares = engine.flow.contracts["multiplier"][number].astype(np.int64)
    price, size = prints["price"] / PRICE_SCALE, prints["size"].astype(np.int64)
    quoted = prints["quote_age_ms"] >= 0
    side = prints["side"].astype(np.int64)
    rules = [Rule(code) for code in range(len(Rule))]
    columns: dict[str, Any] = {
        "sip_timestamp": prints["ts"],
        "time_et": _eastern_times(prints["ts"]),
        "ticker": _named([one.ticker for one in contracts], number),
        "expiration": _named([one.expiration.isoformat() for one in contracts], number),
        "strike": np.array([one.strike for one in contracts])[number],
        "type": _named([one.right for one in contracts], number),
        "price": price,
        "size": size,
        "premium": prints["price"] * size * shares / PRICE_SCALE,
        "exchange": pa.array(prints["exchange"], mask=prints["exchange"] == 0),
        "conditions": unpack_lists(prints["conditions"]),
        "side": side,
        "aggressor": prints["aggressor"].astype(np.int64),
        "rule": _named([rule.name for rule in rules], prints["rule"]),
        "confidence": prints["confidence"] / CONFIDENCE_SCALE,
        "bid": pa.array(prints["bid"] / PRICE_SCALE, mask=~quoted),
        "ask": pa.array(prints["ask"] / PRICE_SCALE, mask=~quoted),
        "quote_age_ms": pa.array(prints["quote_age_ms"], mask=~quoted),
        "delta": _known(prints["delta"]),
        "gamma": _known(prints["gamma"]),
        "delta_flow": _known(side * size * shares * prints["delta"]),
        "gamma_flow": _known(side * size * shares * prints["gamma"]),
        "is_cancel": (prints["flags"] & Flag.CANCEL) != 0,
        "taken_back": (prints["flags"] & Flag.TAKEN_BACK) != 0,
    }
    return pa.table(columns)


def write(engine: FlowEngine, path: Path, form: Format) -> None:
    """Write what `enriched_trades` has; the file appears whole or not at all.

    Raises:
        DataError: It cannot be written.
    """
    tables = enriched_trades(engine)
    if form == "csv":
        tables = map(_flat, tables)
    first = next(tables)
    with written_aside(path) as part, _writer(part, first.schema, form) as writer:
        for table in chain([first], tables):
            writer.write_table(table)


def _writer(path: Path, schema: pa.Schema, form: Format) -> Any:
    if form == "parquet":
        return pq.ParquetWriter(path, schema, compression="zstd")
    return csv.CSVWriter(path, schema)


def _flat(table: pa.Table) -> pa.Table:
    """The same without lists, which CSV has none of."""
    place = table.column_names.index("conditions")
    texts = table["conditions"].cast(pa.list_(pa.string()))
    return table.set_column(place, "conditions", pc.binary_join(texts, " "))


def default_path(date: dt.date, underlying: str, form: Format) -> Path:
    """Where an export goes unless told otherwise: the working directory."""
    return Path(f"{underlying.removeprefix('I:')}-trades-{date}.{form}")


def _named(names: list[str], places: NDArray[Any]) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(places.astype(np.int64)))


def _known(values: NDArray[np.float64]) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))


def _eastern_times(times: NDArray[np.int64]) -> pa.Array:
    """Time of the day in New York, to the microsecond: the clock there moves at full hours only."""
    hours, place = np.unique(times // _HOUR_NS, return_inverse=True)
    ahead_us = [_ahead(int(hour) * _HOUR_NS) // dt.timedelta(microseconds=1) for hour in hours]
    there_us = times // 1_000 + np.array(ahead_us, dtype=np.int64)[place]
    return pc.strftime(pa.array(there_us, pa.timestamp("us")), "%H:%M:%S")


def _ahead(ns: int) -> dt.timedelta:
    """How far the clock in New York is ahead of UTC."""
    ahead = eastern(ns).utcoffset()
    assert ahead is not None
    return ahead
