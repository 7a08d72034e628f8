"""``/api/bars``, ``/api/tape`` and ``/api/prints``: flow, and the prints that it is made of.

All three tell the same prints: those that REST brought are among them, cancels are not. A print
that a cancel took back is in no bar and not behind one; the tape shows it, tagged ``cancelled``.
``at`` is a market time: prints and bars from it on are left out, the others are told as they are
known now. An answer for the same state and question is encoded once. ``/api/usual`` tells what
such days are like.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Final, Literal

import msgspec
from fastapi import FastAPI, Query, Response
from starlette.exceptions import HTTPException

from spymaster.core.batches import PRICE_SCALE
from spymaster.core.sessions import Session
from spymaster.engine.bars import SECOND_NS
from spymaster.engine.columns import Flag, Rule, Tag
from spymaster.engine.flow_engine import FlowEngine
from spymaster.engine.measures import MEASURES
from spymaster.engine.selection import ANY, CANCELS, NOT_COUNTED, Selection
from spymaster.gateway import bar_views, flow_parts, print_views, views
from spymaster.gateway.bar_views import BarsQuestion
from spymaster.gateway.desk import Desk, Showing
from spymaster.gateway.flow_parts import Part
from spymaster.gateway.moments import time_of_day
from spymaster.gateway.print_search import search
from spymaster.gateway.replies import answers, errors
from spymaster.gateway.wire_flow import (
    BarsReply,
    Interval,
    Legs,
    PrintsReply,
    TapeReply,
    UsualReply,
)

_MS: Final = 1_000_000
_MAX_ROWS: Final = 10_000
_KEPT_ANSWERS: Final = 16
_MAX_MS: Final = 2**63 // _MS - 1
_LAST_SECOND: Final = 2**63 // SECOND_NS - 1
_SIDES: Final = {"buy": 1, "1": 1, "sell": -1, "-1": -1, "none": 0, "0": 0}
_ALL: Final = "all"
_TAGS: Final = {tag.name.lower(): int(tag) for tag in Tag if tag.name}
_FLAGS: Final = {views.CANCELLED: Flag.TAKEN_BACK, "refilled": Flag.REFILLED}

type Right = Literal["C", "P"]
type Ms = Annotated[int, Query(ge=0, le=_MAX_MS)]
type At = Annotated[str | None, Query(description="HH:MM:SS Eastern; blank or later: now")]
type RightQuery = Annotated[Right | None, Query(alias="type")]
type StrikeQuery = Annotated[float | None, Query(ge=0, le=1e6, allow_inf_nan=False)]
type LimitQuery = Annotated[int, Query(ge=1, le=_MAX_ROWS)]


class _Answers:
    """Encoded answers about the newest state; who asks the same meanwhile shares the work."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._state: tuple[Showing, int] | None = None
        self._running: dict[object, asyncio.Task[bytes]] = {}
        self._builders = asyncio.Semaphore(2)

    async def get(self, question: object, make: Callable[[Showing], Awaitable[bytes]]) -> Response:
        await self._desk.ready()
        showing = self._desk.showing
        state = showing, showing.engine.flow.version
        if state != self._state or len(self._running) >= _KEPT_ANSWERS:
            self._state = state
            self._running = {}
        task = self._running.get(question)
        if task is None:
            task = asyncio.create_task(self._made(showing, make))
            self._running[question] = task
        return Response(await asyncio.shield(task), media_type="application/json")

    async def _made(self, showing: Showing, make: Callable[[Showing], Awaitable[bytes]]) -> bytes:
        async with self._builders:
            return await make(showing)


def add_flow_routes(app: FastAPI, desk: Desk) -> None:
    """Put the routes of flow on an application."""
    kept = _Answers(desk)
    _add_bars(app, desk, kept)
    _add_tape(app, desk, kept)
    _add_prints(app, desk, kept)
    _add_usual(app, desk)


def _add_bars(app: FastAPI, desk: Desk, kept: _Answers) -> None:
    @app.get(
        "/api/bars",
        tags=["flow"],
        summary="Flow of the day by interval",
        responses=answers(BarsReply) | errors(409, 422),
    )
    async def bars(
        interval: Interval = "1m",
        right: RightQuery = None,
        legs: Legs | None = None,
        strike: StrikeQuery = None,
        ticker: str | None = None,
        since: Ms = 0,
        at: At = None,
        measures: str = ",".join(bar_views.USUAL_MEASURES),
        signals: bool = False,
    ) -> Response:
        question = BarsQuestion(
            interval,
            _part(desk.showing.engine, right, legs, strike, ticker),
            _measures(measures),
            since * _MS,
            _until(desk.showing.engine.session, at),
            signals,
        )

        async def make(showing: Showing) -> bytes:
            held = await bar_views.hold(desk, showing, question)
            return await asyncio.to_thread(bar_views.encoded_bars, held, question)

        return await kept.get(question, make)


def _add_tape(app: FastAPI, desk: Desk, kept: _Answers) -> None:
    @app.get(
        "/api/tape",
        tags=["flow"],
        summary="Prints that pass a filter, newest first",
        responses=answers(TapeReply) | errors(409, 422),
    )
    async def tape(
        limit: LimitQuery = 200,
        before: int | None = None,
        skip: Annotated[
            int, Query(ge=0, le=2**31 - 1, description="Leave out the newest so many")
        ] = 0,
        min_premium: Annotated[float, Query(ge=0, le=1e12, allow_inf_nan=False)] = 0,
        min_size: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
        side: Literal["buy", "sell", "none", "1", "-1", "0"] | None = None,
        right: RightQuery = None,
        strike: StrikeQuery = None,
        tag: str | None = None,
        rule: str | None = None,
        at: At = None,
    ) -> Response:
        engine = desk.showing.engine
        until_ns = _until(engine.session, at)
        choices = {
            "without": CANCELS,
            "min_premium": round(min_premium * PRICE_SCALE),
            "min_size": min_size,
            "side": ANY if side is None else _SIDES[side],
            "rule": _rule(rule),
            **_tag(tag),
            **({} if until_ns is None else {"until_ns": until_ns}),
        }
        part = Part(right, None, strike)

        async def make(showing: Showing) -> bytes:
            engine = showing.engine
            wanted = flow_parts.selection(engine, part, **choices)
            page = wanted if before is None else _only_before(wanted, engine, before)
            total = 0
            if page is not wanted:
                total = (await search(desk, showing, wanted, 1, newest=True)).total
            found = await search(desk, showing, page, limit, newest=True, skip=skip)
            market_ns = flow_parts.moment(engine, until_ns)
            return await asyncio.to_thread(
                print_views.encoded_tape, engine, found, market_ns, total or found.total
            )

        return await kept.get(("tape", part, limit, before, skip, tuple(choices.items())), make)


def _add_prints(app: FastAPI, desk: Desk, kept: _Answers) -> None:
    @app.get(
        "/api/prints",
        tags=["flow"],
        summary="The prints behind an aggregate, and their sums",
        responses=answers(PrintsReply) | errors(409, 422),
    )
    async def prints(
        since: Annotated[int | None, Query(alias="from", ge=0, le=_MAX_MS)] = None,
        until: Annotated[int | None, Query(alias="to", ge=0, le=_MAX_MS)] = None,
        right: RightQuery = None,
        legs: Legs | None = None,
        strike: StrikeQuery = None,
        ticker: str | None = None,
        limit: LimitQuery = 500,
        at: At = None,
    ) -> Response:
        session = desk.showing.engine.session
        part = _part(desk.showing.engine, right, legs, strike, ticker)
        at_ns = _until(session, at)
        from_ns = 0 if since is None else since * _MS // SECOND_NS * SECOND_NS
        until_ns = _MAX_MS if until is None else until
        until_ns = min(-(-until_ns * _MS // SECOND_NS), _LAST_SECOND) * SECOND_NS
        if at_ns is not None:
            until_ns = min(until_ns, at_ns)

        async def make(showing: Showing) -> bytes:
            engine = showing.engine
            begun_ns = session.open_ns + engine.flow.seconds * SECOND_NS
            wanted = flow_parts.selection(
                engine,
                part,
                without=NOT_COUNTED,
                from_ns=from_ns,
                until_ns=min(until_ns, begun_ns),
            )
            found = await search(desk, showing, wanted, limit, newest=False)
            # Nothing is awaited in between: rows and sums are of one moment.
            behind = print_views.behind(engine, part, found, wanted)
            market_ns = flow_parts.moment(engine, at_ns)
            return await asyncio.to_thread(
                print_views.encoded_prints, engine, found, market_ns, behind
            )

        return await kept.get(("prints", part, limit, from_ns, until_ns), make)


def _add_usual(app: FastAPI, desk: Desk) -> None:
    @app.get(
        "/api/usual",
        tags=["flow"],
        summary="What earlier sessions tell of a day",
        responses=answers(UsualReply),
    )
    async def usual() -> Response:
        told = await asyncio.to_thread(bar_views.usual_reply, desk.showing)
        return Response(msgspec.json.encode(told), media_type="application/json")


def _part(
    engine: FlowEngine,
    right: Right | None,
    legs: Legs | None,
    strike: float | None,
    ticker: str | None,
) -> Part:
    number = None
    if ticker is not None:
        number = engine.table.find(ticker)
        if number is None:
            raise _unprocessable(
                f"ticker: {ticker[:40]!r} is no contract of this day; GET /api/contracts lists them"
            )
    return Part(right, legs, strike, number)


def _measures(text: str) -> tuple[str, ...]:
    names = MEASURES if text.strip() == _ALL else tuple(part.strip() for part in text.split(","))
    for name in names:
        if name not in MEASURES:
            raise _unprocessable(
                f"measures: {name[:40]!r} is none of {', '.join(MEASURES)}; or send {_ALL}"
            )
    return tuple(dict.fromkeys(names))


def _rule(text: str | None) -> int:
    if text is None:
        return ANY
    try:
        return int(Rule[text.upper()])
    except KeyError as exc:
        names = ", ".join(rule.name for rule in Rule)
        raise _unprocessable(f"rule: {text[:40]!r} is none of {names}") from exc


def _tag(text: str | None) -> dict[str, int]:
    """A tag of the rows, or what became of a print."""
    if text is None:
        return {}
    name = text.lower()
    if name in _FLAGS:
        return {"with_flags": int(_FLAGS[name])}
    if name in _TAGS:
        return {"tags": _TAGS[name]}
    raise _unprocessable(f"tag: {text[:40]!r} is none of {', '.join([*_TAGS, *_FLAGS])}")


def _only_before(wanted: Selection, engine: FlowEngine, place: int) -> Selection:
    prints = engine.flow.prints
    if not 0 <= place < len(prints):
        raise _unprocessable(f"before: no print has the id {place}; send one of the tape's")
    choices = wanted.choices._replace(before_ns=int(prints[place]["ts"]), before=place)
    return Selection(wanted.contracts, choices)


def _until(session: Session, at: str | None) -> int | None:
    """The market time (ns) that an Eastern time of the session's day names; None for now."""
    return time_of_day(session, "at", at) if at else None


def _unprocessable(detail: str) -> HTTPException:
    return HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
