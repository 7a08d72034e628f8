"""The rows of one contract's file, read into batches a part at a time.

One Parquet file for each contract, named after its ticker with ``:`` as ``_``; see the design,
section 9. Columns a source has none of are absent or null. Sequence numbers are stored, not read:
nothing that is shown or replayed rests on them.
"""

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import ArrayLike, NDArray

from spymaster.core.batches import (
    QuoteBatch,
    TradeBatch,
    clip_sizes,
    quote_batch,
    small_ids,
    trade_batch,
    whole_sizes,
)
from spymaster.core.contracts import ContractTable
from spymaster.core.errors import ContractError, DataError
from spymaster.storage.packing import pack_lists
from spymaster.storage.places import ticker_of
from spymaster.storage.schema import Kind

logger = logging.getLogger(__name__)

_ROWS_AT_ONCE: Final = 32_768
"""Some megabytes of columns."""
_OF_A_TRADE: Final = dict.fromkeys(("sip_timestamp", "price", "size"), True) | dict.fromkeys(
    ("exchange", "conditions", "arrival"), False
)
_OF_A_QUOTE: Final = dict.fromkeys(
    ("sip_timestamp", "bid_price", "ask_price", "bid_size", "ask_size"), True
) | dict.fromkeys(("bid_exchange", "ask_exchange", "arrival"), False)


type Columns = tuple[NDArray[Any], ...]
"""Of a trade: time (UNIX ns), price (dollars), size, venue, packed conditions, arrival.
Of a quote: time, bid, ask (dollars), their sizes, their venues, arrival. NaN and 0 where unknown,
an arrival -1. Of the types that our own files have, whatever this one has, and read-only, so that
compiled code meets one type of each."""


@dataclass(frozen=True, slots=True, eq=False)
class ContractFile:
    """One contract's file of a day."""

    kind: Kind
    contract: int
    """Its number."""
    path: Path
    rows: int
    """How many it has."""
    columns: tuple[str, ...]
    """What is read of it: what it has, but for an arrival that no row tells."""
    arrived: bool
    """Whether every row tells when it arrived."""

    def batches(self) -> Generator[Columns]:
        """Its rows in its order, some at once.

        Raises:
            DataError: It is unreadable; the message names it.
        """
        columns = _trades if self.kind == "trades" else _quotes
        names = [*self.columns]
        with _opened(self.path) as file:
            for batch in file.iter_batches(_ROWS_AT_ONCE, columns=names, use_threads=False):
                made = columns(dict(zip(names, batch.columns, strict=True)), batch.num_rows)
                for column in made:
                    column.setflags(write=False)
                yield made


def known_files(kind: Kind, paths: Iterable[Path], table: ContractTable) -> list[ContractFile]:
    """The files of contracts of the table's day and underlying, with their numbers.

    Raises:
        DataError: A file is unreadable, lacks a column, or one is of another kind; the message
            names it.
    """
    known: list[tuple[int, Path]] = []
    for path in paths:
        try:
            contract = table.number(ticker_of(path))
        except ContractError:
            logger.warning("%s is not named after a contract; passed over", path)
            continue
        if contract is not None:
            known.append((contract, path))
    files: list[ContractFile] = []
    seen: tuple[pq.ParquetSchema, set[str]] | None = None
    for number, path in known:
        with _opened(path) as file:
            # A day's files are alike: to compare two of them takes a tenth of checking one.
            if seen is None or not file.schema.equals(seen[0]):
                seen = file.schema, _checked(path, file.schema_arrow, _columns_of(kind))
            files.append(_described(kind, number, path, file.metadata, seen[1]))
    return files


def _described(
    kind: Kind, contract: int, path: Path, metadata: pq.FileMetaData, names: set[str]
) -> ContractFile:
    """A file of which it is known that its columns are what they should be."""
    rows, arrivals = metadata.num_rows, _arrivals(metadata)
    wanted = [name for name in _columns_of(kind) if name in names]
    if arrivals == 0 and "arrival" in names:
        wanted.remove("arrival")
    return ContractFile(kind, contract, path, rows, tuple(wanted), arrivals == rows)


def rows_in(path: Path) -> int:
    """How many rows a contract's file has.

    Raises:
        DataError: It is unreadable.
    """
    with _opened(path) as file:
        return int(file.metadata.num_rows)


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    try:
        # Opened by a path, pyarrow looks for its file system first, for each of some hundred files.
        with pa.OSFile(str(path)) as source:
            yield pq.ParquetFile(source)
    except (OSError, pa.ArrowException) as exc:
        raise DataError(f"{path} is unreadable ({exc}); fetch that day again") from exc


def trades_of(file: ContractFile) -> tuple[TradeBatch, int]:
    """All prints of a file, and how many rows were rejected."""
    parts = []
    for ts, price, size, exchange, conditions, arrival in file.batches():
        contract, sequence = np.full(len(ts), file.contract), np.zeros(len(ts), dtype=np.int64)
        parts.append(
            trade_batch(contract, ts, price, size, exchange, conditions, sequence, arrival)
        )
    return TradeBatch.concat([part for part, _ in parts]), sum(bad for _, bad in parts)


def quotes_of(file: ContractFile) -> QuoteBatch:
    """All quotes of a file."""
    return QuoteBatch.concat(
        [
            quote_batch(np.full(len(columns[0]), file.contract), *columns)
            for columns in file.batches()
        ]
    )


def _trades(found: Mapping[str, pa.Array], rows: int) -> Columns:
    return (
        _whole(found, "sip_timestamp", rows, 0),
        _number(found["price"]),
        _sizes(found["size"], whole_sizes),
        _venues(found, "exchange", rows),
        _conditions(found, rows),
        _whole(found, "arrival", rows, -1),
    )


def _quotes(found: Mapping[str, pa.Array], rows: int) -> Columns:
    return (
        _whole(found, "sip_timestamp", rows, 0),
        _number(found["bid_price"]),
        _number(found["ask_price"]),
        _sizes(found["bid_size"], clip_sizes),
        _sizes(found["ask_size"], clip_sizes),
        _venues(found, "bid_exchange", rows),
        _venues(found, "ask_exchange", rows),
        _whole(found, "arrival", rows, -1),
    )


def _arrivals(metadata: pq.FileMetaData) -> int | None:
    """How many rows tell when they arrived, as the statistics of a file have it; None: unknown."""
    names = metadata.schema.names
    if "arrival" not in names:
        return 0
    place = names.index("arrival")
    known = 0
    for number in range(metadata.num_row_groups):
        of = metadata.row_group(number).column(place).statistics
        if not of or not of.has_null_count:
            return None
        if of.num_values and not (of.has_min_max and of.min >= 0):
            return None
        known += of.num_values
    return known


def _columns_of(kind: Kind) -> Mapping[str, bool]:
    """Columns that are read, and whether a file must have them."""
    return _OF_A_TRADE if kind == "trades" else _OF_A_QUOTE


def _checked(path: Path, schema: pa.Schema, wanted: Mapping[str, bool]) -> set[str]:
    """The names of all columns, if those that are wanted are what they should be."""
    names = set(schema.names)
    for name, required in wanted.items():
        if name not in names:
            if required:
                raise DataError(f"{path} has no column {name!r}; fetch that day again")
            continue
        kind = schema.field(name).type
        if not required and pa.types.is_null(kind):
            continue
        if name == "conditions":
            fits, what = _is_list_of_numbers(kind), "lists of numbers"
        else:
            fits, what = _is_number(kind), "numbers"
        if not fits:
            raise DataError(f"column {name!r} of {path} holds no {what}; fetch that day again")
    return names


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_list_of_numbers(kind: pa.DataType) -> bool:
    """Empty lists alone may be of no type at all."""
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return False
    return _is_number(kind.value_type) or bool(pa.types.is_null(kind.value_type))


def _number(column: pa.Array) -> NDArray[np.float64]:
    """NaN where it is null."""
    values: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    return values.astype(np.float64, copy=False)


def _sizes(column: pa.Array, fit: Callable[[ArrayLike], NDArray[np.int32]]) -> NDArray[np.int32]:
    """As they are where they are of the type of our own files; else made to fit."""
    if column.type == pa.int32() and not column.null_count:
        sizes: NDArray[np.int32] = column.to_numpy()
        return sizes
    return fit(_number(column))


def _venues(found: Mapping[str, pa.Array], name: str, rows: int) -> NDArray[np.int16]:
    column = found.get(name)
    if column is not None and column.type == pa.int16() and not column.null_count:
        venues: NDArray[np.int16] = column.to_numpy()
        return venues
    return small_ids(_whole(found, name, rows, 0))


def _whole(found: Mapping[str, pa.Array], name: str, rows: int, missing: int) -> NDArray[np.int64]:
    """Never floats, even where some are null: they would lose nanoseconds."""
    column = found.get(name)
    if column is None or column.null_count == rows:
        return np.full(rows, missing, dtype=np.int64)
    filled = column.fill_null(missing) if column.null_count else column
    values: NDArray[Any] = filled.to_numpy(zero_copy_only=False)
    return values.astype(np.int64, copy=False)


def _conditions(found: Mapping[str, pa.Array], rows: int) -> NDArray[np.int64]:
    lists = found.get("conditions")
    if lists is None or lists.null_count == rows:
        return np.zeros(rows, dtype=np.int64)
    return pack_lists(lists)
