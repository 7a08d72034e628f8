"""Which channels a connection holds, and the messages that change it.

A channel is ``T.<ticker>``, ``Q.<ticker>`` or ``T.*``. A connection may hold quotes of at most
1,000 contracts; what the vendor does with one more is unknown, so it is never asked. Quotes over
the limit wait in the order in which they were wanted, and move up when others are given up.

The vendor confirms each new channel once and stays silent on duplicates, and its confirmation is no
evidence of data. So this holds what was asked for, not what was confirmed.

Source: vendor protocol, sections 1.3, 1.4 and 1.6.
"""

from collections.abc import Iterable, Iterator

import msgspec

MAX_QUOTES = 1_000
"""Contracts with quotes on one connection."""
MAX_PARAMS = 500
"""Channels in one message."""
MAX_MESSAGE_BYTES = 250_000
"""Of one message, below the 256 kB that the vendor is known to take."""


class HeldChannels:
    """The channels of one connection, in the order in which they were wanted."""

    def __init__(self, max_quotes: int = MAX_QUOTES) -> None:
        self._max_quotes = max_quotes
        self._held: dict[str, None] = {}
        self._waiting: dict[str, None] = {}
        self._quotes = 0

    @property
    def held(self) -> tuple[str, ...]:
        """Channels asked for, or to be asked for as soon as the vendor lets us."""
        return tuple(self._held)

    @property
    def quotes_left_out(self) -> tuple[str, ...]:
        """Tickers whose quotes are wanted but exceed the limit."""
        return tuple(channel.removeprefix("Q.") for channel in self._waiting)

    def add(self, channels: Iterable[str]) -> list[str]:
        """Want these too; returns those to ask for now."""
        new = []
        for channel in channels:
            if channel in self._held or channel in self._waiting:
                continue
            if channel.startswith("Q."):
                if self._quotes >= self._max_quotes:
                    self._waiting[channel] = None
                    continue
                self._quotes += 1
            self._held[channel] = None
            new.append(channel)
        return new

    def remove(self, channels: Iterable[str]) -> tuple[list[str], list[str]]:
        """No longer want these; returns those to give up, and those that take their place."""
        gone = []
        for channel in dict.fromkeys(channels):
            self._waiting.pop(channel, None)
            if channel in self._held:
                del self._held[channel]
                self._quotes -= channel.startswith("Q.")
                gone.append(channel)
        room = self._max_quotes - self._quotes
        risen = list(self._waiting)[:room]
        for channel in risen:
            del self._waiting[channel]
        return gone, self.add(risen)


def request(action: str, channels: Iterable[str]) -> list[str]:
    """Messages that ask for ``action`` on the channels; none for no channel."""
    return [
        msgspec.json.encode({"action": action, "params": ",".join(chunk)}).decode()
        for chunk in _chunks(channels)
    ]


def _chunks(channels: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for channel in channels:
        # Tickers are ASCII; a foreign text may take six bytes a character once it is escaped.
        added = 1 + (len(channel) if channel.isascii() else 6 * len(channel))
        if chunk and (len(chunk) >= MAX_PARAMS or size + added > MAX_MESSAGE_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(channel)
        size += added
    if chunk:
        yield chunk
