"""The simulator as a child process: started, watched, started again, and ended with its parent."""

import asyncio
import contextlib
import datetime as dt
import logging
import re
import sys
from dataclasses import dataclass

import aiohttp
import msgspec

from spymaster.core.clock import Clock
from spymaster.core.errors import SpymasterError
from spymaster.core.sessions import Session, eastern

logger = logging.getLogger(__name__)

READY_S = 60.0
"""The first start compiles the model's kernels."""
_READY = re.compile(r"REST (?P<rest>\S+), stream (?P<stream>\S+), truth (?P<truth>\S+)")
_PORT = re.compile(r":(\d+)")
_OPEN_LATER = dt.time(10, 0)


class _ClockReply(msgspec.Struct):
    market_ns: int
    wall_ns: int


@dataclass(slots=True)
class SimulatedClock:
    """Market time of a simulation that runs at a speed; monotonic time is the machine's."""

    wall: Clock
    market_ns: int
    wall_ns: int
    speed: float

    def set(self, market_ns: int, wall_ns: int) -> None:
        """Go by what the simulator tells: its market time at a wall time."""
        self.market_ns, self.wall_ns = market_ns, wall_ns

    def now_ns(self) -> int:
        """Market time, UNIX ns."""
        return self.market_ns + round((self.wall.now_ns() - self.wall_ns) * self.speed)

    def monotonic_s(self) -> float:
        """Seconds of the machine."""
        return self.wall.monotonic_s()


class SimulatorProcess:
    """One simulated session on free ports of this machine."""

    def __init__(
        self, session: Session, clock: Clock, *, seed: int, speed: float, start: dt.time | None
    ) -> None:
        self._session = session
        self._seed = seed
        now_ns = clock.now_ns()
        start_ns = session.at(start or _OPEN_LATER)
        if start is None and session.open_ns <= now_ns < session.close_ns:
            start_ns = now_ns
        self.clock = SimulatedClock(clock, start_ns, now_ns, speed)
        """Market time; it goes on while the process is started again."""
        self._process: asyncio.subprocess.Process | None = None
        self._ports = (0, 0)
        self.rest_url = ""
        self.ws_url = ""

    async def start(self) -> None:
        """Start it and wait until it serves.

        Raises:
            SpymasterError: It did not come up; the message says what it printed last.
        """
        await self._spawn()

    async def watch(self) -> None:
        """Start it again, at the market time by then, whenever it ends; until cancelled."""
        while True:
            assert self._process is not None
            assert self._process.stdout is not None
            async for line in self._process.stdout:  # read, or a full pipe would stop it
                logger.warning("simulator: %s", line.decode(errors="replace").rstrip())
            code = await self._process.wait()
            if self.clock.now_ns() > self._session.end_ns:
                return
            logger.warning("The simulator ended with code %d and is started again", code)
            await asyncio.sleep(1)
            with contextlib.suppress(SpymasterError):
                await self._spawn()

    async def stop(self) -> None:
        """End it."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 3)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _spawn(self) -> None:
        port, truth_port = self._ports
        # Its own session: Ctrl-C reaches the product alone, which then ends it in order.
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "spymaster.simulator", "--exit-with-parent"),
            *("--date", self._session.date.isoformat(), "--seed", str(self._seed)),
            *("--speed", str(self.clock.speed), "--port", str(port)),
            *("--truth-port", str(truth_port)),
            *("--start", eastern(self.clock.now_ns()).strftime("%H:%M:%S")),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            await self._follow()
        except BaseException:
            # The next try wants its ports.
            await self.stop()
            raise

    async def _follow(self) -> None:
        """Learn from the process where it serves, and its time."""
        line = await self._ready_line()
        logger.info("%s", line)
        found = _READY.search(line)
        assert found is not None
        self.rest_url, self.ws_url = found["rest"], found["stream"]
        self._ports = _port_of(found["rest"]), _port_of(found["truth"])
        await self._read_clock(found["truth"])

    async def _read_clock(self, truth_url: str) -> None:
        try:
            async with aiohttp.ClientSession() as http, http.get(f"{truth_url}/clock") as answer:
                clock = msgspec.json.decode(await answer.read(), type=_ClockReply)
        except (aiohttp.ClientError, OSError) as exc:
            raise SpymasterError(f"the simulator does not tell its time ({exc})") from exc
        self.clock.set(clock.market_ns, clock.wall_ns)

    async def _ready_line(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        last = ""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_S):
                while line := (await self._process.stdout.readline()).decode(errors="replace"):
                    last = line.strip() or last
                    if _READY.search(last):
                        return last
        raise SpymasterError(f"the simulator did not come up: {last or 'it printed nothing'}")


def _port_of(url: str) -> int:
    found = _PORT.search(url.partition("://")[2])
    return int(found[1]) if found else 0
