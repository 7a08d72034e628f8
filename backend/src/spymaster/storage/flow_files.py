"""Files of what is usual: ``historical/flow/YYYY-MM-DD.NAME.parquet``, under 200 kB a session.

Made when a session has been followed, or a stored day played, to its close. ``NAME`` is the
underlying's and the span's, ``SPY-3``; that of a simulated day ends in ``-sim``, since no market
ever did what it says. They outlive the days they are of, which `RETENTION_DAYS` may drop.
"""

import datetime as dt
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from spymaster.analytics.signals import SESSIONS
from spymaster.core.inputs import Span
from spymaster.engine.bars import PARTS
from spymaster.engine.flow_history import FlowHistory, SessionFlow
from spymaster.storage.atomic import written_aside
from spymaster.storage.places import SUFFIX, historical
from spymaster.storage.recordings import name_of

logger = logging.getLogger(__name__)

_BY_PART: Final = ("trade_count", "hedging_pressure")
_VOLUME: Final = "volume"
"""By part too; files that were made before it was kept have none."""


@dataclass(frozen=True, slots=True)
class FlowFiles:
    """The sessions of one underlying, span and market."""

    data_dir: Path
    underlying: str
    span: Span
    simulated: bool

    def keep(self, date: dt.date, flow: SessionFlow) -> None:
        """Store one session in place of what is held of it.

        Raises:
            DataError: The disk does not take it.
        """
        names = _BY_PART if flow.volume is None else (*_BY_PART, _VOLUME)
        columns = {
            f"{name}_{part}": getattr(flow, name)[:, part]
            for name in names
            for part in range(PARTS)
        }
        table = pa.table({"spot": flow.spot, **columns})
        path = self._folder / f"{date.isoformat()}.{self._name}{SUFFIX}"
        with written_aside(path) as part:
            pq.write_table(table, part, compression="zstd")

    def before(self, date: dt.date) -> FlowHistory:
        """The sessions before a date, as many as signals look back. Reads files."""
        paths = self._folder.glob(f"????-??-??.{self._name}{SUFFIX}")
        earlier = sorted(path for path in paths if path.name < date.isoformat())[-SESSIONS:]
        found = [self._read(path) for path in earlier]
        return FlowHistory(self.span, tuple(one for one in found if one is not None))

    @property
    def _folder(self) -> Path:
        return historical(self.data_dir) / "flow"

    @property
    def _name(self) -> str:
        return name_of(self.underlying, str(self.span)) + ("-sim" if self.simulated else "")

    def _read(self, path: Path) -> SessionFlow | None:
        try:
            table = pq.read_table(path)
            columns = {name: table[name].to_numpy() for name in table.column_names}
            has_volume = f"{_VOLUME}_0" in columns
            by_part = {
                name: np.column_stack([columns[f"{name}_{part}"] for part in range(PARTS)])
                for name in ((*_BY_PART, _VOLUME) if has_volume else _BY_PART)
            }
            return SessionFlow(spot=columns["spot"], **by_part)
        except (OSError, pa.ArrowException, KeyError) as exc:
            logger.warning("%s is left out of what is usual: %s", path.name, exc)
            return None
