"""A recorded session into the cache's files.

The inputs are played once more through an engine of their own, which tells of each print whether it
counted: what the stream delivered after REST had brought it is not written twice. Prints of the
stream have the order of their arrival; those that REST brought have none.
"""

import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from spymaster.core.batches import NO_QUOTES, NO_TRADES, QuoteBatch, TradeBatch
from spymaster.core.inputs import ChainSeen, Events, Input, Refilled
from spymaster.core.sessions import Session
from spymaster.core.snapshots import ChainSnapshot
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.holdings import Holdings
from spymaster.engine.inputs import apply_input
from spymaster.storage.atomic import written_aside
from spymaster.storage.day_store import DayStore
from spymaster.storage.places import snapshots_file
from spymaster.storage.schema import SNAPSHOTS, quotes_table, trades_table

logger = logging.getLogger(__name__)

_COLUMNS = [name for name in SNAPSHOTS.names if name not in ("ts_received", "ticker")]


class _Day:
    """What a session's inputs come to."""

    def __init__(self, session: Session, underlying: str) -> None:
        # Files hold no greeks: none need be solved.
        self.engine = FlowEngine(session, underlying, 3, greeks_source="vendor")
        self.holdings = Holdings()
        self._trades: list[TradeBatch] = []
        self._quotes: list[QuoteBatch] = []
        self.snapshots: list[ChainSnapshot] = []

    def take(self, entry: Input) -> None:
        match entry:
            case Events(batch):
                before = len(self.engine.flow.prints)
                apply_input(self.engine, entry)
                counted = self.engine.flow.prints[before:]
                self._trades.append(_among(batch.trades, counted))
                self._quotes.append(batch.quotes)
            case Refilled(contract, trades):
                missing = self.engine.missing(contract, trades)
                apply_input(self.engine, entry)
                unknown = np.full(len(missing), -1, dtype=np.int64)
                self._trades.append(missing.numbered(unknown))
            case ChainSeen(snapshot):
                apply_input(self.engine, entry)
                self.snapshots.append(snapshot)
            case _:
                apply_input(self.engine, entry)
        self.holdings.follow(entry, self.engine.market_ns)

    def trades(self) -> dict[int, TradeBatch]:
        whole = TradeBatch.concat(self._trades)
        return {contract: whole.take(rows) for contract, rows in _by_contract(whole.contract)}

    def quotes(self) -> dict[int, QuoteBatch]:
        whole = QuoteBatch.concat(self._quotes)
        return {contract: whole.take(rows) for contract, rows in _by_contract(whole.contract)}


def compact(store: DayStore, underlying: str, inputs: Iterable[Input], source: str) -> None:
    """Write what was recorded of a day beside what the cache holds of it.

    Raises:
        RealDayError: It is simulated, and the day is held from the real market.
        DataError: The disk does not take it.
    """
    session = store.session
    day = _Day(session, underlying)
    for entry in inputs:
        day.take(entry)
    until, streamed = day.holdings.until(), day.holdings.streamed(session.open_ns)
    trades, quotes = day.trades(), day.quotes()
    if trades or quotes or until or day.snapshots:
        store.only(source)
    for contract in sorted(set(trades) | set(until)):
        ticker = day.engine.table[contract].ticker
        end_ns = until.get(contract)
        held = [(session.open_ns, end_ns)] if end_ns is not None else []
        table = _nulled_arrival(trades_table(trades.get(contract, NO_TRADES)))
        store.put("trades", ticker, table, held, source)
    for contract in sorted(set(quotes) | set(streamed)):
        ticker = day.engine.table[contract].ticker
        table = quotes_table(quotes.get(contract, NO_QUOTES))
        store.put("quotes", ticker, table, streamed.get(contract, []), source)
    chain = store.coverage.chain(underlying)
    if day.snapshots and not chain.listed:
        chain.listed = sorted(contract.ticker for contract in day.engine.table)
        store.changed()
    _write_snapshots(store.data_dir, session, day.snapshots)
    logger.info(
        "Kept %s: %d prints, %d quotes, %d chain snapshots",
        session.date,
        sum(map(len, trades.values())),
        sum(map(len, quotes.values())),
        len(day.snapshots),
    )


def _nulled_arrival(table: pa.Table) -> pa.Table:
    arrival = table["arrival"].to_numpy()
    place = table.column_names.index("arrival")
    return table.set_column(place, "arrival", pa.array(arrival, mask=arrival < 0))


def _among(trades: TradeBatch, counted: NDArray[np.void]) -> TradeBatch:
    """The prints that were counted; the others REST had brought already."""
    if len(trades) == len(counted):
        return trades
    kept: list[int] = []
    for row in range(len(trades)):
        if len(kept) < len(counted) and _same(trades, row, counted[len(kept)]):
            kept.append(row)
    return trades.take(np.array(kept, dtype=np.intp))


def _same(trades: TradeBatch, row: int, print_: np.void) -> bool:
    return bool(
        trades.contract[row] == print_["contract"]
        and trades.ts_event[row] == print_["ts"]
        and trades.price[row] == print_["price"]
        and trades.size[row] == print_["size"]
        and trades.exchange[row] == print_["exchange"]
        and trades.conditions[row] == print_["conditions"]
    )


def _by_contract(contract: NDArray[np.int32]) -> list[tuple[int, NDArray[np.intp]]]:
    order = np.argsort(contract, kind="stable")
    numbers, starts = np.unique(contract[order], return_index=True)
    return list(
        zip(map(int, numbers), np.split(order, starts[1:]) if len(starts) else [], strict=True)
    )


def _write_snapshots(data_dir: Path, session: Session, snapshots: list[ChainSnapshot]) -> None:
    if not snapshots:
        return
    path = snapshots_file(data_dir, session.date)
    table = pa.concat_tables([_snapshot_table(one) for one in snapshots]).unify_dictionaries()
    if path.exists():
        old = pq.read_table(path)
        known = pa.array(np.unique(table["ts_received"].to_numpy()))
        others = np.isin(old["ts_received"].to_numpy(), known.to_numpy(), invert=True)
        table = pa.concat_tables([old.filter(pa.array(others)).cast(SNAPSHOTS), table])
        table = table.unify_dictionaries().sort_by("ts_received")
    with written_aside(path) as part:
        pq.write_table(table, part, compression="zstd")


def _snapshot_table(snapshot: ChainSnapshot) -> pa.Table:
    rows = len(snapshot.tickers)
    columns: dict[str, pa.Array] = {
        "ts_received": pa.array(np.full(rows, snapshot.ts_received)),
        "ticker": pa.array(snapshot.tickers, pa.string()).dictionary_encode(),
        "underlying_price": pa.array([snapshot.underlying_price] * rows, pa.float64()),
        "underlying_timeframe": pa.array([snapshot.underlying_timeframe] * rows, pa.string()),
    }
    for name in _COLUMNS:
        if name not in columns:
            values = getattr(snapshot, name)
            columns[name] = pa.array(values, mask=np.isnan(values))
    return pa.table(columns).select(SNAPSHOTS.names).cast(SNAPSHOTS)
