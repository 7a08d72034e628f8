"""What of each contract's day is held: until when its prints, and when its quotes.

A contract's prints are whole while the stream brings it and REST has brought what came before. When
the stream stops bringing it, they are whole until then; a gap that is not filled yet leaves them
whole until where the gap begins. Times are market time, UNIX ns; the market has none before the
first event, so that what is streamed from then on begins with that event, or with the open if the
vendor's chain was of before it.
"""

from spymaster.core.inputs import (
    ChainSeen,
    Events,
    Input,
    Lost,
    Rules,
    Started,
    Streaming,
    Whole,
)

type Interval = tuple[int, int]


class Holdings:
    """Follows a session's inputs. Tell it each one with the market time after it."""

    def __init__(self) -> None:
        self.configured_span: object = None
        """The setting's span when the feed was last started; None before."""
        self.configured_rules: Rules | None = None
        """The settings' rules then."""
        self.lost_rows = 0
        """Prints and quotes that came but are not among the inputs."""
        self._now_ns = 0
        self._first_ns = 0
        self._chain_ns = 0
        self._chain_before_ns = 0
        """When the chain was seen by which was subscribed before the first event; 0 for never."""
        self._lost_ns: int | None = None
        self._since: dict[int, int] = {}
        """Since when the stream brings each contract; 0 for before the first event."""
        self._live: set[int] = set()
        self._until: dict[int, int] = {}
        self._streamed: dict[int, list[Interval]] = {}

    def follow(self, entry: Input, market_ns: int) -> None:
        """Take note of an input."""
        before_first, self._now_ns = not self._now_ns, market_ns
        match entry:
            case Events(batch) if before_first and len(batch):
                quotes = batch.quotes.ts_event
                self._first_ns = int(quotes[0]) if len(quotes) else market_ns
            case ChainSeen(_, seen_ns):
                self._chain_ns = seen_ns
            case Started(span, rules):
                self._stop(list(self._since))
                self.configured_span, self.configured_rules = span, rules
            case Streaming(contracts, on=True):
                if before_first:
                    self._chain_before_ns = self._chain_ns
                for contract in contracts:
                    self._since.setdefault(contract, market_ns)
            case Streaming(contracts):
                self._stop(contracts)
            case Whole(contract, until_ns):
                self._until[contract] = until_ns
                if contract in self._since:
                    self._live.add(contract)
            case Lost(rows):
                self.lost_rows += rows
                if self._lost_ns is None:
                    self._lost_ns = market_ns

    def until(self) -> dict[int, int]:
        """Until when each contract's prints are held from the open on, as things stand."""
        ends = {
            contract: max(end, self._now_ns) if contract in self._live else end
            for contract, end in self._until.items()
        }
        if self._lost_ns is None:
            return ends
        return {contract: min(end, self._lost_ns) for contract, end in ends.items()}

    def streamed(self, open_ns: int) -> dict[int, list[Interval]]:
        """When the stream brought each contract of a session, and with it its quotes."""
        found = {contract: list(spans) for contract, spans in self._streamed.items()}
        for contract, since in self._since.items():
            found.setdefault(contract, []).append((since, self._now_ns))
        begun_ns = open_ns if 0 < self._chain_before_ns < open_ns else self._first_ns
        last_ns = self._now_ns if self._lost_ns is None else self._lost_ns
        return {
            contract: [
                (start or begun_ns, min(end, last_ns))
                for start, end in spans
                if (start or begun_ns) < min(end, last_ns)
            ]
            for contract, spans in found.items()
        }

    def _stop(self, contracts: list[int]) -> None:
        for contract in contracts:
            since = self._since.pop(contract, None)
            if since is not None:
                self._streamed.setdefault(contract, []).append((since, self._now_ns))
            if contract in self._live:
                self._live.remove(contract)
                self._until[contract] = self._now_ns
