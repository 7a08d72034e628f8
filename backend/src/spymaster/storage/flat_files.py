"""Import of the vendor's flat files: a day of the whole market as one gzip CSV.

Of the hundreds of thousands of contracts in it, those of one underlying that expire on the day are
kept. Columns are found by their header, in any order. Rows are spilled to one file a contract, so
that memory does not grow with the day and the order of the rows does not matter; nothing of the
import is seen until the whole file has been read.

Source: vendor protocol, section 7.
"""

import contextlib
import datetime as dt
import gzip
import logging
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from spymaster.core.batches import MAX_PRICE, MAX_SIZE
from spymaster.core.contracts import roots_of
from spymaster.core.errors import DataError
from spymaster.core.sessions import SessionCalendar, eastern
from spymaster.storage import contract_files
from spymaster.storage.coverage import belongs
from spymaster.storage.day_store import DayStore
from spymaster.storage.places import historical
from spymaster.storage.schema import Kind, conform

logger = logging.getLogger(__name__)

SOURCE: Final = "flat file"
_NEEDED: Final[dict[Kind, tuple[str, ...]]] = {
    "trades": ("ticker", "sip_timestamp", "price", "size"),
    "quotes": ("ticker", "sip_timestamp", "bid_price", "ask_price", "bid_size", "ask_size"),
}
_NUMBERS: Final[dict[str, pa.DataType]] = {
    "sip_timestamp": pa.int64(),
    "participant_timestamp": pa.int64(),
    "sequence_number": pa.int64(),
    "exchange": pa.int64(),
    "bid_exchange": pa.int64(),
    "ask_exchange": pa.int64(),
    "correction": pa.int64(),
    "price": pa.float64(),
    "bid_price": pa.float64(),
    "ask_price": pa.float64(),
    "size": pa.float64(),
    "bid_size": pa.float64(),
    "ask_size": pa.float64(),
}
_BLOCK: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought."""

    date: dt.date
    kind: Kind
    contracts: int
    rows: int
    rejected: int
    """Rows of these contracts that are no prints."""
    keys: list[str]
    """Files written, by their names in S3."""


def import_file(
    path: Path,
    data_dir: Path,
    underlying: str,
    calendar: SessionCalendar,
    on_rows: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Bring one flat file into the cache; its day is complete afterwards.

    Args:
        path: ``.csv.gz`` or ``.csv``.
        data_dir: The cache's.
        underlying: Whose contracts are kept.
        calendar: Of the exchange.
        on_rows: Told how many rows of the file have been read.

    Raises:
        DataError: The file is broken or none of the vendor's; nothing was imported then.
    """
    root = historical(data_dir)
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".import-", dir=root) as scratch:
        spill = _Spill(Path(scratch))
        with contextlib.closing(spill):
            kind, date, rejected = _read(path, underlying, spill, on_rows)
        session = calendar.session(date)
        keys, rows = [], 0
        with DayStore.opened(data_dir, session) as store:
            store.only(SOURCE)
            intervals = [(session.open_ns, session.end_ns + 1)]
            for ticker, spilled in sorted(spill.files.items()):
                table = contract_files.sorted_by_time(pq.ParquetFile(spilled).read())
                store.replace(kind, ticker, table, intervals, SOURCE)
                rows += table.num_rows
                keys.append(store.key(kind, ticker))
            chain = store.coverage.chain(underlying)
            chain.listed = sorted({*chain.listed, *spill.files})
            chain.whole_market = sorted({*chain.whole_market, kind})
            if kind == "quotes":
                chain.quotes = True
            store.changed()
    logger.info("Imported %d %s of %d contracts of %s", rows, kind, len(keys), date)
    return Imported(date, kind, len(keys), rows, rejected, keys)


class _Spill:
    """One unsorted file a contract."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}
        self.files: dict[str, Path] = {}

    def add(self, ticker: str, table: pa.Table) -> None:
        writer = self._writers.get(ticker)
        if writer is None:
            path = self.files[ticker] = self._folder / f"{len(self.files)}.parquet"
            writer = self._writers[ticker] = pq.ParquetWriter(path, table.schema)
        writer.write_table(table)

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()


def _read(
    path: Path, underlying: str, spill: _Spill, on_rows: Callable[[int], None]
) -> tuple[Kind, dt.date, int]:
    kind: Kind | None = None
    date: dt.date | None = None
    heads = tuple(f"O:{root}" for root in sorted(roots_of(underlying)))
    rejected = rows = 0
    for batch in _batches(path):
        if kind is None:
            kind = _kind(path, batch.schema.names)
        rows += batch.num_rows
        on_rows(rows)
        near = pc.match_substring_regex(batch["ticker"], f"^({'|'.join(heads)})[0-9]{{6}}[CP]")
        table = pa.Table.from_batches([batch]).filter(near)
        if not table.num_rows:
            continue
        table = _typed(table, path)
        if date is None:
            times = table["sip_timestamp"]
            known = times.filter(pc.greater(times, 0))
            if not len(known):
                continue  # no prints, of whatever day
            date = eastern(known[0].as_py()).date()
        rejected += _spill(table, kind, underlying, date, spill)
    if kind is None or date is None:
        raise DataError(f"{path} holds no {underlying} contract with a time; nothing was imported")
    if not spill.files:
        raise DataError(
            f"{path} holds no {underlying} contract that expires on {date}; nothing was imported"
        )
    return kind, date, rejected


def _spill(table: pa.Table, kind: Kind, underlying: str, date: dt.date, spill: _Spill) -> int:
    """Hand on the rows of the day's own contracts; how many of them are none."""
    rejected = 0
    encoded = table["ticker"].combine_chunks().dictionary_encode()
    names = encoded.dictionary.to_pylist()
    places = encoded.indices.to_numpy(zero_copy_only=False)
    good = _good(table, kind)
    stored = None
    for number, ticker in enumerate(names):
        if not belongs(ticker, underlying, date):
            continue
        mine = places == number
        rejected += int((mine & ~good).sum())
        if stored is None:
            stored = _stored(table, kind, good)
        rows = np.flatnonzero((places == number) & good)
        spill.add(ticker, stored.take(rows))
    return rejected


def _good(table: pa.Table, kind: Kind) -> np.ndarray[Any, np.dtype[np.bool_]]:
    good = table["sip_timestamp"].fill_null(0).to_numpy() > 0
    if kind == "trades":
        price = table["price"].fill_null(0).to_numpy()
        size = table["size"].fill_null(0).to_numpy()
        good &= (price > 0) & (price <= MAX_PRICE) & (size >= 1) & (size <= MAX_SIZE)
        good &= size == np.floor(size)
    found: np.ndarray[Any, np.dtype[np.bool_]] = good
    return found


def _stored(table: pa.Table, kind: Kind, good: np.ndarray[Any, Any]) -> pa.Table:
    """Columns as stored, row for row; rows that are none hold anything that fits."""
    columns: dict[str, Any] = {name: table[name] for name in _NUMBERS if name in table.column_names}
    whole = ("size",) if kind == "trades" else ("bid_size", "ask_size")
    for name in whole:
        values = np.nan_to_num(columns[name].fill_null(0).to_numpy())
        if kind == "trades":
            values = np.where(good, values, 0)
        columns[name] = pa.array(np.clip(values, 0, MAX_SIZE).astype(np.int32))
    for name in ("bid_price", "ask_price"):
        if name in columns:
            columns[name] = columns[name].fill_null(0.0)
    for name, most in (
        ("exchange", 2**15),
        ("bid_exchange", 2**15),
        ("ask_exchange", 2**15),
        ("correction", 2**7),
    ):
        if name in columns:
            fits = pc.less(pc.abs(columns[name]), most)
            columns[name] = pc.if_else(fits, columns[name], None)
    if "conditions" in table.column_names:
        columns["conditions"] = _conditions(table["conditions"])
    return conform(pa.table(columns), kind)


def _conditions(column: pa.ChunkedArray) -> pa.Array:
    """``209``, ``"209,233"``, ``[209]`` or nothing, as lists."""
    encoded = column.combine_chunks().dictionary_encode()
    lists = [_ids(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(lists, pa.list_(pa.int16())).take(encoded.indices)


def _ids(text: str | None) -> list[int] | None:
    digits = "".join(one if one.isdigit() else " " for one in text or "").split()
    found = [min(int(one), 2**15 - 1) for one in digits]
    return found or None


def _kind(path: Path, names: list[str]) -> Kind:
    for kind, needed in _NEEDED.items():
        if set(needed) <= set(names):
            return kind
    raise DataError(
        f"{path} is no flat file of trades or quotes: its columns are {', '.join(names)[:200]}"
    )


def _typed(table: pa.Table, path: Path) -> pa.Table:
    """Numbers instead of text, for the few rows that are kept."""
    for name, kind in _NUMBERS.items():
        if name in table.column_names:
            text = table[name]
            empty = pc.equal(text, "")
            try:
                column = pc.cast(pc.if_else(empty, None, text), kind)
            except pa.ArrowInvalid as exc:
                raise DataError(
                    f"{path}: column {name} holds what is no number ({exc}); nothing was imported"
                ) from exc
            table = table.set_column(table.column_names.index(name), name, column)
    return table


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    """The rows of the file, as text, a few megabytes at a time.

    Raises:
        DataError: It is not there, cut short or no CSV.
    """
    text = dict.fromkeys((*_NUMBERS, "ticker", "conditions"), pa.string())
    try:
        with contextlib.ExitStack() as stack:
            raw = stack.enter_context(path.open("rb"))
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream: Any = stack.enter_context(gzip.GzipFile(fileobj=raw)) if packed else raw
            reader = csv.open_csv(
                pa.PythonFile(stream, mode="r"),
                read_options=csv.ReadOptions(block_size=_BLOCK, use_threads=False),
                convert_options=csv.ConvertOptions(column_types=text, strings_can_be_null=False),
            )
            yield from reader
    except (OSError, EOFError, zlib.error, pa.ArrowInvalid) as exc:
        reason = str(exc).splitlines()[0][:160] if str(exc) else type(exc).__name__
        raise DataError(
            f"{path} cannot be read ({reason}); nothing was imported: get the file again"
        ) from exc
