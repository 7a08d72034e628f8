"""Records a live or simulated session, brings it back after a crash, and keeps its day.

While the session runs, every input goes to the `Journal`. After a restart `load` gives back all
inputs of the day so far, to be applied before the stream begins; what came in between is REST's to
fill. When the session is over, `keep` writes the day into the cache and seals the journal. What was
simulated on a day that the cache holds from the real market is sealed only.
"""

import datetime as dt
import fcntl
import logging
import os
from pathlib import Path

from spymaster.core.contracts import ContractTable
from spymaster.core.errors import DataError
from spymaster.core.inputs import Events, Input
from spymaster.core.sessions import Session, default_calendar, eastern
from spymaster.storage.atomic import only_one
from spymaster.storage.compaction import compact
from spymaster.storage.coverage import SIMULATOR
from spymaster.storage.day_store import DayStore, RealDayError
from spymaster.storage.journal import Disk, Journal
from spymaster.storage.memory import give_back
from spymaster.storage.recordings import Recording, name_of, recorded_dates, recordings
from spymaster.storage.segments import Reading, segments

logger = logging.getLogger(__name__)

_LOCK = "lock"


class PersistenceEngine:
    """The recording of one session.

    Args:
        data_dir: The setting's.
        session: The day.
        underlying: The setting's.
        source: ``live``, or ``sim`` and the seed.
        disk: Where to write to, in tests.
    """

    def __init__(
        self,
        data_dir: Path,
        session: Session,
        underlying: str,
        source: str,
        disk: Disk | None = None,
    ) -> None:
        self._data_dir = data_dir
        self._session = session
        self._underlying = underlying
        self._source = source
        self._disk = disk
        self._recording = Recording(data_dir, session.date, name_of(underlying, source))
        self._reading = Reading()
        self._journal: Journal | None = None
        self._refusal: str | None = None
        self._foreign: str | None = None
        self._lock = -1

    def load(self) -> list[Input]:
        """The inputs of the day so far. Reads the disk: not for the event loop.

        A simulated day that has ended is left as it is; the next run of it is another one.
        """
        take = 1
        while True:
            name = name_of(self._underlying, self._source, take)
            self._recording = Recording(self._data_dir, self._session.date, name)
            self._reading = Reading()
            self._take_lock()
            inputs: list[Input] = []
            if self._refusal is None:
                try:
                    inputs.extend(self._recording.read(self._reading))
                except DataError as exc:
                    self._refusal = str(exc)
                    logger.error("Not recording: %s", exc)  # noqa: TRY400 - the line says it all
            if self._source == "live" or newest_event_ns(inputs) < self._session.close_ns:
                return inputs
            take += 1

    def start(self, table: ContractTable) -> None:
        """Record from now on, after what `load` gave. The table holds its contracts by now."""
        if self._refusal is None:
            try:
                number = self._recording.next_number()
            except DataError as exc:
                self._refusal = str(exc)
                return
            self._journal = Journal(
                self._recording.folder, table, self._reading, number, self._disk
            )
            self._journal.start()

    def refuse(self, words: str) -> None:
        """Be in trouble until a restart, for a reason that is told to a person."""
        self._refusal = words

    def record(self, entry: Input) -> None:
        """Keep one more input. Returns at once and never raises."""
        if self._journal is None or (isinstance(entry, Events) and self._is_foreign(entry)):
            return
        self._journal.record(entry)

    @property
    def journal(self) -> Journal | None:
        """What is written now; None before `start`, and where nothing can be recorded."""
        return self._journal

    @property
    def trouble(self) -> str | None:
        """Why inputs are not kept now, for a person; None while they are."""
        words = self._refusal or self._foreign
        if words:
            return f"not recording: {words}"
        return self._journal.trouble if self._journal else None

    @property
    def remark(self) -> str | None:
        """What is to be said of the recording, for a person; None for nothing."""
        return self.trouble or (self._journal.remark if self._journal else None)

    def keep(self) -> None:
        """Write the day into the cache and seal the journal. Not for the event loop.

        Raises:
            DataError: The disk does not take it, or another process writes that day; what is in
                the journal stays there.
        """
        if self._journal is None or self._refusal:
            return
        below = self._journal.roll()
        if self._journal.trouble:
            raise DataError(f"{self._session.date} waits in the journal: {self._journal.trouble}")
        _keep(self._recording, self._session, self._underlying, below)

    def close(self) -> None:
        """Write what waits, and stop. Not for the event loop."""
        if self._journal:
            self._journal.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _is_foreign(self, entry: Events) -> bool:
        """Whether events are of another day: then one of the machine's clock and us is wrong."""
        if not len(entry.batch):
            return False
        rows = entry.batch.trades if len(entry.batch.trades) else entry.batch.quotes
        date = eastern(int(rows.ts_event[0])).date()
        if date == self._session.date:
            self._foreign = None
            return False
        self._foreign = (
            f"the market's events are of {date}, the session is {self._session.date}; "
            "set this machine's clock, or SESSION_DATE"
        )
        return True

    def _take_lock(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        folder = self._recording.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._refusal = "another SPYMASTER records this session; stop one of the two"
        except OSError as exc:
            # The journal will say so, and try again.
            logger.warning("%s cannot be locked (%s)", folder, exc)


def newest_event_ns(inputs: list[Input]) -> int:
    """Time of the newest event among some inputs, UNIX ns; 0 for none."""
    newest = 0
    for entry in inputs:
        if isinstance(entry, Events):
            for rows in (entry.batch.trades, entry.batch.quotes):
                newest = max(newest, int(rows.ts_event.max(initial=0)))
    return newest


def keep_older(data_dir: Path, underlying: str, today: dt.date) -> None:
    """Keep the recordings of other days whose close was missed, as far as they go.

    Raises:
        DataError: The disk does not take one of them.
    """
    for date in recorded_dates(data_dir):
        for one in recordings(data_dir, date, underlying) if date != today else []:
            if segments(one.folder):
                with only_one(one.folder / _LOCK, f"{date} is being recorded by another process"):
                    session = default_calendar().session(date)
                    _keep(one, session, underlying, one.next_number())


def _keep(recording: Recording, session: Session, underlying: str, below: int) -> None:
    source = "live" if recording.is_live else SIMULATOR
    try:
        with DayStore.opened(recording.data_dir, session) as store:
            try:
                compact(store, underlying, recording.read(Reading()), source)
            except RealDayError:
                logger.info(
                    "%s is real; %s stays a recording beside it", session.date, recording.name
                )
            recording.seal(below)
            store.enter_others()
    except OSError as exc:
        raise DataError(f"{session.date} cannot be kept ({exc})") from exc
    give_back()
