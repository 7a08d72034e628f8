"""A full-chain day of the simulator as cached files: 302 contracts, 2.0 M prints, 6.5 M quotes.

It takes half a minute to make, so it is kept in a folder of its own until ``make clean``; another
recipe or version of the simulator makes another.
"""

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from spymaster import simulator
from spymaster.core.contracts import OptionContract
from spymaster.core.sessions import Session, default_calendar
from spymaster.simulator.chain import Listing
from spymaster.simulator.day import MarketModel, SimulatedDay, SimulatedMarket
from spymaster.simulator.path import NS
from spymaster.storage import contract_files
from spymaster.storage.coverage import SIMULATOR
from spymaster.storage.places import contract_file
from spymaster.storage.schema import Kind

CACHE = Path(__file__).parents[2] / ".tools" / "bench"
DATE = dt.date(2025, 12, 16)
MODEL = MarketModel(seed=1, listing=Listing(strikes_each_side=75), volume_scale=3.5)
_MINUTE_NS = 60 * NS


def folder() -> Path:
    """Where the day is, made at the first call: a ``DATA_DIR`` of its own."""
    sources = sorted(Path(simulator.__file__).parent.glob("*.py"))
    sources.append(Path(__file__))
    recipe = repr(MODEL).encode() + b"".join(path.read_bytes() for path in sources)
    made = CACHE / f"day-{hashlib.sha256(recipe).hexdigest()[:12]}"
    if not (made / "whole").exists():
        _write(SimulatedMarket(MODEL).day(DATE), made)
        (made / "whole").touch()
    return made


def files(day: Path, *kinds: str) -> list[Path]:
    """The contracts' files of the day: those of trades and of quotes, or of some kind."""
    found = [day / "historical" / kind / DATE.isoformat() for kind in kinds or ("trades", "quotes")]
    return [path for kind in found for path in sorted(kind.glob("*.parquet"))]


def session_of_day() -> Session:
    """The trading session."""
    return default_calendar().session(DATE)


def _write(day: SimulatedDay, made: Path) -> None:
    expiring = day.all_rows[: day.chain.expiring]
    prints = day.prints_until(day.session.end_ns)
    prints = prints.take(np.argsort(prints.row, kind="stable"))
    minutes = range(day.session.open_ns, day.session.close_ns, _MINUTE_NS)
    parts = [day.quotes_between(start, start + _MINUTE_NS, expiring) for start in minutes]
    quotes = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in parts[0].__dataclass_fields__
    }
    order = np.argsort(quotes["row"], kind="stable")
    quotes = {name: column[order] for name, column in quotes.items()}
    for row, contract in enumerate(day.chain.contracts[: len(expiring)]):
        mine = slice(*np.searchsorted(prints.row, (row, row + 1)))
        _save(made, "trades", contract, _trade_columns(prints.take(mine)))
        mine = slice(*np.searchsorted(quotes["row"], (row, row + 1)))
        columns = {name: column[mine] for name, column in quotes.items()}
        _save(made, "quotes", contract, _quote_columns(columns))


def _trade_columns(prints: Any) -> dict[str, Any]:
    return {
        "sip_timestamp": prints.ts,
        "participant_timestamp": prints.ts,
        "price": prints.price / 100,
        "size": prints.size,
        "exchange": prints.exchange,
        "conditions": pa.ListArray.from_arrays(
            np.arange(len(prints) + 1, dtype=np.int32), pa.array(prints.condition)
        ),
        "sequence_number": prints.sequence,
        "correction": np.zeros(len(prints)),
        "arrival": pa.nulls(len(prints)),
    }


def _quote_columns(quotes: dict[str, Any]) -> dict[str, Any]:
    return (
        {
            "sip_timestamp": quotes["ts"],
            "bid_price": quotes["bid"] / 100,
            "ask_price": quotes["ask"] / 100,
            "arrival": pa.nulls(len(quotes["ts"])),
        }
        | {name: quotes[name] for name in ("bid_size", "bid_exchange", "ask_size", "ask_exchange")}
        | {"sequence_number": quotes["sequence"]}
    )


def _save(made: Path, kind: Kind, contract: OptionContract, columns: dict[str, Any]) -> None:
    path = contract_file(made, kind, DATE, contract.ticker)
    path.parent.mkdir(parents=True, exist_ok=True)
    session = session_of_day()
    note = contract_files.Note([(session.open_ns, session.end_ns)], SIMULATOR)
    contract_files.write(path, kind, pa.table(columns), note)


if __name__ == "__main__":
    print(folder())
