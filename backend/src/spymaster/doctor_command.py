"""``spymaster doctor``: what stands in the way of a good day, and what to do about each."""

import asyncio
import os
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import SecretStr
from rich.console import Console
from rich.markup import escape

from spymaster.core.clock import Clock, SystemClock
from spymaster.core.contracts import ContractTable
from spymaster.core.errors import SpymasterError, VendorError
from spymaster.core.ports import StreamConnected, StreamLost, StreamRefused, SubscriptionRefused
from spymaster.core.sessions import Session, default_calendar
from spymaster.core.snapshots import ChainSnapshot
from spymaster.day_sources import s3_mirror
from spymaster.polygon.rest import RestClient
from spymaster.polygon.stream import StreamClient
from spymaster.settings import BACKEND, Settings
from spymaster.simulator.process import SimulatorProcess
from spymaster.storage.day_files import cached_dates
from spymaster.storage.object_store import MirrorError

PAGE = BACKEND.parent / "frontend" / "dist" / "spymaster" / "browser" / "index.html"
ANSWER_S = 12.0
REFUSAL_S = 2.0
"""A refused channel is told so soon after it was asked for."""
CLOCK_WARN_S, CLOCK_BAD_S = 2.0, 30.0
DISK_WARN_GB, DISK_BAD_GB = 10.0, 1.0
SLOW_SYNC_MS = 50.0
SHORT_TOKEN = 16
_MARKS = {"ok": "[green]ok  [/]", "warn": "[yellow]warn[/]", "bad": "[red]bad [/]"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: Literal["ok", "warn", "bad"]
    about: str
    words: str
    cure: str = ""


async def examine(settings: Settings, port: int, console: Console) -> bool:
    """Print what is found as it is found; whether nothing is bad."""
    healthy = True
    async for finding in findings(settings, port):
        healthy &= finding.level != "bad"
        line = f"{_MARKS[finding.level]} {finding.about}: {escape(finding.words)}"
        console.print(line, highlight=False)
        if finding.cure:
            console.print(f"     {escape(finding.cure)}", style="bold", highlight=False)
    return healthy


async def findings(settings: Settings, port: int) -> AsyncIterator[Finding]:
    """Look at everything, the quick things first."""
    for finding in (*_machine(settings, port), *_disk(settings.data_dir), *_access(settings)):
        yield finding
    async for finding in _s3(settings):
        yield finding
    clock = SystemClock()
    date = settings.session_date
    calendar = default_calendar()
    session = calendar.session(date) if date else calendar.current(clock.now_ns())
    if settings.polygon_api_key is None:
        yield await _simulator(session, clock)
        return
    async for finding in _vendor(settings, settings.polygon_api_key, session, clock):
        yield finding


def _machine(settings: Settings, port: int) -> Iterator[Finding]:
    words = f"starts in {settings.mode} mode, {settings.underlying}"
    yield Finding("ok", "settings", words)
    if PAGE.is_file():
        yield Finding("ok", "page", "built")
    else:
        yield Finding("warn", "page", "not built", "run `make build`")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as exc:
            cure = "end what uses it, or serve with --port"
            yield Finding("bad", "port", f"{port} cannot be used ({exc.strerror})", cure)
        else:
            yield Finding("ok", "port", f"{port} is free")


def _disk(data_dir: Path) -> Iterator[Finding]:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        slowest_ms = max(_sync_ms(data_dir) for _ in range(3))
    except OSError as exc:
        cure = "make the folder writable, or set DATA_DIR"
        yield Finding("bad", "disk", f"{data_dir} cannot be written ({exc.strerror})", cure)
        return
    free_gb = shutil.disk_usage(data_dir).free / 1e9
    level: Literal["ok", "warn", "bad"] = "ok"
    if free_gb < DISK_WARN_GB:
        level = "bad" if free_gb < DISK_BAD_GB else "warn"
    cure = "" if level == "ok" else "free some, set RETENTION_DAYS, or set DATA_DIR to another disk"
    yield Finding(level, "disk", f"{free_gb:.1f} GB free under {data_dir}", cure)
    if slowest_ms > SLOW_SYNC_MS:
        words = f"takes {slowest_ms:.0f} ms to make a write durable"
        yield Finding("warn", "disk", words, "recording lags behind; a local disk is faster")
    days = cached_dates(data_dir)
    yield Finding("ok", "cache", f"{len(days)} days stored; `spymaster cache verify` checks them")


def _sync_ms(folder: Path) -> float:
    start_s = time.perf_counter()
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"x" * 65_536)
        file.flush()
        os.fsync(file.fileno())
    return (time.perf_counter() - start_s) * 1000


def _access(settings: Settings) -> Iterator[Finding]:
    token = settings.access_token.get_secret_value() if settings.access_token else ""
    if not token:
        yield Finding("ok", "access", "only this machine is served: ACCESS_TOKEN is not set")
    elif len(token) < SHORT_TOKEN:
        words = f"ACCESS_TOKEN has {len(token)} characters"
        yield Finding("warn", "access", words, "take a longer one: `openssl rand -hex 24`")
    else:
        yield Finding("ok", "access", "other machines need ACCESS_TOKEN")


async def _s3(settings: Settings) -> AsyncIterator[Finding]:
    async with s3_mirror(settings) as mirror:
        if mirror is None:
            return
        try:
            await mirror.days()
        except MirrorError as exc:
            yield Finding("bad", "S3", str(exc), "check the four S3_* settings")
        else:
            yield Finding("ok", "S3", f"bucket {settings.s3_bucket} answers")


async def _simulator(session: Session, clock: Clock) -> Finding:
    process = SimulatorProcess(session, clock, seed=0, speed=1.0, start=None)
    start_s = clock.monotonic_s()
    try:
        await process.start()
    except SpymasterError as exc:
        return Finding("bad", "simulator", str(exc), "reinstall: `make clean setup`")
    finally:
        await process.stop()
    words = f"starts in {clock.monotonic_s() - start_s:.0f} s; it is used without POLYGON_API_KEY"
    return Finding("ok", "simulator", words)


async def _vendor(
    settings: Settings, key: SecretStr, session: Session, clock: Clock
) -> AsyncIterator[Finding]:
    async with RestClient(settings.polygon_rest_url, key, clock) as rest:
        try:
            chain = await rest.chain(settings.underlying, session.date.isoformat())
        except VendorError as exc:
            cure = "check POLYGON_API_KEY, POLYGON_REST_URL and the plan (Options Advanced)"
            yield Finding("bad", "REST", str(exc), cure)
            return
        for finding in (*_chain(chain, session), *_clock(rest.clock_ahead_s)):
            yield finding
    ticker = chain.tickers[0] if chain.tickers else None
    async for finding in _stream(settings, key, session, clock, ticker):
        yield finding


def _chain(chain: ChainSnapshot, session: Session) -> Iterator[Finding]:
    if not chain.tickers:
        cure = "set UNDERLYING to one with options that expire that day"
        yield Finding("bad", "REST", f"no contracts expire on {session.date}", cure)
        return
    yield Finding("ok", "REST", f"{len(chain.tickers)} contracts expire on {session.date}")
    if np.isnan(chain.ask).all():
        cure = "sides are guesses without quotes: take a plan that has them (Options Advanced)"
        yield Finding("warn", "quotes", "the plan's chain has none", cure)
    if chain.underlying_price is None:
        yield Finding("ok", "spot", "the plan has no price of the underlying; parity gives it")
    else:
        yield Finding("ok", "spot", f"the chain tells it ({chain.underlying_timeframe})")


def _clock(ahead_s: float | None) -> Iterator[Finding]:
    if ahead_s is None:
        return
    off = abs(ahead_s)
    words = f"within {max(off, 1):.0f} s of the vendor's"
    cure = "turn on time synchronisation (NTP)"
    if off > CLOCK_WARN_S:
        words = f"{off:.0f} s {'ahead of' if ahead_s > 0 else 'behind'} the vendor's"
        yield Finding("bad" if off > CLOCK_BAD_S else "warn", "clock", words, cure)
    else:
        yield Finding("ok", "clock", words)


async def _stream(
    settings: Settings, key: SecretStr, session: Session, clock: Clock, ticker: str | None
) -> AsyncIterator[Finding]:
    table = ContractTable(settings.underlying, session.date)
    client = StreamClient(settings.polygon_ws_url, key, table, clock)
    if ticker:
        await client.subscribe([ticker], [ticker])
    connected = False
    cure = "check POLYGON_WS_URL, the network, and that no other client uses the key"
    try:
        async with asyncio.timeout(ANSWER_S) as limit, aclosing(client.events()) as events:
            async for event in events:
                match event:
                    case StreamConnected():
                        connected = True
                        yield Finding("ok", "stream", "connected; the key is taken")
                        limit.reschedule(asyncio.get_running_loop().time() + REFUSAL_S)
                    case StreamLost(reason) | StreamRefused(reason):
                        yield Finding("bad", "stream", reason, cure)
                        return
                    case SubscriptionRefused(reason):
                        words = f"a channel is refused: {reason}"
                        yield Finding("warn", "stream", words, "the plan lacks it; see the pricing")
    except TimeoutError:
        if not connected:
            yield Finding("bad", "stream", f"no answer in {ANSWER_S:.0f} s", cure)
