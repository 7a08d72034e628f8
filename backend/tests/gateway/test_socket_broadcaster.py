import json
from typing import Any

import pytest

from spymaster.core.batches import NO_QUOTES, EventBatch, trade_batch
from spymaster.core.clock import ManualClock
from spymaster.core.conditions import pack
from spymaster.gateway.socket_broadcaster import HEARTBEAT_S, TAPE_ROWS, SocketBroadcaster

from .support import (
    CALL,
    INTERVAL_S,
    NOW_NS,
    PUT,
    SESSION,
    STRIKES,
    Client,
    FakeDesk,
    ticker,
)

BEATS = round(HEARTBEAT_S / INTERVAL_S)


def volumes(frame: dict[str, Any]) -> dict[str, int]:
    return {name: row["cumulative_volume"] for name, row in frame["contracts"].items()}


def test_the_first_frame_is_a_snapshot_of_everything(
    desk: FakeDesk, broadcaster: SocketBroadcaster
) -> None:
    desk.chain()
    desk.trade(CALL, 2.0, 3)
    (frame,) = Client(broadcaster).take()
    assert (frame["type"], frame["seq"], frame["ts"]) == ("snapshot", 1, NOW_NS // 1_000_000)
    assert set(frame["contracts"]) == {ticker(k, right) for k in STRIKES for right in "CP"}
    assert volumes(frame)[CALL] == 3
    assert (
        frame["totals"]
        | {
            "net_delta_flow": 0.0,
            "net_gamma_flow": 0.0,
            "cumulative_premium": 600.0,
            "cumulative_volume": 3,
        }
        == frame["totals"]
    )
    assert [row["size"] for row in frame["trades"]] == [3]


def test_updates_hold_only_what_changed_and_are_numbered_for_each_client(
    desk: FakeDesk, broadcaster: SocketBroadcaster
) -> None:
    client = Client(broadcaster)
    client.take()
    for size in (1, 2, 4):
        desk.trade(CALL, size=size)
        broadcaster.tick()
        client.take()
    late = Client(broadcaster)
    late.take()
    desk.trade(PUT, size=8)
    broadcaster.tick()
    client.take()
    late.take()
    assert [(frame["type"], frame["seq"]) for frame in client.frames] == [
        ("snapshot", 1),
        *[("update", seq) for seq in (2, 3, 4, 5)],
    ]
    assert [volumes(frame) for frame in client.frames[1:]] == [
        {CALL: 1},
        {CALL: 3},
        {CALL: 7},
        {PUT: 8},
    ]
    assert [[row["size"] for row in frame["trades"]] for frame in client.frames[1:]] == [
        [1],
        [2],
        [4],
        [8],
    ]
    assert [(frame["seq"], frame["totals"]["cumulative_volume"]) for frame in late.frames] == [
        (1, 7),
        (2, 15),
    ]


def test_a_change_of_spot_alone_sends_an_update(
    desk: FakeDesk, broadcaster: SocketBroadcaster
) -> None:
    client = Client(broadcaster)
    client.take()
    desk.engine.spot.records["price"] = 600.25
    broadcaster.tick()
    (frame,) = client.take()
    assert (frame["type"], frame["session"]["spot"], frame["contracts"]) == ("update", 600.25, {})


def test_a_change_of_the_window_alone_sends_an_update(
    desk: FakeDesk, broadcaster: SocketBroadcaster
) -> None:
    desk.chain()
    client = Client(broadcaster)
    client.take()
    desk.set_span(2)
    broadcaster.tick()
    (frame,) = client.take()
    assert (frame["session"]["strikes"], frame["session"]["span"]) == (list(STRIKES), 2)
    entered = {ticker(strike, right) for strike in (598, 602) for right in "CP"}
    assert set(frame["contracts"]) == entered
    assert all(row["in_window"] for row in frame["contracts"].values())


def test_a_change_of_the_feed_alone_sends_an_update(
    desk: FakeDesk, broadcaster: SocketBroadcaster
) -> None:
    client = Client(broadcaster)
    client.take()
    desk.health.shown, desk.health.message = "reconnecting", "line broke"
    broadcaster.tick()
    (frame,) = client.take()
    assert frame["session"]["feed"]["state"] == "reconnecting"
    assert frame["session"]["feed"]["message"] == "line broke"


def test_where_nothing_changes_there_is_only_a_heartbeat(
    desk: FakeDesk, broadcaster: SocketBroadcaster
) -> None:
    client = Client(broadcaster)
    client.take()
    counts = []
    for beat in range(2 * BEATS):
        desk.health.age_ms, desk.health.lag_ms = beat, float(beat)  # these drift all the time
        broadcaster.tick()
        counts.append(len(client.take()))
    assert counts == 2 * [*[0] * (BEATS - 1), 1]
    assert [frame["seq"] for frame in client.frames] == [1, 2, 3]
    assert client.frames[-1]["contracts"] == {}
    assert client.frames[-1]["session"]["feed"]["age_ms"] == 2 * BEATS - 1


def test_a_client_that_was_busy_gets_the_newest_state_in_one_frame(
    desk: FakeDesk, broadcaster: SocketBroadcaster
) -> None:
    busy = Client(broadcaster)
    busy.take()
    for size in range(1, 11):
        desk.trade(CALL if size % 2 else PUT, size=size)
        broadcaster.tick()
    (frame,) = busy.take()
    assert (frame["seq"], volumes(frame)) == (2, {CALL: 25, PUT: 30})
    assert [row["size"] for row in frame["trades"]] == list(range(1, 11))


def test_a_long_absence_gets_the_newest_rows_of_the_tape(
    desk: FakeDesk, broadcaster: SocketBroadcaster
) -> None:
    busy = Client(broadcaster)
    busy.take()
    for place in range(TAPE_ROWS + 5):
        desk.trade(size=place + 1)
    broadcaster.tick()
    (frame,) = busy.take()
    assert [row["size"] for row in frame["trades"]] == list(range(6, TAPE_ROWS + 6))


def test_clients_at_the_same_place_share_what_is_serialised(
    desk: FakeDesk, broadcaster: SocketBroadcaster
) -> None:
    one, two = broadcaster.cursor(), broadcaster.cursor()
    (first,), (second,) = one.take(), two.take()
    assert first == second
    desk.trade()
    broadcaster.tick()
    position = one._seen
    shared, _ = broadcaster.frame_since(position)
    again, _ = broadcaster.frame_since(two._seen)
    assert shared is not None
    assert shared is again


def test_sharing_a_frame_loses_nothing_that_came_after_it_was_made(
    desk: FakeDesk, broadcaster: SocketBroadcaster
) -> None:
    prompt, tardy = Client(broadcaster), Client(broadcaster)
    prompt.take()
    tardy.take()
    desk.trade(CALL, size=1)
    broadcaster.tick()
    prompt.take()
    desk.trade(PUT, size=2)
    tardy.take()
    fresh = Client(broadcaster)
    fresh.take()
    desk.trade(ticker(601), size=4)
    newest = Client(broadcaster)
    newest.take()
    broadcaster.tick()
    for client in (prompt, tardy, fresh, newest):
        client.take()
        known: dict[str, int] = {}
        for frame in client.frames:
            known |= volumes(frame)
        assert (known[CALL], known[PUT], known[ticker(601)]) == (1, 2, 4)
        tape = [row["size"] for frame in client.frames for row in frame["trades"]]
        assert tape == [1, 2, 4]


def test_another_session_begins_with_a_snapshot_and_goes_on_counting(
    desk: FakeDesk, broadcaster: SocketBroadcaster
) -> None:
    desk.trade(size=5)
    client = Client(broadcaster)
    client.take()
    desk.another()
    broadcaster.tick()
    (frame,) = client.take()
    assert (frame["type"], frame["seq"], volumes(frame)[CALL]) == ("snapshot", 2, 0)
    desk.trade(size=2)
    broadcaster.tick()
    (update,) = client.take()
    assert (update["type"], update["seq"], volumes(update)) == ("update", 3, {CALL: 2})


def test_an_announcement_reaches_whoever_is_there_and_is_numbered(
    desk: FakeDesk, broadcaster: SocketBroadcaster
) -> None:
    client = Client(broadcaster)
    client.take()
    broadcaster.announce("warning", "the feed is lost")
    broadcaster.tick()
    (frame,) = client.take()
    assert frame == {
        "type": "status",
        "seq": 2,
        "ts": NOW_NS // 1_000_000,
        "level": "warning",
        "message": "the feed is lost",
        "event": {
            "t": NOW_NS // 1_000_000,
            "level": "warning",
            "kind": "mode",
            "message": "the feed is lost",
            "start": None,
            "end": None,
            "prints": None,
        },
    }
    assert [frame["type"] for frame in Client(broadcaster).take()] == ["snapshot"]


def test_clients_that_stand_together_stay_together_while_the_market_moves(
    desk: FakeDesk, broadcaster: SocketBroadcaster
) -> None:
    cursors = [broadcaster.cursor() for _ in range(3)]
    for cursor in cursors:
        cursor.take()
    for _ in range(2):
        desk.trade(CALL)
        broadcaster.tick()
        tails = []
        for cursor in cursors:
            (frame,) = cursor.take()
            tails.append(frame.parts[1])
            desk.trade(PUT)  # between two clients of one beat
        assert all(tail is tails[0] for tail in tails)


def test_a_delivery_is_measured_from_the_oldest_frame_in_the_update(
    desk: FakeDesk, broadcaster: SocketBroadcaster, clock: ManualClock
) -> None:
    cursor, busy = broadcaster.cursor(), broadcaster.cursor()
    for client in (cursor, busy):
        assert [frame.read_s for frame in client.take()] == [None]
    for _ in range(2):
        desk.trade()
        desk.health.unshown_s = clock.monotonic_s()
        clock.advance(0.2)
        broadcaster.tick()
        (frame,) = cursor.take()
        broadcaster.delivered(frame)
    clock.advance(0.1)
    (late,) = busy.take()  # it missed a beat: what waits longest is of the one before
    broadcaster.delivered(late)
    times = broadcaster.delivery_times
    assert times.sum_ms == pytest.approx(200 + 200 + 500)
    assert sum(times.counts) == 3
    desk.trade()
    broadcaster.tick()
    (told,) = busy.take()
    assert json.loads(b"".join(told.parts))["session"]["delivery_p99_ms"] == 500


def second(number: int) -> int:
    return SESSION.open_ns // 1_000_000 + number * 1000


def test_seconds_that_changed_are_sent_in_full(
    broadcaster: SocketBroadcaster, desk: FakeDesk
) -> None:
    desk.chain()
    desk.trade(CALL, 2.0, 3, seconds=100)
    client = Client(broadcaster)
    assert "bars" not in client.take()[0]
    desk.trade(CALL, 2.0, 4, seconds=100.5)
    desk.trade(PUT, 1.0, 5, seconds=102)
    broadcaster.tick()
    (frame,) = client.take()
    told = {(row["t"], row["type"], row["legs"]): row["volume"] for row in frame["bars"]}
    assert told == {
        (second(number), right, legs): 0
        for number in (100, 102)
        for right in "CP"
        for legs in ("single", "multi")
    } | {(second(100), "C", "single"): 7, (second(102), "P", "single"): 5}
    assert frame["bars"][0]["premium"] == 1400.0
    assert frame["bars"][0]["spot"] == 600.0
    desk.quote(1.9, 2.0, seconds=102.5)
    broadcaster.tick()
    assert client.take()[0]["bars"] == []


def test_a_frame_holds_the_newest_seconds_only(
    broadcaster: SocketBroadcaster, desk: FakeDesk
) -> None:
    client = Client(broadcaster)
    client.take()
    for number in range(100, 300):
        desk.trade(seconds=number)
    broadcaster.tick()
    (frame,) = client.take()
    assert len(frame["bars"]) == 600
    assert frame["bars"][0]["t"] == second(150)
    assert frame["bars"][-1]["t"] == second(299)


def test_prints_that_were_shown_and_changed_are_sent_again_as_they_are_now(
    desk: FakeDesk, broadcaster: SocketBroadcaster
) -> None:
    client, late = Client(broadcaster), Client(broadcaster)
    client.take()
    put(desk, (10.0, 302, 209))
    broadcaster.tick()
    (shown,) = client.take()
    assert [(row["id"], row["tags"]) for row in shown["trades"]] == [(0, [])]
    assert shown["changed_trades"] == []
    late.take()
    put(desk, (10.05, 303, 209))  # on another venue, at once: a sweep
    broadcaster.tick()
    for one in (client, late):
        (frame,) = one.take()
        assert [(row["id"], row["tags"]) for row in frame["trades"]] == [(1, ["sweep"])]
        assert [(row["id"], row["tags"]) for row in frame["changed_trades"]] == [(0, ["sweep"])]
    put(desk, (11.0, 303, 201))  # takes the second one back
    broadcaster.tick()
    (frame,) = client.take()
    assert frame["trades"] == []
    (again,) = frame["changed_trades"]
    assert (again["id"], "cancelled" in again["tags"]) == (1, True)
    desk.trade(PUT, seconds=20)
    broadcaster.tick()
    assert client.take()[0]["changed_trades"] == []
    (both,) = late.take()
    assert [row["id"] for row in both["changed_trades"]] == [1]


def test_what_changes_between_two_frames_of_a_beat_is_not_lost(
    desk: FakeDesk, broadcaster: SocketBroadcaster
) -> None:
    client = Client(broadcaster)
    client.take()
    broadcaster.tick()
    put(desk, (10.0, 302, 209))  # after the beat, before the frame
    assert [row["id"] for row in client.take()[0]["trades"]] == [0]
    put(desk, (10.05, 303, 209))
    broadcaster.tick()
    assert [row["id"] for row in client.take()[0]["changed_trades"]] == [0]


def test_another_session_changes_nothing_of_what_it_has_not_shown(
    desk: FakeDesk, broadcaster: SocketBroadcaster
) -> None:
    client = Client(broadcaster)
    put(desk, (10.0, 302, 209))
    client.take()
    desk.another()
    put(desk, (10.0, 304, 209))
    broadcaster.tick()
    assert client.take()[0]["type"] == "snapshot"
    put(desk, (12.0, 302, 209))
    broadcaster.tick()
    assert client.take()[0]["changed_trades"] == []


def put(desk: FakeDesk, *rows: tuple[float, int, int]) -> None:
    """Prints of one call, bought at the ask: seconds after the open, venue, condition."""
    desk.quote(1.90, 2.00, seconds=rows[0][0] - 1)
    trades, _ = trade_batch(
        [desk.number(CALL)] * len(rows),
        [SESSION.open_ns + round(seconds * 1e9) for seconds, _, _ in rows],
        [2.0] * len(rows),
        [5] * len(rows),
        [venue for _, venue, _ in rows],
        [pack([condition]) for *_, condition in rows],
        [0] * len(rows),
        list(range(len(rows))),
    )
    desk.engine.apply(EventBatch(trades, NO_QUOTES))
