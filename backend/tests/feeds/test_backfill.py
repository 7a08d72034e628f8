import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from spymaster.core.errors import VendorBusyError
from spymaster.engine.flow_engine import FlowEngine
from spymaster.feeds import backfill as module
from spymaster.feeds.backfill import OVERLAP_NS, RETRY_S, SECOND_LOOK_S, Backfill, pieces
from spymaster.feeds.health import FeedHealth
from spymaster.feeds.intake import Intake

from .fakes import (
    SESSION,
    Asked,
    FakeRest,
    Quote,
    Trade,
    batch,
    chain,
    engine,
    ns,
    number,
    ticker,
)
from .virtual_time import LoopClock

CALL = ticker(600)
END_NS = SESSION.end_ns + OVERLAP_NS


class Kit:
    """A back-fill over a day whose chain is known, with a vendor made of lists."""

    def __init__(self) -> None:
        self.log: list[object] = []
        self.rest = FakeRest(self.log)
        self.engine: FlowEngine = engine()
        self.engine.apply_snapshot(chain(600.0), SESSION.open_ns)
        self.health = FeedHealth(LoopClock(SESSION.open_ns), SESSION)
        self.health.connected(again=False)
        self.backfill = Backfill(Intake(self.engine), self.rest, self.health)
        self.call = number(self.engine, 600)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.backfill.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def asked(self, what: str = "trades") -> list[Asked]:
        return [entry for entry in self.log if isinstance(entry, Asked) and entry.what == what]

    def volume(self, contract: int | None = None) -> int:
        place = self.call if contract is None else contract
        return int(self.engine.flow.contracts[place]["volume"])


async def test_a_contract_never_covered_is_asked_for_from_the_open() -> None:
    kit = Kit()
    kit.rest.prints[CALL] = [Trade(10, size=3), Trade(20, size=4)]
    async with kit.running():
        kit.backfill.covered([kit.call])
        await asyncio.sleep(1)
    assert kit.asked() == [Asked("trades", CALL, SESSION.open_ns, END_NS)]
    assert (kit.volume(), kit.engine.flow.trades_backfilled) == (7, 2)


async def test_a_gap_is_asked_for_from_the_end_of_coverage_less_the_overlap() -> None:
    kit = Kit()
    kit.engine.apply(batch(Trade(100, size=5, contract=kit.call)))
    kit.rest.prints[CALL] = [Trade(10), Trade(100, size=5), Trade(130, size=2)]
    kit.backfill.uncovered([kit.call])
    kit.engine.apply(batch(Trade(140, contract=number(kit.engine, 600, "P"))))
    kit.backfill.uncovered([kit.call])  # told twice: the first time counts
    async with kit.running():
        kit.backfill.covered([kit.call])
        await asyncio.sleep(1)
    assert kit.asked() == [Asked("trades", CALL, ns(100) - OVERLAP_NS, END_NS)]
    assert kit.volume() == 5 + 2


async def test_quotes_are_fetched_only_where_a_print_is_missing_and_sign_it() -> None:
    kit = Kit()
    put = number(kit.engine, 600, "P")
    kit.rest.prints = {CALL: [Trade(10, 2.0)], ticker(600, "P"): [Trade(10, 2.0)]}
    kit.rest.nbbo[CALL] = [Quote(9, 1.9, 2.0)]
    kit.engine.apply(batch(Trade(10, 2.0, contract=put)))
    async with kit.running():
        kit.backfill.covered([kit.call, put])
        await asyncio.sleep(1)
    assert kit.asked("quotes") == [Asked("quotes", CALL, SESSION.open_ns, ns(10) + 1)]
    records = kit.engine.flow.contracts
    assert (records[kit.call]["buy_volume"], records[put]["volume"]) == (1, 1)


async def test_prints_past_the_last_quote_that_was_fetched_go_by_ticks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "QUOTE_ROWS", 1)
    kit = Kit()
    kit.rest.prints[CALL] = [Trade(10, 2.0), Trade(20, 1.5)]
    kit.rest.nbbo[CALL] = [Quote(9.5, 1.9, 2.0), Quote(19, 1.0, 1.5)]
    async with kit.running():
        kit.backfill.covered([kit.call])
        await asyncio.sleep(1)
    record = kit.engine.flow.contracts[kit.call]
    assert (record["volume"], record["trade_count"]) == (2, 2)
    signed = kit.engine.flow.prints
    assert [int(age) for age in signed["quote_age_ms"]] == [-1, -1]


async def test_the_strikes_nearest_to_spot_come_first() -> None:
    kit = Kit()
    async with kit.running():
        kit.backfill.covered(
            number(kit.engine, strike) for strike in (595, 604, 600, 602, 599, 601)
        )
        await asyncio.sleep(1)
    asked = [entry.ticker for entry in kit.asked()]
    assert asked[0] == ticker(600)
    assert set(asked[1:3]) == {ticker(599), ticker(601)}
    assert asked[3:] == [ticker(602), ticker(604), ticker(595)]


async def test_a_failing_vendor_is_asked_again_and_named_meanwhile() -> None:
    kit = Kit()
    kit.rest.prints[CALL] = [Trade(10, size=3)]
    kit.rest.failures = [VendorBusyError("too many requests"), VendorBusyError("still too many")]
    async with kit.running():
        kit.backfill.covered([kit.call])
        await asyncio.sleep(RETRY_S - 1)
        assert (kit.volume(), kit.health.message) == (0, "back-fill waits: too many requests")
        await asyncio.sleep(RETRY_S)
        assert (kit.volume(), kit.health.message) == (0, "back-fill waits: still too many")
        await asyncio.sleep(RETRY_S)
        assert (kit.volume(), kit.health.message) == (3, None)
    assert [entry.start_ns for entry in kit.asked()] == [SESSION.open_ns] * 3


async def test_a_second_look_finds_what_rest_did_not_have_yet() -> None:
    kit = Kit()
    kit.engine.apply(batch(Trade(100, contract=kit.call)))
    kit.rest.prints[CALL] = [Trade(100)]
    async with kit.running():
        kit.backfill.covered([kit.call])
        await asyncio.sleep(SECOND_LOOK_S - 1)
        kit.rest.prints[CALL].append(Trade(99.5, size=9))
        assert (len(kit.asked()), kit.volume()) == (1, 1)
        await asyncio.sleep(2)
        assert (len(kit.asked()), kit.volume()) == (2, 10)
        await asyncio.sleep(600)
    assert kit.asked()[1].start_ns == ns(100) - OVERLAP_NS
    assert len(kit.asked()) == 2


async def test_a_contract_gets_its_second_look_though_another_one_failed() -> None:
    kit = Kit()
    put = number(kit.engine, 600, "P")
    kit.rest.failures = [VendorBusyError("too many requests")]  # hits the first that asks
    async with kit.running():
        kit.backfill.covered([kit.call, put])
        await asyncio.sleep(2 * SECOND_LOOK_S)
    asked = [entry.ticker for entry in kit.asked()]
    assert (asked.count(CALL), asked.count(ticker(600, "P"))) == (3, 2)


async def test_gaps_told_while_it_is_busy_are_filled_afterwards() -> None:
    kit = Kit()
    kit.rest.failures = [VendorBusyError("too many requests")]
    async with kit.running():
        kit.backfill.covered([kit.call])
        await asyncio.sleep(1)
        kit.backfill.covered([number(kit.engine, 601)])
        await asyncio.sleep(RETRY_S)
    assert sorted(entry.ticker for entry in kit.asked()) == [CALL, CALL, ticker(601)]


async def test_other_work_goes_on_while_many_prints_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PIECE_ROWS", 2)
    kit = Kit()
    kit.rest.prints[CALL] = [Trade(200 * place) for place in range(1, 7)]
    seen: list[int] = []
    async with kit.running():
        kit.backfill.covered([kit.call])
        while kit.volume() < 6:
            seen.append(kit.volume())
            await asyncio.sleep(0)
    assert {2, 4} & set(seen)


def test_pieces_are_cut_where_the_tape_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE_ROWS", 4)
    times = [0, 1, 2, 300, 301, 302, 303, 700, 701, 702]
    cut = pieces(batch(*(Trade(seconds) for seconds in times)).trades)
    assert [((part.ts_event - SESSION.open_ns) // 1_000_000_000).tolist() for part in cut] == [
        [0, 1, 2],
        [300, 301],
        [302, 303],
        [700, 701, 702],
    ]


def test_pieces_tear_no_millisecond_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECE_ROWS", 4)
    assert [len(part) for part in pieces(batch(*[Trade(5)] * 9).trades)] == [9]
    assert [len(part) for part in pieces(batch().trades)] == [0]
