"""An S3 bucket: whole files under keys, with tries and with errors that a person can act on.

Source: design, section 5.
"""

import asyncio
import datetime as dt
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Final

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store
from pydantic import SecretStr

from spymaster.core.errors import SpymasterError

TRIES: Final = 3
TRANSFERS: Final = 6
"""Files that are copied at the same time."""
_FIRST_WAIT_S: Final = 0.5
_ONE_PIECE_BYTES: Final = 64_000_000
"""What is larger is put in parts, each with a time limit of its own."""
# A listing that is refused comes as an error of no special type.
_REFUSED: Final = re.compile(
    r"40[13] (Forbidden|Unauthorized)|SignatureDoesNotMatch|InvalidAccessKeyId|AccessDenied"
)
_STATUS: Final = re.compile(r"status code: (\d{3}[A-Za-z ]*)")

type Sleep = Callable[[float], Awaitable[object]]


class MirrorError(SpymasterError):
    """The S3 mirror refuses or cannot be reached; the message says which setting to look at."""


@dataclass(frozen=True, slots=True)
class S3Settings:
    """Where the mirror is."""

    bucket: str
    endpoint: str
    access_key: SecretStr
    secret_key: SecretStr


@dataclass(frozen=True, slots=True)
class Stored:
    """What the bucket says of a file."""

    size: int
    etag: str | None
    """The MD5 of a file that was put in one piece and is not encrypted."""


class Bucket:
    """One bucket.

    Every call raises `MirrorError` where the bucket refuses, or all tries failed.
    """

    def __init__(self, settings: S3Settings, sleep: Sleep = asyncio.sleep) -> None:
        self.settings = settings
        self._shown = re.sub(r"(?<=://)[^/@]*@", "", settings.endpoint)  # it may hold a password
        self._sleep = sleep
        self._store = S3Store(
            settings.bucket,
            endpoint=settings.endpoint,
            access_key_id=settings.access_key.get_secret_value(),
            secret_access_key=settings.secret_key.get_secret_value(),
            region="us-east-1",
            virtual_hosted_style_request=False,
            checksum_algorithm="SHA256",
            client_options={
                "allow_http": settings.endpoint.startswith("http://"),
                "connect_timeout": dt.timedelta(seconds=3),
                "timeout": dt.timedelta(seconds=60),
            },
            retry_config={"max_retries": 0},
        )

    async def put(self, key: str, data: bytes) -> None:
        """Keep a file; the bucket shows all of it or nothing."""
        in_parts = len(data) > _ONE_PIECE_BYTES
        await self._tried(lambda: obstore.put_async(self._store, key, data, use_multipart=in_parts))

    async def get(self, key: str) -> bytes:
        """A file.

        Raises:
            FileNotFoundError: There is none.
        """

        async def get() -> bytes:
            answer = await obstore.get_async(self._store, key)
            return bytes(await answer.bytes_async())

        return await self._tried(get)

    async def listed(self, prefix: str) -> dict[str, Stored]:
        """The files whose keys begin so."""

        async def listed() -> dict[str, Stored]:
            found: dict[str, Stored] = {}
            async for page in obstore.list(self._store, prefix):
                found |= {one["path"]: Stored(one["size"], one["e_tag"]) for one in page}
            return found

        return await self._tried(listed)

    async def listed_flat(self, folder: str) -> dict[str, Stored]:
        """The files of one folder, without what lies in the folders in it."""

        async def listed() -> dict[str, Stored]:
            answer = await obstore.list_with_delimiter_async(self._store, folder)
            return {one["path"]: Stored(one["size"], one["e_tag"]) for one in answer["objects"]}

        return await self._tried(listed)

    async def _tried[T](self, act: Callable[[], Awaitable[T]]) -> T:
        """Try a few times, with growing waits."""
        for attempt in range(1, TRIES + 1):
            try:
                return await act()
            except (PermissionDeniedError, UnauthenticatedError) as exc:
                raise self._refused() from exc
            except FileNotFoundError as exc:
                if "NoSuchBucket" in str(exc):
                    raise MirrorError(
                        f"the S3 mirror has no bucket {self.settings.bucket}; check S3_BUCKET"
                    ) from exc
                raise
            except BaseError as exc:
                if _REFUSED.search(str(exc)):
                    raise self._refused() from exc
                if attempt == TRIES:
                    status = _STATUS.search(str(exc))
                    fault = f"fails with {status[1].strip()}" if status else "cannot be reached"
                    raise MirrorError(
                        f"the S3 mirror at {self._shown} {fault}; check S3_ENDPOINT"
                    ) from exc
                await self._sleep(_FIRST_WAIT_S * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    def _refused(self) -> MirrorError:
        return MirrorError(
            f"the S3 mirror refuses the keys for bucket {self.settings.bucket}; "
            "check S3_ACCESS_KEY and S3_SECRET_KEY"
        )


async def side_by_side[I, T](
    transfer: Callable[[I], Coroutine[Any, Any, T]], items: Iterable[I]
) -> list[T]:
    """Transfer all items, `TRANSFERS` at a time; the first error ends them all."""
    limit = asyncio.Semaphore(TRANSFERS)

    async def in_turn(item: I) -> T:
        async with limit:
            return await transfer(item)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(in_turn(item)) for item in items]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [task.result() for task in tasks]
