import json
from typing import Any, cast

from spymaster.core.inputs import Events, Input
from spymaster.engine.columns import Rule
from spymaster.engine.inputs import apply_input
from spymaster.engine.side import FEED_GAP_MS
from spymaster.feeds.intake import Intake
from spymaster.polygon.protocol import Data, StreamProtocol
from spymaster.storage.input_codec import joined

from .fakes import SESSION, chain, engine, ticker

CALL = ticker(600)
SILENCE_MS = FEED_GAP_MS + 1000
MS = SESSION.open_ns // 1_000_000


class Recorder:
    """Remembers what a session took."""

    def __init__(self) -> None:
        self.inputs: list[Input] = []

    def record(self, entry: Input) -> None:
        self.inputs.append(entry)


def quote(after_ms: int, bid: float, ask: float) -> dict[str, Any]:
    sizes = {"bs": 1, "as": 1, "bx": 302, "ax": 302, "q": 1}
    return {"ev": "Q", "sym": CALL, "t": MS + after_ms, "bp": bid, "ap": ask, **sizes}


def trade(after_ms: int, price: float) -> dict[str, Any]:
    rest = {"s": 1, "x": 302, "c": [209], "q": 1}
    return {"ev": "T", "sym": CALL, "t": MS + after_ms, "p": price, **rest}


STATUS = {"ev": "status", "status": "success", "message": f"subscribed to: T.{CALL}"}
FRAMES: list[list[list[dict[str, Any]]]] = [
    # Read together, the subscription's answers stand among the events and leave gaps.
    [[STATUS, STATUS, STATUS, quote(0, 1.00, 1.10)], [trade(SILENCE_MS, 1.09)]],
    [[quote(SILENCE_MS + 10, 1.00, 1.10), trade(SILENCE_MS + 20, 1.06)]],
]


def followed() -> tuple[Intake, Recorder]:
    intake, recorder = Intake(engine()), Recorder()
    intake.engine.apply_snapshot(chain(600.0), SESSION.open_ns)
    intake.record_to(recorder)
    protocol = StreamProtocol(intake.engine.table)
    for read_together in FRAMES:
        events = protocol.receive_all([json.dumps(frame) for frame in read_together])
        for event in events:
            if isinstance(event, Data):
                intake.events(event.batch)
    return intake, recorder


def test_events_joined_in_the_recording_stay_in_the_order_of_their_arrival() -> None:
    live, recorder = followed()
    again = engine()
    again.apply_snapshot(chain(600.0), SESSION.open_ns)
    (entry,) = joined(recorder.inputs)
    apply_input(again, entry)
    prints = live.engine.flow.prints
    # A quote from before a silence signs nothing, until another comes after it.
    assert prints["rule"].tolist() == [Rule.MODEL_MID, Rule.QUOTE_IN]
    assert again.flow.prints.tobytes() == prints.tobytes()


def test_a_restored_session_numbers_on_after_the_last_arrival() -> None:
    _, recorder = followed()
    again, later = Intake(engine()), Recorder()
    again.engine.apply_snapshot(chain(600.0), SESSION.open_ns)
    for entry in recorder.inputs:
        again.restore(entry)
    again.record_to(later)
    protocol = StreamProtocol(again.engine.table)
    (event,) = protocol.receive(json.dumps([trade(SILENCE_MS + 30, 1.06)]))
    again.events(cast("Data", event).batch)
    (entry,) = later.inputs
    before = cast("Events", recorder.inputs[-1]).batch.trades.arrival
    assert cast("Events", entry).batch.trades.arrival[0] == before[-1] + 1
