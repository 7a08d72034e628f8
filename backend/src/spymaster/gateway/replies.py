"""Answers of the HTTP API: msgspec encodes them, and the OpenAPI schema names the same messages."""

from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import Request, Response
from starlette.exceptions import HTTPException

from spymaster.gateway.wire import ErrorReply


def reply(message: msgspec.Struct, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A message as JSON."""
    return Response(msgspec.json.encode(message), int(status), media_type="application/json")


def _ref(message: type[msgspec.Struct]) -> dict[str, Any]:
    return {"schema": {"$ref": f"#/components/schemas/{message.__name__}"}}


def answers(
    message: type[msgspec.Struct], status: HTTPStatus = HTTPStatus.OK
) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI schema: a route answers with this message."""
    return {
        int(status): {
            "description": status.phrase,
            "content": {"application/json": _ref(message)},
        }
    }


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI schema: a route may fail with these statuses."""
    return {
        status: answer
        for number in statuses
        for status, answer in answers(ErrorReply, HTTPStatus(number)).items()
    }


def takes(message: type[msgspec.Struct]) -> dict[str, Any]:
    """For the OpenAPI schema: a route wants this message as its body."""
    return {"requestBody": {"content": {"application/json": _ref(message)}}}


async def body[Message: msgspec.Struct](
    request: Request, message: type[Message], example: str
) -> Message:
    """The body of a request.

    Raises:
        HTTPException: It is not such a message; ``example`` shows one.
    """
    try:
        return msgspec.json.decode(await request.body(), type=message)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise HTTPException(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"send {example} as JSON ({exc})"
        ) from exc
