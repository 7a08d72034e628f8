"""The HTTP API of fetching a past day into the cache."""

from fastapi import FastAPI, Request, Response

from spymaster.gateway.desk import Desk
from spymaster.gateway.replies import answers, body, errors, reply, takes
from spymaster.gateway.wire_cache import FetchReply, FetchRequest


def add_fetch_routes(app: FastAPI, desk: Desk) -> None:
    """Put starting, stopping and following a fetch on an application."""

    @app.get(
        "/api/fetch",
        tags=["replay"],
        summary="How the fetch of a day goes",
        responses=answers(FetchReply),
    )
    async def fetching() -> Response:
        return reply(desk.fetching)

    @app.post(
        "/api/fetch",
        tags=["replay"],
        summary="Start or stop fetching a day into the cache",
        responses=answers(FetchReply) | errors(409, 422),
        openapi_extra=takes(FetchRequest),
    )
    async def fetch(request: Request) -> Response:
        wanted = await body(request, FetchRequest, '{"action": "start", "date": "2025-12-16"}')
        return reply(await desk.fetch(wanted))
