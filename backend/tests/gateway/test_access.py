import json
from typing import Any, NamedTuple

import pytest
from starlette.types import Message, Receive, Scope, Send

from spymaster.core.clock import ManualClock
from spymaster.gateway.access import MAX_BODY, WRONG_TOKENS, WRONG_TOKENS_S, AccessControl

TOKEN = "open-sesame"
FAR = "203.0.113.7"


class Answer(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


ADMITTED = Answer(200, "admitted", {})
PAGE = ("/", "/main.js")


async def _inside(scope: Scope, receive: Receive, send: Send) -> None:
    """The application behind: reads the whole body, then answers."""
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b'"admitted"'})


def access(token: str | None = TOKEN, clock: ManualClock | None = None) -> AccessControl:
    monotonic_s = (clock or ManualClock(0)).monotonic_s
    return AccessControl(_inside, token, ("http://localhost:4200",), PAGE, monotonic_s)


async def ask(
    client: str | None = "127.0.0.1",
    method: str = "GET",
    query: str = "",
    *,
    token: str | None = TOKEN,
    stream: bool = False,
    chunks: tuple[int, ...] = (),
    more_hosts: tuple[str, ...] = (),
    app: AccessControl | None = None,
    path: str = "/api/session",
    **headers: str,
) -> Answer:
    """What a client at an address gets."""
    bodies = [b"x" * size for size in chunks] or [b""]
    sent: list[Message] = []

    async def receive() -> Message:
        body = bodies.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(bodies)}

    async def send(message: Message) -> None:
        sent.append(message)

    given = {"host": "localhost:8000"} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    named = [*given.items(), *(("host", name) for name in more_hosts)]
    scope = {
        "type": "websocket" if stream else "http",
        "path": "/ws/stream" if stream else path,
        "method": method,
        "client": (client, 50_000) if client else None,
        "query_string": query.encode(),
        "headers": [(name.encode(), text.encode()) for name, text in named],
        "extensions": {"websocket.http.response": {}},
    }
    app = app or access(token)
    await app(scope, receive, send)
    start, body = sent
    assert start["type"].startswith("websocket.") == (stream and start["status"] != 200)
    told = {name.decode(): text.decode() for name, text in start["headers"]}
    return Answer(start["status"], json.loads(body["body"]), told)


def assert_refused(answer: Answer, status: int, word: str) -> None:
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.body) == ["detail"]
    assert isinstance(answer.body["detail"], str)
    assert word in answer.body["detail"]


@pytest.mark.parametrize("client", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("token", [TOKEN, None])
async def test_loopback_needs_no_token(client: str, token: str | None) -> None:
    assert await ask(client, token=token) == ADMITTED
    assert await ask(client, token=token, stream=True) == ADMITTED


@pytest.mark.parametrize("client", [FAR, "192.168.1.5", "fd00::2", f"::ffff:{FAR}", "", "host"])
async def test_any_other_address_needs_the_token(client: str) -> None:
    refused = await ask(client)
    assert_refused(refused, 401, "ACCESS_TOKEN")
    assert refused.headers["www-authenticate"] == "Bearer"
    assert await ask(client, authorization=f"Bearer {TOKEN}") == ADMITTED


async def test_a_client_of_unknown_address_needs_the_token() -> None:
    assert_refused(await ask(None), 401, "ACCESS_TOKEN")


async def test_the_scheme_may_be_written_in_any_case() -> None:
    assert await ask(FAR, authorization=f"bearer {TOKEN}") == ADMITTED


@pytest.mark.parametrize(
    "given",
    [
        *("Bearer", "Bearer ", "Bearer open", f"Bearer {TOKEN}x", "Basic b3Blbg==", "Bearer é"),
        *(TOKEN, f"Basic {TOKEN}", f"Bearer{TOKEN}"),
    ],
)
async def test_a_wrong_token_is_refused_and_not_shown(given: str) -> None:
    refused = await ask(FAR, authorization=given)
    assert_refused(refused, 401, "ACCESS_TOKEN")
    assert TOKEN not in refused.body["detail"]


async def test_the_page_itself_is_served_so_that_it_can_ask_for_the_token() -> None:
    for path in PAGE:
        assert await ask(FAR, path=path) == ADMITTED
        assert await ask(FAR, "HEAD", path=path) == ADMITTED
        assert_refused(await ask(FAR, "POST", path=path), 401, "ACCESS_TOKEN")
        assert_refused(await ask(FAR, path=path, token=None), 401, "ACCESS_TOKEN")
    for path in ("/docs", "/metrics", "/main.js/../api/session", "//main.js", "/other.js"):
        assert_refused(await ask(FAR, path=path), 401, "ACCESS_TOKEN")


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer None"])
async def test_without_a_token_in_the_settings_only_loopback_is_served(given: str) -> None:
    assert_refused(await ask(FAR, token=None, authorization=given), 401, "ACCESS_TOKEN")
    refused = await ask(FAR, token=None, query="token=", stream=True)
    assert_refused(refused, 401, "ACCESS_TOKEN")


async def test_the_stream_takes_the_token_in_its_address_too_and_nothing_else_does() -> None:
    query = f"a=b&token={TOKEN}"
    assert await ask(FAR, query=query, stream=True) == ADMITTED
    assert await ask(FAR, authorization=f"Bearer {TOKEN}", stream=True) == ADMITTED
    assert_refused(await ask(FAR, query=query), 401, "ACCESS_TOKEN")
    assert_refused(await ask(FAR, query="token=wrong", stream=True), 401, "ACCESS_TOKEN")
    assert_refused(await ask(FAR, stream=True), 401, "ACCESS_TOKEN")


@pytest.mark.parametrize("origin", ["http://localhost:8000", "http://localhost:4200"])
async def test_our_own_pages_may_post_and_stream(origin: str) -> None:
    assert await ask(method="POST", origin=origin) == ADMITTED
    assert await ask(stream=True, origin=origin) == ADMITTED


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://localhost:4201", "null", "http://localhost:8000.evil.io"],
)
async def test_a_foreign_page_may_not_post_nor_stream(origin: str) -> None:
    assert_refused(await ask(method="POST", origin=origin), 403, "ALLOWED_ORIGINS")
    assert_refused(await ask(method="DELETE", origin=origin), 403, "ALLOWED_ORIGINS")
    assert_refused(await ask(stream=True, origin=origin), 403, "ALLOWED_ORIGINS")
    with_token = await ask(FAR, stream=True, origin=origin, authorization=f"Bearer {TOKEN}")
    assert_refused(with_token, 403, "ALLOWED_ORIGINS")


async def test_a_body_that_says_it_is_too_long_is_refused_unread() -> None:
    said = await ask(method="POST", content_length=str(MAX_BODY + 1))
    assert_refused(said, 413, "64 KB")
    assert await ask(method="POST", content_length=str(MAX_BODY)) == ADMITTED
    assert_refused(await ask(method="POST", content_length="-5"), 413, "64 KB")


async def test_a_body_that_turns_out_too_long_is_refused() -> None:
    assert await ask(method="POST", chunks=(MAX_BODY // 2, MAX_BODY // 2)) == ADMITTED
    assert_refused(await ask(method="POST", chunks=(MAX_BODY // 2, MAX_BODY // 2, 1)), 413, "64 KB")


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000", "LOCALHOST:1"])
async def test_loopback_by_any_of_its_names_is_local(host: str) -> None:
    assert await ask(host=host) == ADMITTED


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "10.0.0.5", "", "[::1"])
async def test_a_loopback_request_for_another_name_needs_the_token(host: str) -> None:
    assert_refused(await ask(host=host), 401, "ACCESS_TOKEN")
    assert_refused(await ask(host=host, token=None), 401, "ACCESS_TOKEN")
    assert await ask(host=host, authorization=f"Bearer {TOKEN}") == ADMITTED


async def test_a_request_for_two_names_is_not_local() -> None:
    assert_refused(await ask(more_hosts=("evil.example",)), 401, "ACCESS_TOKEN")


async def test_a_page_whose_name_was_pointed_at_this_machine_is_foreign() -> None:
    named = {"host": "evil.example:8000", "origin": "http://evil.example:8000"}
    assert_refused(await ask(stream=True, **named), 403, "ALLOWED_ORIGINS")
    assert_refused(await ask(method="POST", **named), 403, "ALLOWED_ORIGINS")


async def test_headers_that_claim_another_address_gain_nothing() -> None:
    for name in ("x_forwarded_for", "x_real_ip", "forwarded"):
        assert_refused(await ask(FAR, **{name: "127.0.0.1"}), 401, "ACCESS_TOKEN")
    assert_refused(await ask(FAR, host="127.0.0.1:8000"), 401, "ACCESS_TOKEN")


@pytest.mark.parametrize("client", ["127.0.0.1", "testclient"])
@pytest.mark.parametrize("name", ["x_forwarded_for", "x_forwarded_host", "forwarded", "x_real_ip"])
async def test_what_a_proxy_on_this_machine_brings_needs_the_token(client: str, name: str) -> None:
    """The proxy's own address is loopback, and it may name the server ``localhost``."""
    assert (await ask(client, **{name: "127.0.0.1"})).status == 401
    bearer = f"Bearer {TOKEN}"
    assert await ask(client, **{name: FAR, "authorization": bearer}) == ADMITTED


async def test_guessing_closes_the_door_to_an_address_for_a_while() -> None:
    clock = ManualClock(0)
    app = access(clock=clock)
    for _ in range(WRONG_TOKENS):
        assert_refused(await ask(FAR, app=app, authorization="Bearer guess"), 401, "ACCESS_TOKEN")
    shut = await ask(FAR, app=app, authorization=f"Bearer {TOKEN}")
    assert_refused(shut, 429, "wrong tokens")
    assert int(shut.headers["retry-after"]) == WRONG_TOKENS_S
    assert await ask("203.0.113.8", app=app, authorization=f"Bearer {TOKEN}") == ADMITTED
    assert await ask(app=app) == ADMITTED
    clock.advance(WRONG_TOKENS_S)
    assert await ask(FAR, app=app, authorization=f"Bearer {TOKEN}") == ADMITTED


async def test_requests_without_a_token_are_no_guesses() -> None:
    app = access()
    for _ in range(2 * WRONG_TOKENS):
        await ask(FAR, app=app)
    assert await ask(FAR, app=app, authorization=f"Bearer {TOKEN}") == ADMITTED
