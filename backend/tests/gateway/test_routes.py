import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from yarl import URL

from spymaster.core.errors import DataError, DayNotCachedError, SettingsError, SpymasterError
from spymaster.core.event_log import LoggedEvent
from spymaster.gateway import wire
from spymaster.gateway.page import NONCE_PLACE

from .support import CALL, STRIKES, FakeDesk, Server, serve

OURS = {"/healthz", "/readyz", "/api/session", "/api/contracts", "/api/window"}


def _type_of(schema: dict[str, Any]) -> type[msgspec.Struct] | None:
    """The message that an answer's schema refers to."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found: type[msgspec.Struct] | None = getattr(wire, name, None) if name else None
    return found


async def test_every_documented_get_route_answers_as_its_schema_says(
    server: Server, desk: FakeDesk
) -> None:
    desk.chain()
    desk.quote(1.9, 2.0)
    desk.trade()
    _, api = await server.get("/openapi.json")
    assert set(api["paths"]) >= OURS
    for path, methods in api["paths"].items():
        if "get" not in methods:
            continue
        status, body = await server.get(path)
        assert status == 200, path
        content = methods["get"]["responses"]["200"]["content"]
        if "application/json" not in content:
            assert isinstance(body, str), path
            continue
        message = _type_of(content["application/json"]["schema"])
        if message is None:
            assert isinstance(body, dict)
            continue
        msgspec.convert(body, message)
        properties = api["components"]["schemas"][message.__name__]["properties"]
        assert set(body) == set(properties), path


async def test_every_reference_of_the_schema_leads_somewhere(server: Server) -> None:
    _, api = await server.get("/openapi.json")

    def references(value: object) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*(references(inner) for inner in value.values()))
        if isinstance(value, list):
            return set().union(*(references(inner) for inner in value))
        return set()

    known = {f"#/components/schemas/{name}" for name in api["components"]["schemas"]}
    assert references(api) <= known


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/"])
async def test_pages_for_people_are_there(server: Server, path: str) -> None:
    status, text = await server.get(path)
    assert (status, "<title>" in text) == (200, True)


async def test_the_session_tells_where_it_stands_and_its_counters(
    server: Server, desk: FakeDesk
) -> None:
    desk.chain()
    desk.trade(size=3)
    _, body = await server.get("/api/session")
    assert (body["mode"], body["date"], body["underlying"]) == ("live", "2025-12-16", "SPY")
    assert (body["spot"], body["atm"], body["strikes"]) == (600.0, 600.0, list(STRIKES[1:4]))
    assert body["counters"] == {
        "trades_received": 1,
        "trades_counted": 1,
        "trades_cancelled": 0,
        "trades_rejected": 0,
        "trades_backfilled": 0,
        "quotes_received": 0,
        "frames_rejected": 0,
        "reconnects": 0,
    }


async def test_contracts_are_the_whole_set(server: Server, desk: FakeDesk) -> None:
    desk.trade(size=3)
    _, body = await server.get("/api/contracts")
    assert len(body["contracts"]) == 2 * len(STRIKES)
    assert body["contracts"][CALL]["cumulative_volume"] == 3


async def test_the_process_is_up_whatever_the_feed_does(server: Server, desk: FakeDesk) -> None:
    desk.health.shown = "refused"
    assert await server.get("/healthz") == (200, {"status": "ok"})


@pytest.mark.parametrize("state", ["ok", "waiting", "closed", "ended", "paused"])
async def test_a_feed_that_does_as_it_should_is_ready(
    server: Server, desk: FakeDesk, state: wire.FeedState
) -> None:
    desk.health.shown = state
    assert await server.get("/readyz") == (200, {"status": "ready", "reasons": []})


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("connecting", "connecting"),
        ("reconnecting", "lost"),
        ("stale", "silent"),
        ("refused", "POLYGON_API_KEY"),
        ("empty", "nothing to replay"),
    ],
)
async def test_a_feed_in_trouble_is_not_ready_and_says_why(
    server: Server, desk: FakeDesk, state: wire.FeedState, word: str
) -> None:
    desk.health.shown, desk.health.message = state, "line broke"
    status, body = await server.get("/readyz")
    assert (status, body["status"], len(body["reasons"])) == (503, "not ready", 1)
    assert word in body["reasons"][0]
    assert "line broke" in body["reasons"][0]


@pytest.mark.parametrize("span", [2, 10, "all"])
async def test_the_window_can_be_set(server: Server, desk: FakeDesk, span: int | str) -> None:
    desk.chain()
    status, body = await server.ask("POST", "/api/window", json.dumps({"span": span}))
    assert (status, body["span"], body["strikes"]) == (200, span, list(STRIKES))
    msgspec.convert(body, wire.SessionReply)
    assert desk.spans == [span]


async def test_the_day_can_be_signed_anew(server: Server, desk: FakeDesk) -> None:
    for on in (True, False):
        status, body = await server.ask("POST", "/api/rules", json.dumps({"trade_size": on}))
        assert (status, body["trade_size_rule"]) == (200, on)
        assert desk.engine.flow.trade_size_rule == on
    status, answer = await server.ask("POST", "/api/rules", '{"trade_size": "yes"}')
    assert status == 422
    assert '{"trade_size": true}' in answer["detail"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "span",
        "[]",
        "{}",
        '{"span": 0}',
        '{"span": 1001}',
        '{"span": -3}',
        '{"span": 2.5}',
        '{"span": true}',
        '{"span": null}',
        '{"span": "some"}',
        '{"span": 3, "more": 1}',
        '{"span": 3',
        '{"span": ' + "[" * 5000 + "]" * 5000 + "}",
        b"\xff\xfe",
    ],
)
async def test_a_window_that_makes_no_sense_is_refused_in_words(
    server: Server, desk: FakeDesk, body: str | bytes
) -> None:
    status, answer = await server.ask("POST", "/api/window", body)
    assert (status, list(answer), desk.spans) == (422, ["detail"], [])
    assert "span" in answer["detail"]


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (SettingsError("SESSION_DATE: no trading day"), 422),
        (DataError("no replay is shown"), 409),
        (DayNotCachedError("that day is not on this disk"), 404),
    ],
)
async def test_a_mode_that_cannot_be_shown_is_refused_in_words(
    server: Server, desk: FakeDesk, refusal: SpymasterError, status: int
) -> None:
    desk.refuses = refusal
    body = json.dumps({"mode": "replay", "date": "2025-12-16", "speed": 10})
    assert await server.ask("POST", "/api/mode", body) == (status, {"detail": str(refusal)})


@pytest.mark.parametrize("action", [{"action": "pause"}, {"action": "seek", "at": "10:15:00"}])
async def test_a_replay_is_told_what_to_do(
    server: Server, desk: FakeDesk, action: dict[str, str]
) -> None:
    status, body = await server.ask("POST", "/api/replay", json.dumps(action))
    assert status == 200
    msgspec.convert(body, wire.SessionReply)
    assert [request.action for request in desk.requests] == [action["action"]]


@pytest.mark.parametrize("path", ["/api/mode", "/api/replay"])
@pytest.mark.parametrize("body", ["", "{}", "[]", '{"mode": "dream"}', '{"action": "rewind"}'])
async def test_a_request_that_makes_no_sense_is_refused_in_words(
    server: Server, desk: FakeDesk, path: str, body: str
) -> None:
    status, answer = await server.ask("POST", path, body)
    assert (status, list(answer), desk.requests) == (422, ["detail"], [])
    assert "send {" in answer["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api", 404),
        ("GET", "/ws/nothing", 404),
        ("GET", "/nothing.js", 404),
        ("GET", "/../secret.txt", 404),
        ("GET", "/..%2fsecret.txt", 404),
        ("GET", "/api/window", 404),
        ("POST", "/api/session", 405),
        ("DELETE", "/api/contracts", 405),
        ("POST", "/", 405),
    ],
)
async def test_errors_are_one_line_of_json(
    server: Server, method: str, path: str, status: int
) -> None:
    got, body = await server.ask(method, path)
    assert (got, list(body)) == (status, ["detail"])
    assert isinstance(body["detail"], str)


async def test_a_method_that_is_not_taken_is_told_with_those_that_are(server: Server) -> None:
    async with server.http.put(f"{server.url}/api/window") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")
        assert (await answer.json())["detail"] == "PUT is not taken here; /docs lists what is"


@pytest.mark.parametrize("path", ["/api/window", "/api/mode", "/api/replay", "/api/rules"])
async def test_a_body_that_is_no_text_is_refused_in_one_line(server: Server, path: str) -> None:
    status, body = await server.ask("POST", path, b'{"span": "\xff"}')
    assert (status, list(body)) == (422, ["detail"])
    assert body["detail"].startswith("send {")


async def test_a_body_over_the_limit_is_refused(server: Server) -> None:
    status, body = await server.ask("POST", "/api/window", b" " * (64 * 1024 + 1))
    assert (status, list(body)) == (413, ["detail"])


async def test_a_body_of_untold_length_over_the_limit_is_refused(server: Server) -> None:
    async def chunks() -> Any:
        for _ in range(9):
            yield b" " * 8 * 1024

    async with server.http.post(f"{server.url}/api/window", data=chunks()) as answer:
        assert (answer.status, list(await answer.json())) == (413, ["detail"])


async def test_an_error_inside_shows_no_trace(
    server: Server, desk: FakeDesk, caplog: pytest.LogCaptureFixture
) -> None:
    del desk.showing.engine.flow.contracts  # type: ignore[misc]
    status, body = await server.get("/api/contracts")
    assert (status, list(body)) == (500, ["detail"])
    assert "log" in body["detail"]
    assert "AttributeError" not in body["detail"]
    assert "AttributeError" in caplog.text


async def test_a_built_asset_may_be_kept_and_the_index_not(server: Server) -> None:
    for path, words in (
        ("/main-ABC12345.js", "immutable"),
        *((path, "no-cache") for path in ("/favicon.svg", "/", "/index.html", "/deep/link")),
    ):
        async with server.http.get(server.url + path) as answer:
            assert (answer.status, words in answer.headers["Cache-Control"]) == (200, True), path


async def test_the_index_has_its_nonce_under_its_own_name_too(server: Server) -> None:
    async with server.http.get(server.url + "/index.html") as answer:
        assert NONCE_PLACE not in await answer.text()


@pytest.mark.parametrize("path", ["/a%00b", "/a%00b.js", "/..%2f..%2fetc%2fpasswd"])
async def test_an_impossible_path_is_the_page_or_not_found(server: Server, path: str) -> None:
    async with server.http.get(URL(server.url + path, encoded=True)) as answer:
        assert answer.status in (200, 404)
        assert "root:" not in await answer.text()


async def test_without_a_built_page_it_says_how_to_build_it(tmp_path: Path) -> None:
    async with serve(tmp_path / "nowhere") as server:
        status, body = await server.get("/")
        assert (status, list(body)) == (503, ["detail"])
        assert "make build" in body["detail"]


async def test_what_happened_is_listed_oldest_first(server: Server, desk: FakeDesk) -> None:
    desk.trade(seconds=100)
    log = server.broadcaster.events
    log.tell(LoggedEvent(1_000_000, "warning", "gap", "nothing came", 2_000_000, 3_000_000))
    await server.ask("POST", "/api/mode", '{"mode": "replay", "date": "2025-12-15"}')
    status, body = await server.get("/api/events")
    assert status == 200
    gap, switch = body["events"]
    assert (gap["t"], gap["kind"], gap["start"], gap["end"]) == (1, "gap", 2, 3)
    assert (switch["kind"], switch["level"]) == ("mode", "info")
    assert switch["message"] == "now showing replay 2025-12-15"


@pytest.mark.parametrize("path", ["/api/bars", "/api/tape", "/api/prints", "/api/exposure"])
async def test_what_needs_compiled_code_waits_for_it_and_holds_nobody_up(
    server: Server, desk: FakeDesk, path: str
) -> None:
    desk.loaded.clear()
    waiting = asyncio.create_task(server.get(path))
    assert (await server.get("/api/session"))[0] == 200
    assert not waiting.done()
    desk.loaded.set()
    assert (await waiting)[0] == 200
