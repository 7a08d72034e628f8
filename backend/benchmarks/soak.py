"""Sessions one after the other at many times their speed: does anything grow that should not?

    uv run python benchmarks/soak.py --sessions 3 --speed 50 --minutes 60

The product follows its own simulator in this process, rolls over at each midnight of a clock that
is moved, and serves pages that take every frame. A table tells what it holds. Memory grows with the
prints of a day; at the same moment of each session it should be the same. What is in use tells a
leak from memory that the allocators keep for later.
"""

import argparse
import asyncio
import contextlib
import ctypes
import datetime as dt
import tempfile
import threading
from pathlib import Path

from spymaster.core.clock import SystemClock
from spymaster.core.event_log import EventLog
from spymaster.core.sessions import Session, default_calendar, eastern, eastern_ns
from spymaster.gateway.socket_broadcaster import SocketBroadcaster
from spymaster.loop_watch import LoopWatch
from spymaster.product import Product
from spymaster.settings import load_settings
from spymaster.storage.places import coverage_file

FIRST = dt.date(2025, 12, 15)
PAGES = 10
ROWS = 6
"""Rows of the table for each session."""
KEPT_S = 3.0
"""After a day has gone into the cache: what keeping it took has been given back."""
COLUMNS = (
    "session",
    "market",
    "state",
    "MB",
    "in use",
    "files",
    "tasks",
    "threads",
    "prints",
    "stall ms",
)


class MovedClock(SystemClock):
    """The machine's clock, set to another time; it runs on from there."""

    shift_ns = 0

    def move_to(self, at_ns: int) -> None:
        self.shift_ns += at_ns - self.now_ns()

    def now_ns(self) -> int:
        return super().now_ns() + self.shift_ns


async def soak(sessions: int, speed: float, minutes: int, data_dir: Path) -> None:
    """Follow so many sessions for their last so many minutes, and print the table."""
    clock, events, calendar = MovedClock(), EventLog(), default_calendar()
    session = calendar.session(FIRST)
    start = eastern(max(session.open_ns, session.close_ns - minutes * 60 * 10**9)).time()
    clock.move_to(eastern_ns(FIRST, dt.time(0, 1)))
    settings = load_settings(data_dir=data_dir, sim_speed=speed, sim_start=start, sim_seed=7)
    product, watch = Product(settings, clock, events), LoopWatch()
    broadcaster = SocketBroadcaster(product, clock, 0.25, events)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(part.run()) for part in (product, broadcaster, watch)]
        for _ in range(PAGES):
            broadcaster.attach(Page(broadcaster))
        print(" ".join(f"{name:>10}" for name in COLUMNS))
        for _ in range(sessions):
            await one_session(product, watch, session, start)
            async with asyncio.timeout(120):
                while not coverage_file(data_dir, session.date).exists():
                    await asyncio.sleep(0.1)
            await asyncio.sleep(KEPT_S)
            print_row(product, watch, "kept")
            session = calendar.following(session.date)
            clock.move_to(eastern_ns(session.date, dt.time(0, 1)))
            async with asyncio.timeout(60):
                while product.showing.engine.session.date != session.date:
                    await asyncio.sleep(0.1)
        for task in running:
            task.cancel()


class Page:
    """Takes every frame, as a client does."""

    def __init__(self, broadcaster: SocketBroadcaster) -> None:
        self._cursor = broadcaster.cursor()

    def look(self) -> None:
        """Take what is new."""
        self._cursor.take()


async def one_session(product: Product, watch: LoopWatch, session: Session, start: dt.time) -> None:
    begin_ns = session.at(start)
    step_ns = (session.end_ns - begin_ns) // ROWS
    for row in range(1, ROWS + 1):
        until_ns = begin_ns + row * step_ns
        while True:
            showing = product.showing
            state = showing.health.state(showing.engine.market_ns)
            if showing.engine.market_ns >= until_ns or state == "closed":
                break
            await asyncio.sleep(0.2)
        print_row(product, watch, state)


def print_row(product: Product, watch: LoopWatch, state: str) -> None:
    engine = product.showing.engine
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = int(status.split("VmRSS:")[1].split()[0])
    figures = (
        *(engine.session.date, f"{eastern(engine.market_ns):%H:%M:%S}", state),
        *(
            kilobytes // 1024,
            in_use_mb(),
            len(list(Path("/proc/self/fd").iterdir())),
            len(asyncio.all_tasks()),
        ),
        *(threading.active_count(), engine.flow.trades_counted),
        f"{watch.stalls.recent_quantile_ms(1.0, SystemClock().monotonic_s()) or 0:.0f}",
    )
    print(" ".join(f"{figure!s:>10}" for figure in figures), flush=True)


class _MallInfo(ctypes.Structure):
    """What glibc tells of itself, bytes."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks"),
            *("fordblks", "keepcost"),
        )
    )


def in_use_mb() -> int | str:
    """What malloc has handed out and not got back; the rest of the memory may be mere reserve."""
    ask = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if ask is None:
        return "-"
    ask.restype = _MallInfo
    told = ask()
    return (told.uordblks + told.hblkhd) // 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=3)
    parser.add_argument("--speed", type=float, default=50.0)
    parser.add_argument("--minutes", type=int, default=390, help="of each session, up to its end")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(KeyboardInterrupt):
        asyncio.run(soak(given.sessions, given.speed, given.minutes, Path(folder)))


if __name__ == "__main__":
    main()
