import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from spymaster.core.errors import VendorBusyError, VendorRefusedError
from spymaster.core.ports import (
    StreamConnected,
    StreamEvent,
    StreamLost,
    StreamRefused,
    SubscriptionRefused,
)
from spymaster.engine.flow_engine import FlowEngine
from spymaster.feeds.backfill import OVERLAP_NS, SECOND_LOOK_S
from spymaster.feeds.health import FeedHealth
from spymaster.feeds.intake import Intake
from spymaster.feeds.stream_ingestor import (
    CHAIN_RETRY_S,
    REFUSED_RETRY_S,
    LiveFeed,
    StreamIngestor,
)

from .fakes import (
    SESSION,
    STRIKES,
    Asked,
    FakeRest,
    FakeStream,
    Quote,
    Subscribed,
    Trade,
    Unsubscribed,
    data,
    engine,
    ns,
    number,
    ticker,
    tickers,
)
from .virtual_time import LoopClock

GREEKS_S = 600.0
BUSY = VendorBusyError("too many requests")


class Kit:
    """An ingestor over fakes, at ten o'clock."""

    def __init__(self, state: FlowEngine | None = None) -> None:
        self.log: list[object] = []
        self.rest, self.stream = FakeRest(self.log), FakeStream(self.log)
        self.engine = engine(span=1) if state is None else state
        clock = LoopClock(ns(1800))
        self.health = FeedHealth(clock, SESSION)
        self.ingestor = StreamIngestor(
            LiveFeed(Intake(self.engine), self.health, self.stream, self.rest, clock, GREEKS_S)
        )

    @asynccontextmanager
    async def running(self, *events: StreamEvent) -> AsyncIterator[None]:
        task = asyncio.create_task(self.ingestor.run())
        try:
            await asyncio.sleep(0.1)
            await self.tell(*events)
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def tell(self, *events: StreamEvent) -> None:
        for event in events:
            self.stream.told.put_nowait(event)
        await asyncio.sleep(0.1)

    def quotes_for(self, spot: float, since_open_s: float) -> list[Quote]:
        """Tight quotes of the first window's strikes that agree on a spot."""
        rows = []
        for strike in (599, 600, 601):
            for right, sign in (("C", 1), ("P", -1)):
                middle = 3.0 + sign * (spot - strike) / 2
                contract = number(self.engine, strike, right)
                rows.append(Quote(since_open_s, middle - 0.01, middle + 0.01, contract))
        return rows

    def prints_along(self, spot: Callable[[int], float]) -> dict[str, list[Trade]]:
        """Prints of every contract each third second around ten, as spot would have them."""
        return {
            ticker(strike, right): [
                Trade(second, 10.0 + sign * (spot(second) - strike) / 2)
                for second in range(1740, 2000, 3)
            ]
            for strike in STRIKES
            for right, sign in (("C", 1), ("P", -1))
        }

    def traded(self) -> list[str]:
        """Whose prints were asked for since the log was cleared."""
        return sorted({entry.ticker for entry in self.asked() if entry.what == "trades"})

    def asked(self) -> list[Asked]:
        return [entry for entry in self.log if isinstance(entry, Asked)]

    def volume(self, strike: float = 600) -> int:
        return int(self.engine.flow.contracts[number(self.engine, strike)]["volume"])

    @property
    def state(self) -> str:
        return self.health.state(self.engine.market_ns)


async def test_the_chain_gives_the_window_which_is_subscribed_and_back_filled() -> None:
    kit = Kit()
    kit.rest.prints[ticker(600)] = [Trade(60, size=7)]
    async with kit.running(StreamConnected(1)):
        await asyncio.sleep(1)
        assert kit.log[0] == Subscribed(tickers(599, 600, 601))
        trades = [entry for entry in kit.asked() if entry.what == "trades"]
        assert sorted(entry.ticker for entry in trades) == tickers(599, 600, 601)
        assert {entry.start_ns for entry in trades} == {SESSION.open_ns}
        assert (kit.volume(), kit.engine.flow.trades_backfilled) == (7, 1)


async def test_back_fill_waits_for_the_stream_so_that_nothing_falls_between() -> None:
    kit = Kit()
    async with kit.running():
        await asyncio.sleep(60)
        assert kit.log == [Subscribed(tickers(599, 600, 601))]
        await kit.tell(StreamConnected(1))
        assert len(kit.asked()) == 6


async def test_a_wider_window_subscribes_and_back_fills_the_entering_contracts_only() -> None:
    kit = Kit()
    async with kit.running(StreamConnected(1)):
        kit.log.clear()
        kit.engine.set_span(2)
        kit.ingestor.window_changed()
        await asyncio.sleep(1)
        entering = tickers(598, 602)
        assert kit.log[0] == Subscribed(entering)
        assert sorted(entry.ticker for entry in kit.asked()) == entering


async def test_strikes_that_the_window_leaps_over_are_filled_though_never_subscribed() -> None:
    kit = Kit()
    kit.rest.prints[ticker(602)] = [Trade(60, size=7)]
    async with kit.running(StreamConnected(1), data(Trade(1800))):
        kit.log.clear()
        kit.rest.price = 604.0
        await asyncio.sleep(GREEKS_S)
        moves = [entry for entry in kit.log if isinstance(entry, Subscribed)]
        assert moves == [Subscribed(tickers(603, 604, 605))]
        await asyncio.sleep(1)
        asked = [entry for entry in kit.asked() if entry.ticker in tickers(602)]
        assert {entry.start_ns for entry in asked} == {SESSION.open_ns}
        assert kit.volume(602) == 7


async def test_a_restarted_session_fills_what_spot_passed_while_it_was_down() -> None:
    before = Kit()
    async with before.running(StreamConnected(1), data(Trade(1800))):
        await asyncio.sleep(1)
    again = Kit(before.engine)
    again.rest.price = 604.0
    again.rest.prints[ticker(602)] = [Trade(1900, size=7)]
    async with again.running(StreamConnected(1)):
        await asyncio.sleep(1)
        assert again.volume(602) == 7


def there_and_back(second: int) -> float:
    """Spot stands at 604 for a while when nobody watches, and is back before somebody does."""
    return 600.0 + min(4.0, 0.1 * max(0.0, 80.0 - abs(second - 1890)))


async def test_what_spot_reached_in_a_break_is_filled_though_it_came_back() -> None:
    kit = Kit()
    async with kit.running(StreamConnected(1), data(Trade(1800))):
        await asyncio.sleep(SECOND_LOOK_S + 1)
        await kit.tell(StreamLost("line broke", 1.0))
        kit.log.clear()
        kit.rest.prints = kit.prints_along(there_and_back)
        await kit.tell(StreamConnected(2), data(Trade(1990)))
        await asyncio.sleep(1)
        assert kit.engine.strikes.strikes == (599.0, 600.0, 601.0)
        assert kit.traded() == tickers(599, 600, 601, 602, 603, 604, 605)
        held = kit.rest.prints[ticker(604)]
        assert kit.volume(604) == len(held)


async def test_what_spot_reached_while_the_product_was_down_is_filled() -> None:
    before = Kit()
    async with before.running(StreamConnected(1), data(Trade(1800))):
        await asyncio.sleep(1)
    again = Kit(before.engine)
    again.rest.prints = again.prints_along(there_and_back)
    async with again.running(StreamConnected(1)):
        await asyncio.sleep(1)
        assert again.volume(604) == len(again.rest.prints[ticker(604)])


async def test_a_strike_that_a_break_visits_again_is_filled_from_where_it_left() -> None:
    kit = Kit()
    async with kit.running(StreamConnected(1), data(Trade(1700))):
        kit.engine.set_span(5)
        kit.ingestor.window_changed()
        await asyncio.sleep(SECOND_LOOK_S + 1)
        kit.engine.set_span(1)
        kit.ingestor.window_changed()
        await kit.tell(data(Trade(1800)), StreamLost("line broke", 1.0))
        kit.log.clear()
        kit.rest.prints = kit.prints_along(there_and_back)
        await kit.tell(StreamConnected(2))
        asked = [entry for entry in kit.asked() if entry.ticker == ticker(604)]
        assert asked[0].start_ns == ns(1700) - OVERLAP_NS


@pytest.mark.parametrize("spot", [600.0, 600.3])
async def test_a_break_in_which_spot_stayed_costs_no_other_strike(spot: float) -> None:
    kit = Kit()
    async with kit.running(StreamConnected(1), data(Trade(1800))):
        await asyncio.sleep(SECOND_LOOK_S + 1)
        await kit.tell(StreamLost("line broke", 1.0))
        kit.log.clear()
        kit.rest.prints = kit.prints_along(lambda _: spot)
        await kit.tell(StreamConnected(2), data(Trade(1990)))
        await asyncio.sleep(30)
        assert kit.traded() == tickers(599, 600, 601)


async def test_new_contracts_are_subscribed_before_old_ones_are_dropped() -> None:
    kit = Kit()
    async with kit.running(StreamConnected(1), data(Trade(1800))):
        kit.log.clear()
        kit.rest.price = 603.0
        await asyncio.sleep(GREEKS_S)
        moves = [entry for entry in kit.log if not isinstance(entry, Asked)]
        assert moves == [
            Subscribed(tickers(602, 603, 604)),
            Unsubscribed(tickers(599, 600, 601)),
        ]


async def test_the_window_follows_spot_between_two_polls_of_the_chain() -> None:
    kit = Kit()
    async with kit.running(StreamConnected(1)):
        polls = kit.rest.chains
        await kit.tell(data(*kit.quotes_for(602.0, 1800)))
        await kit.tell(data(*kit.quotes_for(602.0, 1802)))
        await asyncio.sleep(1)
        assert (kit.engine.strikes.strikes, kit.rest.chains) == ((601.0, 602.0, 603.0), polls)
        assert Subscribed(tickers(602, 603)) in kit.log
        assert Unsubscribed(tickers(599, 600)) in kit.log


async def test_a_contract_that_returns_is_asked_for_from_where_it_left() -> None:
    kit = Kit()
    async with kit.running(StreamConnected(1), data(Trade(1800, contract=0))):
        kit.engine.set_span(2)
        kit.ingestor.window_changed()
        await asyncio.sleep(SECOND_LOOK_S + 1)
        kit.engine.set_span(1)
        kit.ingestor.window_changed()
        await kit.tell(data(Trade(1900, contract=number(kit.engine, 600))))
        kit.log.clear()
        kit.engine.set_span(2)
        kit.ingestor.window_changed()
        await asyncio.sleep(1)
        asked = {(entry.ticker, entry.start_ns) for entry in kit.asked()}
        assert asked == {(name, ns(1800) - OVERLAP_NS) for name in tickers(598, 602)}


async def test_after_a_lost_connection_every_subscribed_contract_is_asked_for_anew() -> None:
    kit = Kit()
    async with kit.running(StreamConnected(1)):
        call = number(kit.engine, 600)
        await kit.tell(data(Trade(1800, size=2, contract=call)))
        await asyncio.sleep(SECOND_LOOK_S + 1)
        await kit.tell(StreamLost("line broke", 1.0))
        assert (kit.state, kit.health.message) == ("reconnecting", "line broke")
        kit.log.clear()
        kit.rest.prints[ticker(600)] = [Trade(1800, size=2), Trade(1850, size=5)]
        await asyncio.sleep(30)
        assert kit.log == []
        await kit.tell(StreamConnected(2))
        trades = [entry for entry in kit.asked() if entry.what == "trades"]
        assert sorted(entry.ticker for entry in trades) == tickers(599, 600, 601)
        assert {entry.start_ns for entry in trades} == {ns(1800) - OVERLAP_NS}
        assert (kit.volume(), kit.state, kit.health.reconnects) == (7, "ok", 1)


async def test_a_print_of_the_gap_that_the_stream_delivers_late_counts_once() -> None:
    kit = Kit()
    async with kit.running(StreamConnected(1)):
        call = number(kit.engine, 600)
        await kit.tell(data(Trade(1800, contract=call)), StreamLost("line broke", 1.0))
        kit.rest.prints[ticker(600)] = [Trade(1800), Trade(1850, size=5)]
        await kit.tell(StreamConnected(2))
        await kit.tell(data(Trade(1850, size=5, contract=call)))
        assert kit.volume() == 6


async def test_a_contract_that_enters_while_the_stream_is_down_gets_its_whole_day() -> None:
    kit = Kit()
    async with kit.running(StreamConnected(1), data(Trade(1800))):
        await asyncio.sleep(SECOND_LOOK_S + 1)
        await kit.tell(StreamLost("line broke", 1.0))
        kit.log.clear()
        kit.engine.set_span(2)
        kit.ingestor.window_changed()
        await asyncio.sleep(1)
        assert kit.log == [Subscribed(tickers(598, 602))]
        kit.rest.prints[ticker(602)] = [Trade(60, size=8)]
        await kit.tell(StreamConnected(2))
        since = {entry.ticker: entry.start_ns for entry in kit.asked() if entry.what == "trades"}
        assert {since[name] for name in tickers(598, 602)} == {SESSION.open_ns}
        assert {since[name] for name in tickers(599, 600, 601)} == {ns(1800) - OVERLAP_NS}
        assert kit.volume(602) == 8


async def test_counters_tell_what_was_rejected() -> None:
    kit = Kit()
    async with kit.running(StreamConnected(1)):
        call = number(kit.engine, 600)
        await kit.tell(
            data(Trade(1800, contract=call), rejected=2),
            data(rejected=1),
            data(frames_rejected=1),
            data(Quote(1801, 1.0, 1.1, call), Quote(1802, 1.0, 1.1, call)),
        )
        flow = kit.engine.flow
        assert (flow.trades_received, flow.trades_counted, flow.trades_rejected) == (4, 1, 3)
        assert (flow.quotes_received, kit.health.frames_rejected) == (2, 1)


async def test_frames_are_numbered_through_in_the_order_of_their_arrival() -> None:
    kit = Kit()
    async with kit.running(StreamConnected(1)):
        call = number(kit.engine, 600)
        # The quote that signs the print comes a frame before it.
        await kit.tell(
            data(Trade(1790, 2.0, contract=call), Quote(1799, 1.9, 2.0, call)),
            data(Trade(1800, 2.0, contract=call)),
        )
        assert kit.engine.flow.contracts[call]["buy_volume"] == 1


async def test_silence_makes_the_feed_stale_and_any_message_makes_it_ok() -> None:
    kit = Kit()
    async with kit.running(StreamConnected(1), data(Trade(1800))):
        assert kit.state == "ok"
        await asyncio.sleep(6)
        assert kit.state == "stale"
        await kit.tell(data())
        assert kit.state == "ok"


async def test_what_a_silence_may_have_cost_is_asked_for_and_counted() -> None:
    kit = Kit()
    async with kit.running(StreamConnected(1)):
        call = number(kit.engine, 600)
        await kit.tell(data(Trade(1800, size=2, contract=call)))
        await asyncio.sleep(SECOND_LOOK_S + 1)
        kit.log.clear()
        kit.rest.prints[ticker(600)] = [Trade(1800, size=2), Trade(1803, size=5)]
        await kit.tell(data(Trade(1811, contract=call)))
        trades = [entry for entry in kit.asked() if entry.what == "trades"]
        assert sorted(entry.ticker for entry in trades) == tickers(599, 600, 601)
        assert {entry.start_ns for entry in trades} == {ns(1800) - OVERLAP_NS}
        assert (kit.volume(), kit.health.gaps, kit.health.contracts_owed) == (8, 1, 6)
        await asyncio.sleep(SECOND_LOOK_S + 1)
        assert kit.health.contracts_owed == 0


async def test_a_refused_key_is_shown_and_the_feed_recovers() -> None:
    kit = Kit()
    async with kit.running(StreamRefused("key refused", 1.0)):
        assert (kit.state, kit.health.message) == ("refused", "key refused")
        await kit.tell(StreamConnected(1), data(Trade(1800)))
        assert (kit.state, kit.health.message) == ("ok", None)


async def test_a_refused_chain_is_shown_and_asked_for_seldom_until_it_comes() -> None:
    kit = Kit()
    kit.rest.chain_failures = [VendorRefusedError("the plan has no chain")] * 2
    async with kit.running(StreamConnected(1)):
        assert (kit.state, kit.health.message) == ("refused", "the plan has no chain")
        await asyncio.sleep(REFUSED_RETRY_S)
        assert (kit.rest.chains, kit.log) == (2, [])
        await asyncio.sleep(REFUSED_RETRY_S)
        await kit.tell(data(Trade(1800)))
        assert (kit.state, kit.health.message) == ("ok", None)
        assert kit.log[0] == Subscribed(tickers(599, 600, 601))


async def test_a_busy_vendor_is_asked_for_the_chain_again_soon() -> None:
    kit = Kit()
    kit.rest.chain_failures = [BUSY]
    async with kit.running(StreamConnected(1), data(Trade(1800))):
        assert (kit.state, kit.health.message) == (
            "ok",
            "the chain is not to be had: too many requests",
        )
        await asyncio.sleep(CHAIN_RETRY_S)
        assert (kit.rest.chains, kit.health.message) == (2, None)


async def test_a_refused_channel_is_said_and_costs_nothing_else() -> None:
    kit = Kit()
    async with kit.running(StreamConnected(1), SubscriptionRefused("not authorized")):
        await kit.tell(data(Trade(1800)))
        assert (kit.state, kit.health.message) == (
            "ok",
            "the vendor refuses a channel: not authorized",
        )
        await kit.tell(StreamLost("line broke", 1.0), StreamConnected(2))
        assert kit.health.message is None, "it is asked for anew"


async def test_the_chain_is_polled_at_the_cadence_of_the_settings() -> None:
    kit = Kit()
    async with kit.running(StreamConnected(1)):
        await asyncio.sleep(3 * GREEKS_S + 1)
        assert kit.rest.chains == 4


async def test_a_stamp_of_another_day_moves_no_clock_and_costs_only_its_print() -> None:
    kit = Kit()
    days_ahead_s = 3 * 86_400
    async with kit.running(StreamConnected(1)):
        wrong = Trade(days_ahead_s, 1.0), Quote(days_ahead_s, 1.0, 1.1)
        right = Trade(1800, 1.0, size=3, contract=number(kit.engine, 600))
        await kit.tell(data(*wrong), data(right))
        assert kit.engine.market_ns == ns(1800)
        assert (kit.engine.flow.trades_received, kit.engine.flow.trades_rejected) == (2, 1)
        assert kit.volume() == 3
        assert kit.state == "ok"


async def test_contracts_without_quotes_by_the_vendors_limit_are_counted() -> None:
    kit = Kit()
    async with kit.running():
        assert kit.health.quotes_left_out == 0
        kit.stream.quotes_left_out = ("O:SPY251216C00700000", "O:SPY251216P00700000")
        await kit.tell(StreamConnected(1))
        assert kit.health.quotes_left_out == 2
        kit.stream.quotes_left_out = ()
        kit.ingestor.window_changed()
        await asyncio.sleep(0.1)
        assert kit.health.quotes_left_out == 0
