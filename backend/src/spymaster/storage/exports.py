"""A day's trades with what the engine made of them: side, greeks, flows; as CSV or Parquet."""

import datetime as dt
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyarrow import csv

from spymaster.core.batches import PRICE_SCALE
from spymaster.core.conditions import unpack
from spymaster.core.sessions import eastern
from spymaster.engine.columns import CONFIDENCE_SCALE, Flag, Rule
from spymaster.engine.flow_engine import FlowEngine
from spymaster.storage.atomic import written_aside

type Format = Literal["csv", "parquet"]


def enriched_trades(engine: FlowEngine) -> pa.Table:
    """Every print that an engine has taken, in that order, with what it made of it."""
    contracts = list(engine.table)
    prints = engine.flow.prints
    number = prints["contract"]
    shares = engine.flow.contracts["multiplier"][number].astype(np.int64)
    price, size = prints["price"] / PRICE_SCALE, prints["size"].astype(np.int64)
    quoted = prints["quote_age_ms"] >= 0
    side = prints["side"].astype(np.int64)
    times = prints["ts"]
    rules = [Rule(code) for code in range(len(Rule))]
    columns: dict[str, Any] = {
        "sip_timestamp": times,
        "time_et": pa.array([f"{eastern(int(ts)):%H:%M:%S.%f}" for ts in times]),
        "ticker": _named([one.ticker for one in contracts], number),
        "expiration": _named([one.expiration.isoformat() for one in contracts], number),
        "strike": np.array([one.strike for one in contracts])[number],
        "type": _named([one.right for one in contracts], number),
        "price": price,
        "size": size,
        "premium": prints["price"] * size * shares / PRICE_SCALE,
        "exchange": pa.array(prints["exchange"], mask=prints["exchange"] == 0),
        "conditions": pa.array(
            [unpack(int(packed)) for packed in prints["conditions"]], pa.list_(pa.int16())
        ),
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


def write(table: pa.Table, path: Path, form: Format) -> None:
    """Write the table; the file appears whole or not at all.

    Raises:
        DataError: It cannot be written.
    """
    with written_aside(path) as part:
        if form == "parquet":
            pq.write_table(table, part, compression="zstd")
            return
        place = table.column_names.index("conditions")
        texts = [" ".join(map(str, ids)) for ids in table["conditions"].to_pylist()]
        flat = table.set_column(place, "conditions", pa.array(texts, pa.string()))
        csv.write_csv(flat, part)


def default_path(date: dt.date, underlying: str, form: Format) -> Path:
    """Where an export goes unless told otherwise: the working directory."""
    return Path(f"{underlying.removeprefix('I:')}-trades-{date}.{form}")


def _named(names: list[str], places: NDArray[Any]) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(places.astype(np.int64)))


def _known(values: NDArray[np.float64]) -> pa.Array:
    return pa.array(values, mask=np.isnan(values))
