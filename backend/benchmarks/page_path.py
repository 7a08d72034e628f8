"""The page in the system's Chromium: first paint, frames and heap while the whole chain moves.

The product itself serves it, replaying the benches' day of 302 contracts with a span of ``all``.
Frame times come from Chromium's own tracing, at ten times the market's pace, so that most of the
chain changes with every update. For the heap half an hour is pressed into a fifth of
it: 50 updates a second at five times the market's pace, so that as many updates pass and as much
market time as in 30 minutes of 10 a second.
"""

import contextlib
import gzip
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import simulated_day

FRONTEND = Path(__file__).parents[2] / "frontend"
BUILT = FRONTEND / "dist" / "spymaster" / "browser"

LOADS = 5
FRAMES_S = 60
HEAP_S = 360
HEAP_POINTS = 31
FRAME_MS = 1000 / 60
MOST_PAINT_MS = 1000
MOST_KB = 250
MOST_GROWTH_MB = 1.0
"""Growth of the heap in the half hour from which on it counts as growth."""

type Reading = tuple[str, str, str]


def readings(folder: Path) -> list[Reading]:
    """Size, first paint, frame times and heap; why not, where they cannot be measured."""
    if not (BUILT / "index.html").exists():
        return [("page", "not measured: make build", "")]
    try:
        seen = _in_browser(folder)
    except subprocess.CalledProcessError as exc:  # all else that was measured is worth a table
        reason = (exc.stderr.strip().splitlines() or [str(exc)])[-1]
        seen = [("page, in a browser", f"not measured: {reason}", "")]
    return [_size(), *seen]


def _in_browser(folder: Path) -> list[Reading]:
    with _serving(folder, interval_ms=100, speed=10) as url:
        # Prints that come move the tape's rows, which is no fault of the load: the market stands.
        _control(url, "pause")
        paint = _measured("paint", url, LOADS)
        _control(url, "play")
        frames = _measured("frames", url, FRAMES_S)
    with _serving(folder, interval_ms=20, speed=5) as url:
        heap = _measured("heap", url, HEAP_S, HEAP_POINTS)
    return [*_paint(paint), *_frames(frames), *_heap(heap)]


def _size() -> Reading:
    """Scripts and styles that the page needs before anything is asked of it, and itself."""
    index = BUILT / "index.html"
    needed = {index}
    waiting = [index]
    while waiting:
        text = waiting.pop().read_text()
        # Not `import("…")`: those come later, or never.
        found = re.findall(r'(?:src=|href=|from ?|import ?)"(?:\./)?([\w.-]+\.(?:js|css))"', text)
        fresh = {BUILT / name for name in found} - needed
        needed |= fresh
        waiting += [path for path in fresh if path.suffix == ".js"]
    kilobytes = sum(len(gzip.compress(path.read_bytes(), 9)) for path in needed) / 1000
    return _judged(
        f"page: first bundle, gzip, {len(needed)} files",
        f"{kilobytes:.0f} kB",
        f"< {MOST_KB} kB",
        kilobytes < MOST_KB,
    )


def _paint(found: dict[str, list[float]]) -> list[Reading]:
    first = statistics.median(found["paints"])
    shift = max(found["shifts"])
    return [
        _judged(
            f"page: first contentful paint, median of {LOADS} with an empty cache",
            f"{first:.0f} ms",
            f"< {MOST_PAINT_MS} ms",
            first < MOST_PAINT_MS,
        ),
        _judged("page: layout shift of a load, worst", f"{shift:.3f}", "0", shift < 0.0005),
    ]


def _frames(found: dict[str, Any]) -> list[Reading]:
    intervals = found["intervals"]
    p95 = _quantile(intervals, 0.95)
    late = sum(interval > 1.5 * FRAME_MS for interval in intervals) / len(intervals)
    told = f"{found['updates'] / FRAMES_S:.1f} updates/s of {found['contracts']:.0f} contracts"
    return [
        _judged(
            f"page: time between frames, p95 of {FRAMES_S} s at {told}",
            f"{p95:.1f} ms",
            f"{FRAME_MS:.1f} ms (60 a second)",
            round(p95 / FRAME_MS) <= 1,
        ),
        (
            "page: the same, p50, p99, longest",
            ", ".join(
                f"{value:.1f}"
                for value in (*(_quantile(intervals, at) for at in (0.5, 0.99)), max(intervals))
            )
            + " ms",
            "",
        ),
        (
            "page: frames a second, and those over a frame late",
            f"{1000 / statistics.mean(intervals):.1f}, {late:.1%}",
            "",
        ),
    ]


def _heap(found: list[dict[str, int]]) -> list[Reading]:
    sizes = [point["usedSize"] / 1e6 for point in found]
    third = len(sizes) // 3
    # What streamed is held for ten market minutes, a third, and then let go: its lows are compared.
    lows = [min(sizes[first : first + third + 1]) for first in (0, third, 2 * third)]
    # What a page fills once (tape, code, charts) is full after the first one.
    growth = 3 * (lows[2] - lows[1])
    updates = found[-1]["updates"]
    return [
        (
            f"page: heap after collection, lowest in each third of {updates:,} updates; highest",
            ", ".join(f"{size:.1f}" for size in (*lows, max(sizes))) + " MB",
            "",
        ),
        _judged(
            "page: its growth in 30 market minutes, from the second third to the last",
            f"{growth:+.2f} MB",
            f"< {MOST_GROWTH_MB:.0f} MB",
            growth < MOST_GROWTH_MB,
        ),
        (
            "page: DOM nodes at the first third and at the end",
            f"{found[len(found) // 3]['nodes']:,} and {found[-1]['nodes']:,}",
            "",
        ),
    ]


def _quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def _judged(name: str, value: str, target: str, met: bool) -> Reading:
    return name, value, f"{target}: {'met' if met else 'not met'}"


def _measured(kind: str, url: str, *numbers: int) -> Any:
    done = subprocess.run(
        ["node", "tools/measure-page.mjs", kind, url, *map(str, numbers)],
        cwd=FRONTEND,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


@contextlib.contextmanager
def _serving(folder: Path, *, interval_ms: int, speed: float) -> Iterator[str]:
    """The product, replaying the day's morning; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    chosen = {
        "DATA_DIR": str(folder),
        "UNDERLYING": "SPY",
        "REPLAY_DATE": simulated_day.DATE.isoformat(),
        "REPLAY_SPEED": str(speed),
        "STRIKE_SPAN": "all",
        "BROADCAST_INTERVAL_MS": str(interval_ms),
    }
    command = [str(Path(sys.executable).parent / "spymaster"), "serve", "--mode", "replay"]
    server = subprocess.Popen(
        [*command, "--port", str(port)],
        env=os.environ | chosen,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        _wait_for(url, server)
        yield url
    finally:
        server.terminate()
        server.wait()


def _control(url: str, action: str) -> None:
    request = urllib.request.Request(
        f"{url}api/replay",
        data=json.dumps({"action": action}).encode(),
        headers={"content-type": "application/json"},
    )
    urllib.request.urlopen(request).close()


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until there is a page to show: before the first prints no row is at the money."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            with urllib.request.urlopen(f"{url}api/session", timeout=5) as answer:
                at_the_money = json.load(answer)["atm"]
            if at_the_money is not None:
                return
        time.sleep(0.2)  # another process's start: there is nothing to wait on
    raise RuntimeError("the product did not start")


if __name__ == "__main__":
    for reading in readings(simulated_day.folder()):
        print(*reading, sep=" | ")
