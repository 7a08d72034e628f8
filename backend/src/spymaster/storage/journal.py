"""The append-only journal of one session, written as `segments`.

Recording must not slow the event loop, so `Journal.record` only puts the input in a queue. A thread
writes what has come every `TICK_S`, which is all that a kill can lose, and makes it durable every
`SYNC_S`, which is all that a power cut can lose. When the disk does not take it, the queue holds on
to what has come and the thread tries again; when the queue is full, what comes is counted and left
out, and `Lost` stands in its place.
"""

import contextlib
import logging
import os
import threading
import time
from collections import deque
from pathlib import Path
from typing import Final, Protocol

import msgspec

from spymaster.core.contracts import ContractTable
from spymaster.core.inputs import (
    ChainSeen,
    ContractsListed,
    Events,
    Input,
    Lost,
    Refilled,
    Streaming,
    Whole,
    rows_of,
)
from spymaster.core.latency import LatencyHistogram
from spymaster.storage import input_codec
from spymaster.storage.segments import SUFFIX, Head, Reading, frame

logger = logging.getLogger(__name__)

TICK_S: Final = 0.05
SYNC_S: Final = 0.5
RETRY_S: Final = 1.0
MOST_WAITING: Final = 2_000_000
"""Prints and quotes that may wait for the disk: some 80 MB."""
JOINED: Final = 2_000
"""Inputs that are taken from the queue at once."""
SEGMENT_BYTES: Final = 64_000_000


class Disk(Protocol):
    """What a journal asks of the disk. Every call may raise `OSError`."""

    def create(self, path: Path, data: bytes) -> None:
        """Make a new file that begins so, in a folder that may not be there yet, or leave none."""

    def write(self, data: bytes) -> None:
        """Append all of it, or raise and leave the file as it was."""

    def sync(self) -> None:
        """Make durable what was written; raises too if the file is no longer in its place."""

    def close(self) -> None:
        """Let the file go; never raises."""


class RealDisk:
    """The disk of this machine."""

    def __init__(self) -> None:
        self._handle = -1
        self._size = 0

    def create(self, path: Path, data: bytes) -> None:
        """Make a new file that begins so, in a folder that may not be there yet, or leave none."""
        self.close()
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._handle = os.open(path, flags, 0o644)
        self._size = 0
        try:
            self.write(data)
            sync_folder(path.parent)
        except OSError:
            self.close()
            path.unlink(missing_ok=True)
            raise

    def write(self, data: bytes) -> None:
        """Append all of it, or raise and leave the file as it was."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._handle, rest) :]
        except OSError:
            os.ftruncate(self._handle, self._size)
            raise
        self._size += len(data)

    def sync(self) -> None:
        """Make durable what was written; raises too if the file is no longer in its place."""
        os.fsync(self._handle)
        if not os.fstat(self._handle).st_nlink:
            raise FileNotFoundError("the journal was deleted while it was written")

    def close(self) -> None:
        """Let the file go; never raises."""
        if self._handle >= 0:
            with contextlib.suppress(OSError):
                os.close(self._handle)
            self._handle = -1


class Journal:
    """Writes the inputs of one session, from one process start on.

    Args:
        folder: Of the session's segments; made when the first input is written.
        table: The session's contracts; read when inputs are written.
        reading: Where the reading of what was there ended.
        number: Of the first segment to write.
        disk: Where to.
    """

    def __init__(
        self,
        folder: Path,
        table: ContractTable,
        reading: Reading,
        number: int,
        disk: Disk | None = None,
    ) -> None:
        self._folder = folder
        self._table = table
        self._disk: Disk = disk or RealDisk()
        self._number = number
        self._written = reading.records
        self._listed = len(reading.tickers)
        self._queue: deque[tuple[Input, int]] = deque()
        self._waiting = 0
        self._lost: Lost | None = None
        self._lost_rows = 0
        self._lock = threading.Lock()
        self._size = 0
        self._open = False
        self._unsynced_since: float | None = None
        self._retry_at = 0.0
        self._trouble: str | None = None
        self._ending = threading.Event()
        self._rolling = threading.Event()
        self._rolled = threading.Event()
        self._thread: threading.Thread | None = None
        self.flush_times = LatencyHistogram()
        """How long the disk took to make durable what was written."""

    def start(self) -> None:
        """Write from now on, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def record(self, entry: Input) -> None:
        """Keep one more input. Returns at once and never raises."""
        rows = rows_of(entry)
        with self._lock:
            if self._waiting + rows > MOST_WAITING:
                self._lost_rows += rows
                if self._lost is None or not self._queue or self._queue[-1][0] is not self._lost:
                    self._lost = Lost(0)
                else:
                    self._queue.pop()
                self._lost = Lost(self._lost.rows + rows)
                self._queue.append((self._lost, 0))
                return
            self._waiting += rows
            self._queue.append((entry, self._needed(entry)))

    @property
    def trouble(self) -> str | None:
        """Why inputs are not kept now, for a person; None while they are."""
        if self._trouble is None:
            return None
        return f"not recording: {self._trouble}; {self._hole or f'{self._waiting:,} events wait'}"

    @property
    def remark(self) -> str | None:
        """What is to be said of the recording, for a person; None for nothing."""
        return self.trouble or (f"the recording has a hole: {self._hole}" if self._hole else None)

    @property
    def waiting(self) -> int:
        """Prints and quotes that are not written yet."""
        return self._waiting

    @property
    def lost_rows(self) -> int:
        """Prints and quotes that could not be kept."""
        return self._lost_rows

    @property
    def _hole(self) -> str | None:
        return f"{self._lost_rows:,} events are lost to it" if self._lost_rows else None

    @property
    def number(self) -> int:
        """Of the segment that is written next, or now."""
        return self._number

    def step(self, now_s: float) -> None:
        """Write what waits, and make it durable when that is due. For the thread, and for tests."""
        if now_s < self._retry_at:
            return
        try:
            while self._queue:
                self._write_some()
                if self._unsynced_since is None:
                    self._unsynced_since = now_s
            if self._unsynced_since is not None and now_s - self._unsynced_since >= SYNC_S:
                self._sync()
            if self._rolling.is_set() or self._size >= SEGMENT_BYTES:
                self._end_segment()
        except OSError as exc:
            self._failed(exc, now_s)
        else:
            if self._trouble is not None:
                logger.info("Recording again")
                self._trouble = None

    def roll(self) -> int:
        """Have the thread begin a new segment; those of lower numbers are written no more.

        Waits for the thread: not for the event loop.
        """
        if self._thread is not None:
            self._rolled.clear()
            self._rolling.set()
            self._rolled.wait(timeout=5)
        return self._number

    def close(self) -> None:
        """Write what waits, make it durable, and stop; waits for the disk some seconds at most."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None

    def _run(self) -> None:
        ending = False
        while not ending:
            ending = self._ending.wait(TICK_S)
            try:
                self.step(time.monotonic())
                if ending:
                    self._end_segment()
            except OSError as exc:
                self._failed(exc, time.monotonic())
            except Exception:
                logger.exception("The journal failed on an input, which is left out")
                self._trouble = "an error inside the product; the log says which"
                self._leave_out()

    def _needed(self, entry: Input) -> int:
        """How many contracts have to be listed before an input.

        Events and the chain make the engine look at the table; other inputs must not be made to.
        """
        match entry:
            case Events() | ChainSeen():
                return len(self._table)
            case Refilled(contract=contract) | Whole(contract=contract):
                return contract + 1
            case Streaming(contracts=contracts):
                return max(contracts, default=-1) + 1
            case _:
                return 0

    def _write_some(self) -> None:
        """Write the oldest inputs of the queue, and only then take them out of it."""
        with self._lock:
            taken = [self._queue[place] for place in range(min(len(self._queue), JOINED))]
            # The last one may still grow while it stands for what is lost.
            self._lost = None
        listed = self._listed
        entries: list[Input] = []
        for entry, needed in taken:
            if needed > listed:
                entries.append(ContractsListed(self._tickers(listed, needed)))
                listed = needed
            entries.append(entry)
        entries = input_codec.joined(entries)
        data = b"".join(frame(input_codec.encode(entry)) for entry in entries)
        if not self._open:
            self._begin()
        self._disk.write(data)
        with self._lock:
            for entry, _ in taken:
                self._queue.popleft()
                self._waiting -= rows_of(entry) if not isinstance(entry, Lost) else 0
        self._written += len(entries)
        self._listed = listed
        self._size += len(data)

    def _begin(self) -> None:
        head = Head(
            self._table.underlying,
            self._table.expiration.isoformat(),
            self._written,
            self._tickers(0, self._listed),
        )
        data = frame(msgspec.json.encode(head))
        self._disk.create(self._folder / f"{self._number:08d}{SUFFIX}", data)
        self._open = True
        self._size = 0

    def _tickers(self, start: int, end: int) -> list[str]:
        return [self._table[number].ticker for number in range(start, end)]

    def _sync(self) -> None:
        start_s = time.monotonic()
        self._disk.sync()
        now_s = time.monotonic()
        self.flush_times.add((now_s - start_s) * 1000, now_s)
        self._unsynced_since = None

    def _end_segment(self) -> None:
        if self._open:
            self._sync()
            self._close()
        self._rolling.clear()
        self._rolled.set()

    def _close(self) -> None:
        self._disk.close()
        self._open = False
        self._number += 1

    def _failed(self, exc: OSError, now_s: float) -> None:
        words = f"{self._folder} cannot be written ({exc.strerror or exc})"
        if words != self._trouble:
            logger.error("Not recording: %s; trying again every %.0f s", words, RETRY_S)
        self._trouble = words
        self._retry_at = now_s + RETRY_S
        if self._open:
            self._close()
        self._unsynced_since = None

    def _leave_out(self) -> None:
        with self._lock:
            self._lost_rows += self._waiting
            rows, self._waiting = self._waiting, 0
            self._queue.clear()
            self._queue.append((Lost(rows), self._listed))


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
