"""A product that follows a simulated market, and what holds after every fault."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processes import SECOND_NS, Process, Product, Simulator, Until, agreed

from .witness import Witness

SPEED = 10
ALWAYS = {"omit_conditions": 0.2, "unknown_conditions": 0.1, "unknown_exchanges": 0.1}
"""Oddities of single prints, which stream and REST tell alike from the start to the end."""


@dataclass
class Following:
    """The processes of a test, and who watches them."""

    desk: Product
    process: Process
    sim: Simulator
    stream_url: str
    witness: Witness
    data_dir: Path

    async def counters(self) -> dict[str, int]:
        found: dict[str, int] = (await self.desk.session())["counters"]
        return found

    async def choose_span(self, span: int | str) -> None:
        """Follow more strikes, or fewer; those that enter are asked of REST."""
        async with self.desk.http.post(f"{self.desk.url}/api/window", json={"span": span}) as reply:
            assert reply.status == 200

    async def post(self, path: str, **body: Any) -> int:
        async with self.desk.http.post(self.desk.url + path, json=body) as reply:
            return reply.status

    async def market_moves(self, seconds: int, until: Until) -> None:
        """Wait until so much market time has passed."""
        end_ns = await self.sim.market_ns() + seconds * SECOND_NS

        async def moved() -> bool:
            return await self.sim.market_ns() > end_ns

        await until(moved, 60)

    async def nothing_is_lost_nor_twice(self, until: Until) -> set[str]:
        """All is well again, and what was counted is what happened; the states seen till then."""
        await self.sim.set_speed(SPEED)
        await until(lambda: self.witness.says("ok"), 90)
        await self.market_moves(5, until)
        seen = set(self.witness.states)
        await self.sim.set_speed(0)
        await until(lambda: agreed(self.desk, self.sim), 90)
        return seen
