"""Where recordings lie, and how they are read.

The segments of a running session are in ``journal/YYYY-MM-DD/NAME/``. What is closed is sealed into
one compressed file, ``historical/days/YYYY-MM-DD.NAME.recording``: the same records, one after the
other, behind a head that tells up to which segment. A recording is its sealed part and then the
segments that follow; so a process that is killed between sealing and removing leaves nothing twice.

``NAME`` tells whose session it is, so that a simulated day is never taken for a real one:
``SPY-live``, ``SPY-sim0`` for a simulation of seed 0, ``SPY-sim0.2`` for its second run.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa

from spymaster.core.errors import DataError
from spymaster.core.inputs import Input
from spymaster.storage.atomic import written_aside
from spymaster.storage.places import days_folder, name_of_underlying, sessions_named
from spymaster.storage.segments import (
    Reading,
    frame,
    payloads,
    read_payloads,
    read_segments,
    segments,
)

JOURNAL: Final = "journal"
SEALED: Final = ".recording"


class _Seal(msgspec.Struct, frozen=True):
    """The first record of a sealed file."""

    through: int
    """Segments up to this number are in it."""
    version: int = 1


@dataclass(frozen=True, slots=True)
class Recording:
    """The recording of one session."""

    data_dir: Path
    date: dt.date
    name: str

    @property
    def folder(self) -> Path:
        """Of the segments."""
        return self.data_dir / JOURNAL / self.date.isoformat() / self.name

    @property
    def sealed(self) -> Path:
        """The compressed file."""
        return days_folder(self.data_dir) / f"{self.date.isoformat()}.{self.name}{SEALED}"

    @property
    def is_live(self) -> bool:
        """Whether the real market was recorded, not a simulated one."""
        return self.name.endswith("-live")

    @property
    def exists(self) -> bool:
        """Whether there is anything of it."""
        return self.sealed.exists() or bool(segments(self.folder))

    @property
    def newest(self) -> float:
        """When it was last written, UNIX seconds."""
        paths = [path for _, path in segments(self.folder)]
        if self.sealed.exists():
            paths.append(self.sealed)
        return max((path.stat().st_mtime for path in paths), default=0.0)

    def read(self, reading: Reading) -> Iterator[Input]:
        """All inputs, in their order.

        Raises:
            DataError: A file of it cannot be read at all.
        """
        through = 0
        if self.sealed.exists():
            try:
                with _opened(self.sealed) as stream:
                    records = payloads(stream)
                    through = _seal_of(self.sealed, next(records, b"")).through
                    yield from read_payloads(records, reading)
            except (OSError, pa.ArrowException) as exc:
                raise DataError(f"{self.sealed} cannot be read ({exc})") from exc
        later = (path for number, path in segments(self.folder) if number > through)
        yield from read_segments(later, reading)

    def next_number(self) -> int:
        """Of the next segment."""
        numbers = [number for number, _ in segments(self.folder)]
        return max([self._through(), *numbers]) + 1

    def seal(self, below: int) -> None:
        """Move the segments of lower numbers into the sealed file.

        Raises:
            DataError: They cannot be read, or the file cannot be written.
        """
        through = self._through()
        closed = [(number, path) for number, path in segments(self.folder) if number < below]
        new = [(number, path) for number, path in closed if number > through]
        if new:
            through = new[-1][0]
            with (
                written_aside(self.sealed) as part,
                pa.CompressedOutputStream(str(part), "zstd") as out,
            ):
                out.write(frame(msgspec.json.encode(_Seal(through))))
                self._copy_sealed(out)
                for _, path in new:
                    with path.open("rb") as stream:
                        for payload in payloads(stream):
                            out.write(frame(payload))
        for _, path in closed:
            path.unlink(missing_ok=True)

    def _copy_sealed(self, out: Any) -> None:
        if self.sealed.exists():
            with _opened(self.sealed) as stream:
                records = payloads(stream)
                next(records, None)
                for payload in records:
                    out.write(frame(payload))

    def _through(self) -> int:
        if not self.sealed.exists():
            return 0
        try:
            with _opened(self.sealed) as stream:
                return _seal_of(self.sealed, next(payloads(stream), b"")).through
        except (OSError, pa.ArrowException) as exc:
            raise DataError(f"{self.sealed} cannot be read ({exc})") from exc


def name_of(underlying: str, source: str, take: int = 1) -> str:
    """The name of a session's recording: ``source`` is ``live``, or ``sim`` and a seed."""
    return f"{name_of_underlying(underlying)}-{source}" + (f".{take}" if take > 1 else "")


def recordings(data_dir: Path, date: dt.date, underlying: str) -> list[Recording]:
    """The recordings of a day, the one to be replayed first: real ones, then the newest."""
    names = {path.name for path in (data_dir / JOURNAL / date.isoformat()).glob("*")}
    for path in days_folder(data_dir).glob(f"{date.isoformat()}.*{SEALED}"):
        names.add(path.name.removeprefix(f"{date.isoformat()}.").removesuffix(SEALED))
    found = [Recording(data_dir, date, name) for name in names]
    ours = [one for one in found if one.name.startswith(name_of(underlying, "")) and one.exists]
    live = name_of(underlying, "live")
    return sorted(ours, key=lambda one: (one.name != live, -one.newest))


def recorded_dates(data_dir: Path) -> list[dt.date]:
    """Sessions of which a recording is held, oldest first."""
    kept = (data_dir / JOURNAL).glob("????-??-??/*/*.journal")
    names = {path.parent.parent.name for path in kept}
    names |= {path.name[:10] for path in days_folder(data_dir).glob(f"*{SEALED}")}
    return sessions_named(names)


def _opened(path: Path) -> Any:
    return pa.CompressedInputStream(pa.OSFile(str(path)), "zstd")


def _seal_of(path: Path, data: bytes) -> _Seal:
    try:
        seal = msgspec.json.decode(data, type=_Seal)
    except msgspec.DecodeError as exc:
        raise DataError(f"{path} is corrupt: its head is unreadable; move it away") from exc
    if seal.version != 1:
        raise DataError(f"{path} is of version {seal.version}, which this product does not read")
    return seal
