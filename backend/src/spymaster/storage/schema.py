"""Columns of the stored files, and how they are encoded.

Design, section 9, fixes the trades' columns. A column that a source has none of is null. Times are
UNIX ns, UTC; prices dollars a share.
"""

from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa

from spymaster.core.batches import PRICE_SCALE, QuoteBatch, TradeBatch
from spymaster.storage.packing import unpack_lists

type Kind = Literal["trades", "quotes"]
KINDS: Final[tuple[Kind, ...]] = ("trades", "quotes")

TRADES: Final = pa.schema(
    [
        ("sip_timestamp", pa.int64()),
        ("participant_timestamp", pa.int64()),
        ("price", pa.float64()),
        ("size", pa.int32()),
        ("exchange", pa.int16()),
        ("conditions", pa.list_(pa.int16())),
        ("sequence_number", pa.int64()),
        ("correction", pa.int8()),
        ("arrival", pa.int64()),
    ]
)
QUOTES: Final = pa.schema(
    [
        ("sip_timestamp", pa.int64()),
        ("bid_price", pa.float64()),
        ("bid_size", pa.int32()),
        ("bid_exchange", pa.int16()),
        ("ask_price", pa.float64()),
        ("ask_size", pa.int32()),
        ("ask_exchange", pa.int16()),
        ("sequence_number", pa.int64()),
        ("arrival", pa.int64()),
    ]
)
SNAPSHOTS: Final = pa.schema(
    [
        ("ts_received", pa.int64()),
        ("ticker", pa.dictionary(pa.int32(), pa.string())),
        ("delta", pa.float64()),
        ("gamma", pa.float64()),
        ("theta", pa.float64()),
        ("vega", pa.float64()),
        ("implied_volatility", pa.float64()),
        ("open_interest", pa.float64()),
        ("bid", pa.float64()),
        ("ask", pa.float64()),
        ("shares_per_contract", pa.float64()),
        ("underlying_price", pa.float64()),
        ("underlying_timeframe", pa.string()),
    ]
)
SCHEMAS: Final[dict[Kind, pa.Schema]] = {"trades": TRADES, "quotes": QUOTES}
REQUIRED: Final[dict[Kind, tuple[str, ...]]] = {
    "trades": ("sip_timestamp", "price", "size"),
    "quotes": ("sip_timestamp", "bid_price", "bid_size", "ask_price", "ask_size"),
}
"""Columns that a file must have, without nulls."""

ROW_GROUP: Final = 131_072
_RISING: Final = ("sip_timestamp", "participant_timestamp", "sequence_number", "arrival")


def write_options(kind: Kind) -> dict[str, Any]:
    """Compression and encodings for a `pyarrow.parquet.ParquetWriter`: measured, smallest."""
    rising = [name for name in _RISING if name in SCHEMAS[kind].names]
    plain = [name for name in SCHEMAS[kind].names if name not in rising]
    return {
        "compression": "zstd",
        "use_dictionary": [
            "conditions.list.element" if name == "conditions" else name for name in plain
        ],
        "column_encoding": dict.fromkeys(rising, "DELTA_BINARY_PACKED"),
    }


def conform(table: pa.Table, kind: Kind) -> pa.Table:
    """The same rows with exactly the columns of the schema; those missing are null.

    Raises:
        pyarrow.ArrowInvalid: A value does not fit its column.
    """
    schema = SCHEMAS[kind]
    columns = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def trades_table(trades: TradeBatch) -> pa.Table:
    """Prints as stored; an unknown venue, condition or sequence number is null."""
    return conform(
        pa.table(
            {
                "sip_timestamp": trades.ts_event,
                "price": trades.price / PRICE_SCALE,
                "size": trades.size,
                "exchange": _known(trades.exchange),
                "conditions": unpack_lists(trades.conditions, trades.conditions == 0),
                "sequence_number": _known(trades.sequence),
                "arrival": trades.arrival,
            }
        ),
        "trades",
    )


def quotes_table(quotes: QuoteBatch) -> pa.Table:
    """Quotes as stored; a missing side has price 0."""
    return conform(
        pa.table(
            {
                "sip_timestamp": quotes.ts_event,
                "bid_price": quotes.bid / PRICE_SCALE,
                "bid_size": quotes.bid_size,
                "bid_exchange": _known(quotes.bid_exchange),
                "ask_price": quotes.ask / PRICE_SCALE,
                "ask_size": quotes.ask_size,
                "ask_exchange": _known(quotes.ask_exchange),
                "arrival": quotes.arrival,
            }
        ),
        "quotes",
    )


def _known(values: np.ndarray[Any, Any]) -> pa.Array:
    return pa.array(values, mask=values == 0)
