"""Who may come in: loopback, or whoever has the token; and from which pages.

Loopback is trusted only for a request that also names this machine as its `Host`: a foreign page
whose name was pointed at 127.0.0.1 (DNS rebinding) names another one. What came through a proxy,
which brings strangers, says so itself. Both need the token like everybody. No header that says who
asks is believed.

Where there is a token, the page's own files need none: they hold no data, and without them nobody
could be asked for it.

Refusals happen before a WebSocket handshake and before a body is read. Errors are JSON with one
line of text, like everywhere.

Source: design, section 6.
"""

import hmac
import ipaddress
import socket
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import msgspec
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 64 * 1024
WRONG_TOKENS = 20
"""So many wrong tokens in `WRONG_TOKENS_S` close the door to an address for the rest of it."""
WRONG_TOKENS_S = 60.0
_ADDRESSES = 1_000


class AccessControl:
    """ASGI middleware that admits, or answers 401, 403 or 413 itself."""

    def __init__(
        self,
        app: ASGIApp,
        token: str | None,
        origins: Iterable[str],
        page_paths: Iterable[str] = (),
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._token = token
        self._origins = frozenset(origins)
        self._page_paths = frozenset(page_paths)
        own = {urlsplit(origin).hostname for origin in self._origins}
        self._own_names = {"localhost", socket.gethostname().lower(), *own}
        self._guesses = _Guesses(monotonic_s)

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
        posts = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")
        origin = headers.get("origin")
        if posts and origin is not None and not self._known(origin, scope, headers):
            return HTTPStatus.FORBIDDEN, (
                f"pages of {origin[:100]} may not use this server; "
                "add that origin to ALLOWED_ORIGINS if it is yours"
            )
        if not self._is_local(scope, headers) and not self._is_page(scope):
            refusal = self._refused_token(scope, headers)
            if refusal:
                return refusal
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            return _TOO_LARGE
        return None

    def _is_local(self, scope: Scope, headers: Headers) -> bool:
        if any(name in _OF_PROXIES or name.startswith("x-forwarded-") for name in headers):
            return False
        address = _address(scope)
        if address == _IN_PROCESS:
            return True
        hosts = headers.getlist("host")
        return _is_loopback(address) and len(hosts) == 1 and self._names_us(hosts[0])

    def _is_page(self, scope: Scope) -> bool:
        return (
            self._token is not None
            and scope["type"] == "http"
            and scope["method"] in ("GET", "HEAD")
            and scope["path"] in self._page_paths
        )

    def _names_us(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self._own_names or _is_loopback(name)

    def _refused_token(self, scope: Scope, headers: Headers) -> tuple[HTTPStatus, str] | None:
        address = _address(scope)
        if self._guesses.too_many(address):
            return HTTPStatus.TOO_MANY_REQUESTS, (
                f"too many wrong tokens from this address; wait {WRONG_TOKENS_S:.0f} seconds"
            )
        given = _token_of(scope, headers)
        if self._token is not None and hmac.compare_digest(given.encode(), self._token.encode()):
            return None
        if given:
            self._guesses.add(address)
        return HTTPStatus.UNAUTHORIZED, (
            "this address needs a token: send 'Authorization: Bearer <ACCESS_TOKEN>' "
            "(the server's ACCESS_TOKEN setting), or connect from the server itself"
        )

    def _known(self, origin: str, scope: Scope, headers: Headers) -> bool:
        if origin in self._origins:
            return True
        _, _, name = origin.partition("://")
        return name == headers.get("host") and (
            self._is_local(scope, headers) or not _is_loopback(_address(scope))
        )


class _BodyTooLargeError(Exception):
    pass


_TOO_LARGE = (
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    f"the body is over {MAX_BODY // 1024} KB; no request of this API needs so much",
)


_OF_PROXIES = frozenset({"forwarded", "via", "x-real-ip"})
"""Headers that a proxy sends, besides those that begin with ``X-Forwarded-``."""
_IN_PROCESS = "testclient"
"""Starlette's in-process client has no address; no address of a socket looks like this, and a
server that takes addresses from a proxy's header leaves that header in."""


class _Guesses:
    """Wrong tokens by address, over the last minute; forgets the oldest addresses first."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._by_address: dict[str, tuple[float, int]] = {}

    def too_many(self, address: str) -> bool:
        return self._count(address) >= WRONG_TOKENS

    def add(self, address: str) -> None:
        count = self._count(address)
        since = self._by_address[address][0] if count else self._monotonic_s()
        self._by_address[address] = since, count + 1
        if len(self._by_address) > _ADDRESSES:
            del self._by_address[next(iter(self._by_address))]

    def _count(self, address: str) -> int:
        since, count = self._by_address.get(address, (0.0, 0))
        if count and self._monotonic_s() - since >= WRONG_TOKENS_S:
            del self._by_address[address]
            return 0
        return count


def _address(scope: Scope) -> str:
    """Of the other end of the connection; empty where it is unknown."""
    client = scope.get("client")
    return client[0] if client else ""


def _token_of(scope: Scope, headers: Headers) -> str:
    """The token that a request brings, or an empty string."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    given = given.strip() if scheme.lower() == "bearer" else ""
    if not given and scope["type"] == "websocket":
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        given = query.get("token", [""])[0]
    return given


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
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
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers.append((b"retry-after", f"{WRONG_TOKENS_S:.0f}".encode()))
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
