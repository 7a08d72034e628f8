"""The HTTP API. Answers are encoded by msgspec from the same messages as the stream's."""

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from spymaster.core.errors import DayNotCachedError, SettingsError, SpymasterError
from spymaster.engine.strike_manager import MAX_SPAN
from spymaster.gateway import views
from spymaster.gateway.chain_routes import add_chain_routes
from spymaster.gateway.desk import Desk
from spymaster.gateway.fetch_routes import add_fetch_routes
from spymaster.gateway.flow_routes import add_flow_routes
from spymaster.gateway.metrics import ProductCollector, Stalls, registry
from spymaster.gateway.page import page_response
from spymaster.gateway.replies import answers, body, errors, reply, takes
from spymaster.gateway.security_headers import NONCE
from spymaster.gateway.socket_broadcaster import SocketBroadcaster
from spymaster.gateway.stream import serve_stream
from spymaster.gateway.wire import (
    ContractsReply,
    ErrorReply,
    EventsReply,
    ModeRequest,
    ReadyReply,
    ReplayRequest,
    RulesRequest,
    SessionReply,
    WindowRequest,
    json_schema,
)
from spymaster.gateway.wire_cache import CacheReply

_NOT_READY = {
    "connecting": "the feed is connecting",
    "reconnecting": "the feed is lost and tried again",
    "stale": "the feed is connected but silent",
    "refused": "the vendor refuses POLYGON_API_KEY",
    "empty": "there is nothing to replay",
}


def add_routes(
    app: FastAPI,
    desk: Desk,
    broadcaster: SocketBroadcaster,
    stalls: Stalls,
    page: Path,
    version: str,
) -> None:
    """Put every route of the product on an application."""
    _add_health(app, desk)
    _add_metrics(app, ProductCollector(desk, broadcaster, stalls))
    _add_session(app, desk, broadcaster)
    _add_replay(app, desk, broadcaster)
    add_fetch_routes(app, desk)
    add_flow_routes(app, desk)
    add_chain_routes(app, desk)
    _add_errors(app)
    app.openapi = lambda: _openapi(app, version)  # type: ignore[method-assign]

    @app.websocket("/ws/stream")
    async def stream(socket: WebSocket) -> None:
        await serve_stream(socket, broadcaster)

    @app.get("/{path:path}", include_in_schema=False)
    async def serve_page(request: Request, path: str) -> Response:
        return page_response(page, path, request.scope[NONCE])


def _add_health(app: FastAPI, desk: Desk) -> None:
    @app.get("/healthz", tags=["health"], summary="Whether the process is up")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get(
        "/readyz",
        tags=["health"],
        summary="Whether the feed is connected and fresh",
        responses=answers(ReadyReply) | answers(ReadyReply, HTTPStatus.SERVICE_UNAVAILABLE),
    )
    async def readyz() -> Response:
        reasons = not_ready(desk)
        if not reasons:
            return reply(ReadyReply("ready", []))
        return reply(ReadyReply("not ready", reasons), HTTPStatus.SERVICE_UNAVAILABLE)


def _add_metrics(app: FastAPI, collector: ProductCollector) -> None:
    known = registry(collector)

    @app.get(
        "/metrics",
        tags=["health"],
        summary="Figures for Prometheus",
        response_class=PlainTextResponse,
    )
    async def metrics() -> Response:
        return Response(generate_latest(known), media_type=CONTENT_TYPE_LATEST)


def _add_session(app: FastAPI, desk: Desk, broadcaster: SocketBroadcaster) -> None:
    @app.get(
        "/api/session",
        tags=["session"],
        summary="Mode, day, spot, window, feed health and counters",
        responses=answers(SessionReply),
    )
    async def session() -> Response:
        return _session(desk)

    @app.get(
        "/api/contracts",
        tags=["session"],
        summary="The day so far in every contract",
        responses=answers(ContractsReply),
    )
    async def contracts() -> Response:
        return reply(ContractsReply(views.contract_rows(desk.showing.engine, -1)))

    @app.get(
        "/api/events",
        tags=["session"],
        summary="What happened to the feed and the product: the latest 200 events",
        responses=answers(EventsReply),
    )
    async def events() -> Response:
        return reply(EventsReply([views.event(one) for one in broadcaster.events.since(0)]))

    @app.post(
        "/api/window",
        tags=["session"],
        summary="Follow so many strikes each side of ATM",
        responses=answers(SessionReply) | errors(422),
        openapi_extra=takes(WindowRequest),
    )
    async def window(request: Request) -> Response:
        wanted = await body(request, WindowRequest, '{"span": 3} or {"span": "all"}')
        if wanted.span != "all" and not 1 <= wanted.span <= MAX_SPAN:
            raise HTTPException(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f'span must be a number from 1 to {MAX_SPAN}, or "all"',
            )
        desk.set_span(wanted.span)
        return _session(desk)

    @app.post(
        "/api/rules",
        tags=["session"],
        summary="Sign the whole day with the trade-size rule, or without",
        responses=answers(SessionReply) | errors(422),
        openapi_extra=takes(RulesRequest),
    )
    async def rules(request: Request) -> Response:
        wanted = await body(request, RulesRequest, '{"trade_size": true}')
        desk.set_trade_size_rule(on=wanted.trade_size)
        return _session(desk)


def _add_replay(app: FastAPI, desk: Desk, broadcaster: SocketBroadcaster) -> None:
    @app.post(
        "/api/mode",
        tags=["replay"],
        summary="Switch between live, sim and the replay of a day",
        responses=answers(SessionReply) | errors(404, 409, 422),
        openapi_extra=takes(ModeRequest),
    )
    async def mode(request: Request) -> Response:
        example = '{"mode": "replay", "date": "2025-12-16", "speed": 10}'
        wanted = await body(request, ModeRequest, example)
        await desk.switch(wanted)
        broadcaster.announce("info", f"now showing {wanted.mode} {wanted.date or ''}".strip())
        return _session(desk)

    @app.post(
        "/api/replay",
        tags=["replay"],
        summary="Play, pause, seek, step or change speed",
        responses=answers(SessionReply) | errors(409, 422),
        openapi_extra=takes(ReplayRequest),
    )
    async def replay(request: Request) -> Response:
        wanted = await body(request, ReplayRequest, '{"action": "seek", "at": "10:15:00"}')
        desk.control(wanted)
        return _session(desk)

    @app.get(
        "/api/cache",
        tags=["replay"],
        summary="The days that can be replayed",
        responses=answers(CacheReply),
    )
    async def cache() -> Response:
        return reply(await asyncio.to_thread(desk.cache))


def _session(desk: Desk) -> Response:
    info = msgspec.structs.asdict(views.session_info(desk.showing))
    return reply(SessionReply(**info, counters=views.counters(desk.showing)))


def not_ready(desk: Desk) -> list[str]:
    """Why the feed is not connected and fresh, in words; empty if it is."""
    showing = desk.showing
    state = showing.health.state(showing.engine.market_ns)
    trouble = showing.health.trouble
    others = [trouble] if trouble else []
    if state not in _NOT_READY:
        return others
    detail = showing.health.message
    return [f"{_NOT_READY[state]}: {detail}" if detail else _NOT_READY[state], *others]


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def http_error(request: Request, exc: HTTPException) -> Response:
        detail = str(exc.detail)
        if exc.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            detail = f"{request.method} is not taken here; /docs lists what is"
        answer = reply(ErrorReply(detail), HTTPStatus(exc.status_code))
        answer.headers.update(exc.headers or {})
        return answer

    @app.exception_handler(SpymasterError)
    async def refused(_: Request, exc: SpymasterError) -> Response:
        """What a request asked for cannot be: its own fault, or that of how things stand."""
        status = HTTPStatus.CONFLICT
        if isinstance(exc, SettingsError):
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        elif isinstance(exc, DayNotCachedError):
            status = HTTPStatus.NOT_FOUND
        return reply(ErrorReply(str(exc)), status)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, exc: RequestValidationError) -> Response:
        error = exc.errors()[0]
        place = ".".join(str(part) for part in error["loc"])
        return reply(ErrorReply(f"{place}: {error['msg']}"), HTTPStatus.UNPROCESSABLE_ENTITY)

    @app.exception_handler(Exception)
    async def failed(_: Request, __: Exception) -> Response:
        return reply(
            ErrorReply("something went wrong here; the server's log says what"),
            HTTPStatus.INTERNAL_SERVER_ERROR,
        )


def _openapi(app: FastAPI, version: str) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=version, routes=app.routes)
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        components.update(json_schema("#/components/schemas/{name}")["definitions"])
        app.openapi_schema = schema
    return app.openapi_schema
