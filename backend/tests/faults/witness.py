"""What a page was told while something was wrong, held against what `/readyz` said."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from processes import Product

NOT_READY = {"connecting", "reconnecting", "stale", "refused", "empty"}


@dataclass
class Witness:
    """A client of the stream that keeps what the header showed."""

    desk: Product
    feed: dict[str, Any] = field(default_factory=dict)
    """As the last frame had it."""
    volume: int = 0
    states: list[str] = field(default_factory=list)
    """One after the other, without repeats."""
    seq: int = 0

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator["Witness"]:
        """Watch until the block ends."""
        task = asyncio.create_task(self._watch())
        try:
            yield self
        finally:
            if not task.done():
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def says(self, state: str, words: str = "") -> bool:
        """Whether header and `/readyz` agree on a state, and say these words about it."""
        status, body = await self.desk.get("/readyz")
        shown = self.feed.get("state") == state and words in (self.feed.get("message") or "")
        if state not in NOT_READY:
            return shown and (status, body["reasons"]) == (200, [])
        return shown and status == 503 and any(words in reason for reason in body["reasons"])

    async def _watch(self) -> None:
        url = f"{self.desk.url}/ws/stream"
        async with self.desk.http.ws_connect(url, max_msg_size=0) as stream:
            async for message in stream:
                frame = msgspec.json.decode(message.data)
                self.seq += 1
                assert frame["seq"] == self.seq, "a frame was lost or came twice"
                if "session" not in frame:
                    continue
                self.feed = frame["session"]["feed"]
                self.volume = frame["totals"]["cumulative_volume"]
                if self.states[-1:] != [self.feed["state"]]:
                    self.states.append(self.feed["state"])
