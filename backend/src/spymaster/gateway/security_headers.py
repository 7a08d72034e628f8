"""What every answer tells the browser to refuse: foreign code, frames, and guesses about content.

The page's scripts and styles come from this server alone. Angular writes its components' styles
into the page, so the page carries a nonce that is new with each answer (`page.py` puts it in).
"""

import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NONCE = "csp_nonce"
"""Where the scope keeps the nonce of the answer."""

_API_DOCS = ("/docs", "/redoc")
_DOCS_HOST = "https://cdn.jsdelivr.net"
_STEADY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class SecurityHeaders:
    """ASGI middleware that adds the headers to every HTTP answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope[NONCE] = nonce
        policy = _policy_of_docs() if scope["path"].startswith(_API_DOCS) else _policy(nonce)

        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _STEADY.items():
                    headers[name] = value
                headers["content-security-policy"] = policy
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, wrapped)


def _policy(nonce: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "base-uri 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _policy_of_docs() -> str:
    """FastAPI's pages of the API load their viewer from a public host and start it inline."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'unsafe-inline' {_DOCS_HOST}",
            f"style-src 'unsafe-inline' {_DOCS_HOST} https://fonts.googleapis.com",
            "img-src 'self' data: https:",
            "font-src https://fonts.gstatic.com",
            "connect-src 'self'",
            "worker-src blob:",
            "frame-ancestors 'none'",
        )
    )
