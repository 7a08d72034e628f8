"""Requests to the vendor: who we are, how often, how long, and what a failure means.

A request is tried four times. Too many requests (429), faults of the vendor or of a proxy (5xx, an
HTML page, an empty body) and of the way (no connection, a broken or slow answer) pass; a refused
key or plan (401, 403) and a request that the vendor cannot take (other 4xx) do not.

The key travels in the ``Authorization`` header alone, and only to our own base address: redirects
are not followed, and of a ``next_url`` only path and query are used.

Source: vendor protocol, sections 2.1 to 2.4.
"""

import asyncio
import contextlib
import datetime as dt
import email.utils
import logging
import random
from collections.abc import Mapping
from urllib.parse import urlsplit

import aiohttp
import msgspec
from pydantic import SecretStr
from yarl import URL

from spymaster.core.clock import Clock
from spymaster.core.errors import VendorBusyError, VendorDataError, VendorRefusedError
from spymaster.polygon.pacing import Backoff, RateLimit, Sleep, Throttle

_log = logging.getLogger(__name__)

TRIES = 4
REQUESTS_PER_SECOND = 100.0
_BURST = 10
_CONCURRENT = 16
TIMEOUT = aiohttp.ClientTimeout(total=30.0, connect=10.0)
_MOST_RETRY_AFTER_S = 60.0
_MAX_MESSAGE = 300


class _PassingError(Exception):
    """A failure that may pass; worth another try."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class _ErrorBody(msgspec.Struct):
    """The vendor writes its text under either key."""

    error: str | None = None
    message: str | None = None


class VendorHttp:
    """Gets bodies from the vendor, politely and persistently."""

    def __init__(
        self,
        base_url: str,
        key: SecretStr,
        clock: Clock,
        *,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
        sleep: Sleep = asyncio.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._base = URL(base_url.rstrip("/"))
        self._key = key
        self._clock = clock
        self._timeout = timeout
        self._sleep = sleep
        self._rng = rng or random.Random()
        self._rate = RateLimit(REQUESTS_PER_SECOND, _BURST, clock, sleep)
        self._concurrent = asyncio.Semaphore(_CONCURRENT)
        self._retries = Throttle(clock)
        self._session: aiohttp.ClientSession | None = None
        self.clock_ahead_s: float | None = None
        """This machine's clock less the vendor's at the last answer, to a second; None unknown."""

    async def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        """The body of an answer; ``path`` is already quoted and may carry a query of its own.

        Raises:
            VendorRefusedError: The key or the plan is refused.
            VendorBusyError: All tries failed.
            VendorDataError: The vendor cannot take this request.
        """
        url = self._url(path, query or {})
        backoff = Backoff(0.5, 10.0, self._rng)
        for attempt in range(1, TRIES + 1):
            try:
                return await self._try(url)
            except _PassingError as exc:
                if attempt == TRIES:
                    raise VendorBusyError(
                        f"{url.path}: {exc}, {TRIES} times in a row; try again later"
                    ) from exc
                wait_s = backoff.next_s(exc.wait_s)
                if count := self._retries.count():
                    _log.warning(
                        "request %s failed (%d since last told): %s; next try in %.1f s",
                        *(url.path, count, exc, wait_s),
                    )
            await self._sleep(wait_s)
        raise AssertionError("unreachable")

    def next_path(self, next_url: str) -> str:
        """Path and query of the next page, to be asked of our own base address."""
        try:
            parts = urlsplit(next_url)
        except ValueError as exc:
            raise VendorDataError("the vendor's next page has no readable address") from exc
        own = self._base.raw_path.rstrip("/")
        path = parts.path.removeprefix(own) if parts.path.startswith(f"{own}/") else parts.path
        # Without the slash, a hostile path could become part of the host, and get the key.
        path = f"/{path.lstrip('/')}"
        return f"{path}?{parts.query}" if parts.query else path

    def _url(self, path: str, query: Mapping[str, str]) -> URL:
        try:
            url = URL(f"{str(self._base).rstrip('/')}{path}", encoded=True)
        except ValueError as exc:
            raise VendorDataError(f"{path[:100]}: not an address") from exc
        return url.update_query(dict(query)) if query else url

    async def _try(self, url: URL) -> bytes:
        """One attempt.

        Raises:
            _PassingError: Another attempt may do better.
        """
        async with self._concurrent:
            await self._rate.wait()
            try:
                async with self._open().get(
                    url,
                    headers={
                        "Authorization": f"Bearer {self._key.get_secret_value()}",
                        "Accept-Encoding": "gzip",
                    },
                    allow_redirects=False,
                ) as response:
                    body = await response.read()
            except TimeoutError as exc:
                raise _PassingError("no answer in time") from exc
            except aiohttp.InvalidURL as exc:
                raise VendorDataError(f"{url.path}: not an address; see POLYGON_REST_URL") from exc
            except (aiohttp.ClientError, OSError) as exc:
                raise _PassingError(f"connection failed ({type(exc).__name__})") from exc
        self._compare_clocks(response)
        self._check(url, response, body)
        return body

    def _compare_clocks(self, response: aiohttp.ClientResponse) -> None:
        with contextlib.suppress(ValueError):
            told = email.utils.parsedate_to_datetime(response.headers.get("Date", ""))
            self.clock_ahead_s = self._clock.now_ns() / 1e9 - told.timestamp()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        return self._session

    def _check(self, url: URL, response: aiohttp.ClientResponse, body: bytes) -> None:
        status = response.status
        if status == 401:
            raise VendorRefusedError(
                f"the vendor refuses the key: {self._text(body)}; check POLYGON_API_KEY"
            )
        if status == 403:
            raise VendorRefusedError(f"the plan does not include {url.path}: {self._text(body)}")
        if status == 429:
            raise _PassingError("too many requests", self._retry_after_s(response))
        if status >= 500 or status in (408, 499):
            raise _PassingError(f"fault at the vendor ({status})", self._retry_after_s(response))
        if status != 200:
            raise VendorDataError(f"{url.path}: refused with {status}: {self._text(body)}")
        start = body[:64].lstrip()
        if not start or start.startswith(b"<"):
            raise _PassingError("an empty body" if not start else "a page in place of data")

    def _text(self, body: bytes) -> str:
        """What the vendor says about an error, fit for a log line."""
        try:
            known = msgspec.json.decode(body, type=_ErrorBody)
            text = known.error or known.message
        except (ValueError, RecursionError):
            text = None
        text = " ".join((text or "no reason given").split())[:_MAX_MESSAGE]
        return text.replace(self._key.get_secret_value() or "\0", "***")

    def _retry_after_s(self, response: aiohttp.ClientResponse) -> float:
        """Seconds that the vendor asks us to wait, at most a minute; 0 if it does not say."""
        text = response.headers.get("Retry-After", "").strip()
        if not text:
            return 0.0
        try:
            if text.isdecimal():
                wait_s = float(text)
            else:
                until = email.utils.parsedate_to_datetime(text).astimezone(dt.UTC)
                wait_s = until.timestamp() - self._clock.now_ns() / 1e9
        except (ValueError, OverflowError):
            return 0.0
        return min(max(wait_s, 0.0), _MOST_RETRY_AFTER_S)
