"""What of a day is held: ``historical/YYYY-MM-DD.json``.

For each contract and kind: the intervals held, whether they reach to the end of the session, rows,
where they came from, size and checksum of the file. For each underlying: which contracts the day
had, and between which strikes ATM moved, so that a day that is complete can be known to be so
without asking anyone.
"""

import datetime as dt
import logging
from collections.abc import Iterable
from pathlib import Path

import msgspec

from spymaster.core.contracts import parse_ticker, roots_of
from spymaster.core.errors import ContractError
from spymaster.core.inputs import Span
from spymaster.core.sessions import Session
from spymaster.storage import contract_files
from spymaster.storage.atomic import write_bytes
from spymaster.storage.intervals import Interval, gaps, merged
from spymaster.storage.places import coverage_file
from spymaster.storage.schema import KINDS, Kind

logger = logging.getLogger(__name__)

SIMULATOR = "simulator"
"""Source of what no market ever did."""
RECORDED = frozenset({"live", SIMULATOR})
"""Sources of what was recorded while it happened."""


class Held(msgspec.Struct, frozen=True):
    """One contract's file of one kind."""

    intervals: list[Interval]
    """Held, half-open, UNIX ns; none while the file is not the one that was entered."""
    complete: bool
    """Whether they reach over the whole session, late prints included."""
    rows: int
    source: str
    """``rest``, ``flat file``, ``live``, ``simulator`` or ``found``."""
    bytes: int
    checksum: str
    """``sha256:…`` of the file."""


class Other(msgspec.Struct, frozen=True):
    """A file of the day that is no contract's: chain snapshots, a sealed recording."""

    bytes: int
    checksum: str
    """``sha256:…`` of the file."""


class Chain(msgspec.Struct):
    """What is known of one underlying's contracts of the day."""

    listed: list[str] = []
    """Every contract that expired that day; empty: not known yet."""
    centre: float | None = None
    """ATM near the open, found on the way to ``atm``."""
    atm: tuple[float, float] | None = None
    """Lowest and highest strike that was ATM during the day."""
    whole_market: list[Kind] = []
    """Kinds imported from a file of the whole market: what it lacks did not happen."""
    span: Span | None = None
    """Widest window asked for."""
    quotes: bool = False
    """Whether quotes were asked for too."""

    def wanted(self, span: Span) -> list[str]:
        """Contracts within ``span`` strikes of any ATM of the day; all of them for ``all``.

        ``listed`` must be known, and ``atm`` too unless all are wanted.
        """
        if span == "all":
            return sorted(self.listed)
        assert self.atm is not None
        return self.within(self.atm, span)

    def within(self, atm: tuple[float, float], span: int) -> list[str]:
        """Contracts from ``span`` strikes below the lower to ``span`` above the higher."""
        strikes = sorted({parse_ticker(ticker).strike for ticker in self.listed})
        low = max(0, sum(strike < atm[0] for strike in strikes) - span)
        high = sum(strike <= atm[1] for strike in strikes) + span
        inside = set(strikes[low:high])
        return sorted(ticker for ticker in self.listed if parse_ticker(ticker).strike in inside)


class Coverage(msgspec.Struct):
    """Everything held of one day."""

    date: dt.date
    complete: bool = False
    """Whether everything that was ever asked for is held to the session's end."""
    chains: dict[str, Chain] = {}
    contracts: dict[str, dict[Kind, Held]] = {}
    others: dict[str, Other] = {}
    """By their names in S3."""
    restoring: bool = False
    """Whether the day is being brought back from S3, and not all of it is here."""
    version: int = 1

    @property
    def is_simulated(self) -> bool:
        """Whether something of it no market ever did."""
        return SIMULATOR in self._sources

    @property
    def is_real(self) -> bool:
        """Whether something of it is of the real market."""
        return bool(self._sources - {SIMULATOR})

    @property
    def _sources(self) -> set[str]:
        return {one.source for kinds in self.contracts.values() for one in kinds.values()}

    def chain(self, underlying: str) -> Chain:
        """What is known of an underlying, made at first use."""
        return self.chains.setdefault(underlying, Chain())

    def held(self, ticker: str, kind: Kind) -> Held | None:
        """A contract's entry."""
        return self.contracts.get(ticker, {}).get(kind)

    def put(self, ticker: str, kind: Kind, held: Held) -> None:
        """Set a contract's entry."""
        self.contracts.setdefault(ticker, {})[kind] = held

    def drop(self, ticker: str, kind: Kind) -> None:
        """Forget a contract's entry."""
        kinds = self.contracts.get(ticker, {})
        kinds.pop(kind, None)
        if not kinds:
            self.contracts.pop(ticker, None)

    def refuse(self, ticker: str, kind: Kind) -> None:
        """Hold nothing of a file that is not the one that was entered.

        The entry stays, and with it the checksum: else the file would pass for one that is new.
        """
        held = self.contracts[ticker][kind]
        self.put(ticker, kind, msgspec.structs.replace(held, intervals=[], complete=False))

    def gaps(
        self, underlying: str, ticker: str, kind: Kind, start: int, end: int
    ) -> list[Interval]:
        """What of ``[start, end)`` is not held."""
        held = self.held(ticker, kind)
        if held is None:
            whole = kind in self.chain(underlying).whole_market
            return [] if whole else gaps([], start, end)
        return [] if held.complete else gaps(held.intervals, start, end)

    def is_complete(self, underlying: str, span: Span, *, quotes: bool) -> bool:
        """Whether that much of the day is held to the session's end."""
        chain = self.chains.get(underlying)
        if chain is None or not chain.listed or (span != "all" and chain.atm is None):
            return False
        return all(
            (held := self.held(ticker, kind)) is not None and held.complete
            for kind in (KINDS if quotes else KINDS[:1])
            if kind not in chain.whole_market
            for ticker in chain.wanted(span)
        )

    def settle(self) -> None:
        """Work out whether the day is complete."""
        # A recording has the quotes of what was followed; nobody asked for more.
        held = [
            one
            for kinds in self.contracts.values()
            for kind, one in kinds.items()
            if kind == "trades" or one.source not in RECORDED
        ]
        self.complete = (
            not self.restoring
            and all(one.complete for one in held)
            and all(
                self.is_complete(underlying, chain.span, quotes=chain.quotes)
                for underlying, chain in self.chains.items()
                if chain.span is not None
            )
        )
        if not held and not self.chains:
            self.complete = False


_DECODER = msgspec.json.Decoder(Coverage)


def held_file(
    path: Path, session: Session, rows: int, intervals: Iterable[Interval], source: str
) -> Held:
    """The entry of a file that has just been written."""
    spans = merged(intervals)
    return Held(
        intervals=spans,
        complete=not gaps(spans, session.open_ns, session.end_ns),
        rows=rows,
        source=source,
        bytes=path.stat().st_size,
        checksum=contract_files.checksum(path),
    )


def load(data_dir: Path, date: dt.date) -> Coverage | None:
    """The coverage file of a day; None if there is none, or none that can be read."""
    path = coverage_file(data_dir, date)
    try:
        return decoded(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as exc:
        logger.warning("%s is unreadable (%s); it is made again from the files", path, exc)
        return None


def save(data_dir: Path, coverage: Coverage) -> None:
    """Write the coverage file.

    Raises:
        DataError: It cannot be written.
    """
    coverage.settle()
    write_bytes(coverage_file(data_dir, coverage.date), encoded(coverage))


def encoded(coverage: Coverage) -> bytes:
    """A coverage file's bytes."""
    return msgspec.json.format(msgspec.json.encode(coverage), indent=1)


def decoded(data: bytes) -> Coverage:
    """What a coverage file says; entries that are named after no contract are left out.

    Raises:
        ValueError: It is none.
    """
    coverage = _DECODER.decode(data)
    for ticker in [name for name in coverage.contracts if not _is_ticker(name)]:
        del coverage.contracts[ticker]
    return coverage


def _is_ticker(name: str) -> bool:
    try:
        parse_ticker(name)
    except ContractError:
        return False
    return True


def belongs(ticker: str, underlying: str, date: dt.date) -> bool:
    """Whether a ticker is a contract of the underlying that expires on the date."""
    try:
        contract = parse_ticker(ticker)
    except ContractError:
        return False
    return contract.expiration == date and contract.root in roots_of(underlying)
