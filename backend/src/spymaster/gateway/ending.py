"""Who still waits for an answer when the server ends is told so, in a line."""

import asyncio
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spymaster.gateway.replies import reply
from spymaster.gateway.wire import ErrorReply

_ENDS = ErrorReply("the server is being stopped; ask again once it runs")


class AnswersAtTheEnd:
    """ASGI middleware whose requests may be cancelled: uvicorn would log where each one was."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        is_request = scope["type"] == "http"
        try:
            await self._app(scope, receive, noted if is_request else send)
        except asyncio.CancelledError:
            if not is_request:
                raise
            if not begun:
                await reply(_ENDS, HTTPStatus.SERVICE_UNAVAILABLE)(scope, receive, send)
