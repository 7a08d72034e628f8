"""Routes of the chain's analytics: exposure, its path, smile and heatmap.

Many clients ask for the same once a second. An answer is computed once for each market second and
set of parameters, in one worker thread, so that the event loop goes on.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Final

import msgspec
from fastapi import FastAPI, Query, Response

from spymaster.core.sessions import Session
from spymaster.gateway.chain_view import MS, ChainView
from spymaster.gateway.desk import Desk, Showing
from spymaster.gateway.exposure_path import Assumption, ExposurePaths
from spymaster.gateway.exposure_views import exposure_path, exposure_reply
from spymaster.gateway.heatmap_view import heatmap_reply
from spymaster.gateway.moments import time_of_day
from spymaster.gateway.replies import answers, errors
from spymaster.gateway.smile_view import smile_reply
from spymaster.gateway.wire_chain import (
    Convention,
    ExposurePathReply,
    ExposureReply,
    HeatmapReply,
    Lens,
    SmileReply,
)

type Base = Annotated[
    float,
    Query(ge=-1, le=1, allow_inf_nan=False, description="Share of A that convention D starts with"),
]
type At = Annotated[str | None, Query(description="HH:MM:SS Eastern; without it, now")]
type Since = Annotated[str | None, Query(description="HH:MM:SS Eastern, or UNIX ms")]
type Make = Callable[[ChainView, ExposurePaths], msgspec.Struct]

MAX_ANSWERS: Final = 64
_SECOND_NS = 1_000_000_000


def add_chain_routes(app: FastAPI, desk: Desk) -> None:
    """Put the routes on an application."""
    analyst = ChainAnalyst(desk)
    _add_exposure(app, analyst)
    _add_smile(app, analyst)
    _add_heatmap(app, analyst)


def _add_exposure(app: FastAPI, analyst: "ChainAnalyst") -> None:
    @app.get(
        "/api/exposure",
        tags=["chain"],
        summary="Dealers' exposure by strike, totals, and levels of the chain",
        responses=answers(ExposureReply) | errors(422),
    )
    async def exposure(convention: Convention = "D", base: Base = 0.0, at: At = None) -> Response:
        assumed, at_ns = Assumption(convention, round(base, 2)), analyst.moment("at", at)
        return await analyst.answer(
            ("exposure", assumed, at_ns),
            at_ns,
            lambda view, paths: exposure_reply(view, assumed, paths.upto(view, assumed)),
        )

    @app.get(
        "/api/exposure/path",
        tags=["chain"],
        summary="Totals and levels every 30 s of the day",
        responses=answers(ExposurePathReply) | errors(422),
    )
    async def path(convention: Convention = "D", base: Base = 0.0, since: Since = None) -> Response:
        assumed, since_ns = (
            Assumption(convention, round(base, 2)),
            analyst.moment("since", since) or 0,
        )
        return await analyst.answer(
            ("path", assumed, since_ns),
            None,
            lambda view, paths: exposure_path(paths.upto(view, assumed), assumed, since_ns),
        )


def _add_smile(app: FastAPI, analyst: "ChainAnalyst") -> None:
    @app.get(
        "/api/smile",
        tags=["chain"],
        summary="Volatility by strike, and the greeks of both legs",
        responses=answers(SmileReply) | errors(422),
    )
    async def smile(at: At = None) -> Response:
        at_ns = analyst.moment("at", at)
        return await analyst.answer(("smile", at_ns), at_ns, lambda view, _: smile_reply(view))


def _add_heatmap(app: FastAPI, analyst: "ChainAnalyst") -> None:
    @app.get(
        "/api/heatmap",
        tags=["chain"],
        summary="Strike by time: delta flow, premium, GEX or CHEX",
        responses=answers(HeatmapReply) | errors(422),
    )
    async def heatmap(
        lens: Lens = "delta",
        interval: Annotated[int, Query(ge=1, le=60, description="Seconds a column")] = 10,
        convention: Convention = "D",
        base: Base = 0.0,
        since: Since = None,
        at: At = None,
    ) -> Response:
        assumed = Assumption(convention, round(base, 2))
        since_ns, at_ns = analyst.moment("since", since) or 0, analyst.moment("at", at)
        return await analyst.answer(
            (lens, assumed, interval, since_ns, at_ns),
            at_ns,
            lambda view, _: heatmap_reply(view, lens, assumed, interval, since_ns),
        )


class ChainAnalyst:
    """Answers from the session that is shown, each computed once for all who ask."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        # A single worker: paths are extended by one at a time, and the engine keeps a core.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="chain")
        self._showing: Showing | None = None
        self._moment = 0
        self._answers: dict[object, asyncio.Task[bytes]] = {}
        self._paths = ExposurePaths()

    def moment(self, name: str, text: str | None) -> int | None:
        """The UNIX ns that a parameter of the session shown names; None without one.

        Raises:
            SettingsError: It names none.
        """
        return None if text is None else instant(self._desk.showing.engine.session, name, text)

    async def answer(self, key: object, at_ns: int | None, make: Make) -> Response:
        """What the key asks for, of this market second.

        Args:
            key: Route and parameters; whoever asks for the same gets the same answer.
            at_ns: The moment asked for, UNIX ns; None for now.
            make: Makes the message; called in the worker thread.
        """
        await self._desk.ready()
        while True:
            showing = self._look()
            task = self._answers.get(key)
            if task is None:
                view = ChainView.of(showing.engine, at_ns)
                task = asyncio.create_task(self._compute(make, view, self._paths))
                self._answers[key] = task
            content = await asyncio.shield(task)
            # A leap in time during the work voids it.
            if self._desk.showing is showing:
                return Response(content, media_type="application/json")

    async def _compute(self, make: Make, view: ChainView, paths: ExposurePaths) -> bytes:
        def work() -> bytes:
            return msgspec.json.encode(make(view, paths))

        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    def _look(self) -> Showing:
        """What is shown now; answers and paths of something else, or of before, are dropped."""
        showing = self._desk.showing
        moment = _moment(showing)
        if showing is not self._showing:
            self._showing, self._paths, self._answers = showing, ExposurePaths(), {}
        if moment != self._moment or len(self._answers) >= MAX_ANSWERS:
            self._moment, self._answers = moment, {}
        return showing


def _moment(showing: Showing) -> int:
    """A number that changes when answers are due anew: each market second while time moves."""
    engine, replay = showing.engine, showing.replay
    inside = engine.session.open_ns <= engine.market_ns < engine.session.close_ns
    if inside and (replay is None or replay.playing):
        return engine.market_ns // _SECOND_NS
    return engine.flow.version


def instant(session: Session, name: str, text: str) -> int:
    """The UNIX ns of an Eastern time of the session's day, or of UNIX ms.

    Raises:
        SettingsError: The text is neither.
    """
    if text.isascii() and text.isdigit() and len(text) == len(str(session.open_ns // MS)):
        return int(text) * MS
    return time_of_day(session, name, text)
