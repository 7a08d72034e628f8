"""The rows of one contract's file, read into batches a part at a time.

One Parquet file for each contract, named after its ticker with ``:`` as ``_``; see the design,
section 9. Columns a source has none of are absent or null.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from spymaster.core.batches import QuoteBatch, TradeBatch, quote_batch, trade_batch
from spymaster.core.contracts import ContractTable
from spymaster.core.errors import ContractError, DataError
from spymaster.storage.packing import pack_conditions

logger = logging.getLogger(__name__)

_PART: Final = 32_768
"""Rows read at once: some megabytes of columns."""
_OF_A_TRADE: Final = dict.fromkeys(("sip_timestamp", "price", "size"), True) | dict.fromkeys(
    ("exchange", "conditions", "sequence_number", "arrival"), False
)
_OF_A_QUOTE: Final = dict.fromkeys(
    ("sip_timestamp", "bid_price", "ask_price", "bid_size", "ask_size"), True
) | dict.fromkeys(("bid_exchange", "ask_exchange", "arrival"), False)


def known_files(paths: Iterable[Path], table: ContractTable) -> list[tuple[int, Path]]:
    """The files of contracts of the table's day and underlying, with their numbers."""
    known: list[tuple[int, Path]] = []
    for path in paths:
        ticker = path.stem.replace("_", ":", 1)
        try:
            contract = table.number(ticker)
        except ContractError:
            logger.warning("%s is not named after a contract; passed over", path)
            continue
        if contract is not None:
            known.append((contract, path))
    return known


def rows_in(path: Path) -> int:
    """How many rows a contract's file has.

    Raises:
        DataError: It is unreadable.
    """
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowInvalid) as exc:
        raise DataError(f"{path} is unreadable ({exc}); fetch that day again") from exc


def trades_of(contract: int, path: Path) -> Iterator[tuple[TradeBatch, int]]:
    """The prints of a contract's file in its order, and how many rows of each part were rejected.

    Raises:
        DataError: It is unreadable or lacks a column; the message names it.
    """
    for rows in _parts(path, _OF_A_TRADE):
        yield trade_batch(
            np.full(rows.num_rows, contract),
            _required(rows, "sip_timestamp", np.int64),
            _required(rows, "price", np.float64),
            _required(rows, "size", np.float64),
            _optional(rows, "exchange", 0),
            _conditions(rows),
            _optional(rows, "sequence_number", 0),
            _optional(rows, "arrival", -1),
        )


def quotes_of(contract: int, path: Path) -> Iterator[QuoteBatch]:
    """The quotes of a contract's file, likewise."""
    for rows in _parts(path, _OF_A_QUOTE):
        yield quote_batch(
            np.full(rows.num_rows, contract),
            _required(rows, "sip_timestamp", np.int64),
            _required(rows, "bid_price", np.float64),
            _required(rows, "ask_price", np.float64),
            _required(rows, "bid_size", np.float64),
            _required(rows, "ask_size", np.float64),
            _optional(rows, "bid_exchange", 0),
            _optional(rows, "ask_exchange", 0),
            _optional(rows, "arrival", -1),
        )


def _parts(path: Path, wanted: Mapping[str, bool]) -> Iterator[pa.Table]:
    """The wanted columns of a file, some rows at a time; True marks those required."""
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            _check(path, schema, wanted)
            names = [name for name in wanted if name in schema.names]
            for batch in file.iter_batches(_PART, columns=names, use_threads=False):
                yield pa.Table.from_batches([batch])
    except (OSError, pa.ArrowInvalid) as exc:
        raise DataError(f"{path} is unreadable ({exc}); fetch that day again") from exc


def _check(path: Path, schema: pa.Schema, wanted: Mapping[str, bool]) -> None:
    for name in (name for name, required in wanted.items() if required):
        if name not in schema.names:
            raise DataError(f"{path} has no column {name!r}; fetch that day again")
        kind = schema.field(name).type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            raise DataError(f"column {name!r} of {path} holds no numbers; fetch that day again")


def _required(table: pa.Table, name: str, dtype: type[np.generic]) -> NDArray[Any]:
    # Filled before numpy sees it: as float64, a column with a null would lose nanoseconds.
    column = table[name].fill_null(0) if dtype is np.int64 else table[name]
    values: NDArray[Any] = column.to_numpy()
    return values.astype(dtype)


def _optional(table: pa.Table, name: str, missing: int) -> NDArray[np.int64]:
    if name not in table.column_names or pa.types.is_null(table[name].type):
        return np.full(table.num_rows, missing, dtype=np.int64)
    filled: NDArray[Any] = table[name].fill_null(missing).to_numpy()
    return filled.astype(np.int64)


def _conditions(table: pa.Table) -> NDArray[np.int64]:
    if "conditions" not in table.column_names or table["conditions"].null_count == table.num_rows:
        return np.zeros(table.num_rows, dtype=np.int64)
    return pack_conditions(table["conditions"])
