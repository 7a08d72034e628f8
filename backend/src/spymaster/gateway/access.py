"""Who may come in: loopback, or whoever has the token; and from which pages.

Refusals happen before a WebSocket handshake and before a body is read. Errors are JSON with one
line of text, like everywhere.

Source: design, section 6.
"""

import hmac
import ipaddress
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import parse_qs

import msgspec
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 64 * 1024


class AccessControl:
    """ASGI middleware that admits, or answers 401, 403 or 413 itself."""

    def __init__(self, app: ASGIApp, token: str | None, origins: Iterable[str]) -> None:
        self._app = app
        self._token = token
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal:
            await _refuse(scope, send, *refusal)
            return
        limited = _limited(receive) if scope["type"] == "http" else receive
        try:
            await self._app(scope, limited, send)
        except _BodyTooLargeError:
            await _refuse(scope, send, *_TOO_LARGE)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[HTTPStatus, str] | None:
        if not self._admitted(scope, headers):
            return HTTPStatus.UNAUTHORIZED, (
                "this address needs a token: send 'Authorization: Bearer <ACCESS_TOKEN>' "
                "(the server's ACCESS_TOKEN setting), or connect from the server itself"
            )
        posts = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")
        origin = headers.get("origin")
        if posts and origin is not None and not self._known(origin, headers):
            return HTTPStatus.FORBIDDEN, (
                f"pages of {origin[:100]} may not use this server; "
                "add that origin to ALLOWED_ORIGINS if it is yours"
            )
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            return _TOO_LARGE
        return None

    def _admitted(self, scope: Scope, headers: Headers) -> bool:
        client = scope.get("client")
        if client and _is_loopback(client[0]):
            return True
        if self._token is None:
            return False
        given = headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not given and scope["type"] == "websocket":
            query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
            given = query.get("token", [""])[0]
        return hmac.compare_digest(given.encode(), self._token.encode())

    def _known(self, origin: str, headers: Headers) -> bool:
        _, _, host = origin.partition("://")
        return host == headers.get("host") or origin in self._origins


class _BodyTooLargeError(Exception):
    pass


_TOO_LARGE = (
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    f"the body is over {MAX_BODY // 1024} KB; no request of this API needs so much",
)


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "testclient"  # the in-process client of Starlette's tests has no address
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _limited(receive: Receive) -> Receive:
    """Count the bytes of a body whose length was not told."""
    taken = 0

    async def wrapped() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAX_BODY:
            raise _BodyTooLargeError
        return message

    return wrapped


async def _refuse(scope: Scope, send: Send, status: HTTPStatus, detail: str) -> None:
    body = msgspec.json.encode({"detail": detail})
    headers = [(b"content-type", b"application/json")]
    if status == HTTPStatus.UNAUTHORIZED:
        headers.append((b"www-authenticate", b"Bearer"))
    kind = "http.response"
    if scope["type"] == "websocket":
        if "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
            return
        kind = "websocket.http.response"
    await send({"type": f"{kind}.start", "status": int(status), "headers": headers})
    await send({"type": f"{kind}.body", "body": body})
