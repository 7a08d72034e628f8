import asyncio
import os
import re
import signal
import socket
import sys
from pathlib import Path

import aiohttp

READY = re.compile(
    r"Simulator ready: REST (http://127\.0\.0\.1:\d+), stream (ws://127\.0\.0\.1:\d+/options), "
    r"truth (http://127\.0\.0\.1:\d+)\n"
)


async def start(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "spymaster.simulator", "--date", "2025-12-16", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def ready(process: asyncio.subprocess.Process) -> tuple[str, ...]:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 60)
    found = READY.fullmatch(line.decode())
    assert found, line
    return found.groups()


async def test_it_says_where_it_is_and_ends_on_sigterm() -> None:
    process = await start("--port", "0", "--start", "11:00:00", "--fault", "missing_greeks=1")
    rest, _, truth = await ready(process)
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{truth}/clock") as answer:
            clock = await answer.json()
        async with session.get(f"{rest}/v1/marketstatus/now?apiKey=x") as answer:
            status = await answer.json()
    assert clock["date"] == "2025-12-16"
    assert status["serverTime"].startswith("2025-12-16T11:00")
    process.send_signal(signal.SIGTERM)
    _, complaints = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, complaints) == (0, b"")


async def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = await start("--port", str(taken.getsockname()[1]))
        _, complaint = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert complaint.decode().count("\n") == 1
    assert "in use" in complaint.decode()


async def test_a_day_without_trading_is_one_clear_line() -> None:
    process = await start("--port", "0", "--date", "2025-12-25")
    _, complaint = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert complaint.decode().startswith("2025-12-25 is no trading day")


async def test_a_seed_below_0_is_one_clear_line() -> None:
    process = await start("--port", "0", "--seed", "-1")
    _, complaint = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert complaint.decode() == "--seed -1 is below 0; give a whole number from 0\n"


async def test_it_ends_with_its_parent() -> None:
    program = (
        "import subprocess, sys; child = subprocess.Popen([sys.executable, '-m', "
        "'spymaster.simulator', '--date', '2025-12-16', '--port', '0', '--exit-with-parent'], "
        "stdout=subprocess.PIPE); print(child.pid, child.stdout.readline(), flush=True); "
        "sys.stdin.read()"
    )
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert parent.stdout is not None
    line = await asyncio.wait_for(parent.stdout.readline(), 60)
    assert b"Simulator ready" in line
    child = int(line.split()[0])
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(20):
        while _alive(child):  # noqa: ASYNC110 - a stranger's process gives no event
            await asyncio.sleep(0.02)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return not _is_zombie(process)


def _is_zombie(process: int) -> bool:
    """An orphan that nobody reaps (in some containers) has ended all the same."""
    try:
        return Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return False
