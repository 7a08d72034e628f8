"""One session's state: everything that events change, and nothing else.

Live, simulated and replayed days go through the same calls in the same order. What happens once a
market second (parity spot, window, greeks) happens where the kernel meets the second's first event.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spymaster.core.batches import EventBatch, QuoteBatch, TradeBatch
from spymaster.core.contracts import ContractTable
from spymaster.core.inputs import Span
from spymaster.core.sessions import Session
from spymaster.core.snapshots import ChainSnapshot
from spymaster.engine.chain_history import ChainHistory, ChainMoment, VendorColumns, dollars
from spymaster.engine.chain_solver import ChainColumns
from spymaster.engine.columns import GreeksSource
from spymaster.engine.flow_aggregator import FlowAggregator, FlowCheckpoint, Walked
from spymaster.engine.greek_enricher import GreekEnricher, GreeksCheckpoint, Source
from spymaster.engine.market_second import SecondColumns, end_second, walk
from spymaster.engine.parity_reader import PairedStrikes
from spymaster.engine.spot import SpotTracker
from spymaster.engine.store import Memory
from spymaster.engine.strike_manager import StrikeManager, Window, nearest_strike
from spymaster.engine.vendor_chain import VendorChain

_AT_THE_MONEY = 0.5
"""A call's delta there, nearly."""


class FlowEngine:
    """The state of one trading day in one underlying."""

    def __init__(
        self,
        session: Session,
        underlying: str,
        span: Span,
        *,
        quotes_follow_window: bool = True,
        greeks_source: Source = "model",
        trade_size_rule: bool = False,
        quote_lag_ms: int = 0,
        memory: Memory | None = None,
        room_for_prints: int = 1 << 16,
    ) -> None:
        """Start the day empty.

        Args:
            session: The day.
            underlying: For example ``SPY``.
            span: Strikes each side of ATM.
            quotes_follow_window: Whether quotes come only for contracts inside the window, as they
                do live; then a quote from before a contract left it says nothing on its return.
            greeks_source: Whose greeks are preferred; ``vendor`` never solves any.
            trade_size_rule: Whether step 4 of the side sequence is on.
            quote_lag_ms: Prints are signed by quotes older than this.
            memory: Where the day lies; ordinary memory by default.
            room_for_prints: Until then none is moved, which takes as long as there are many; what
                is not used costs no memory.
        """
        self.session = session
        self._quotes_follow_window = quotes_follow_window
        self.table = ContractTable(underlying, session.date)
        self.flow = FlowAggregator(
            prints=room_for_prints,
            open_ns=session.open_ns,
            close_ns=session.close_ns,
            end_ns=session.end_ns,
            trade_size_rule=trade_size_rule,
            quote_lag_ms=quote_lag_ms,
            memory=memory,
        )
        self.greeks = GreekEnricher(self.table, self.flow, session, greeks_source)
        self.strikes = StrikeManager(span)
        self.spot = SpotTracker()
        self.vendor = VendorChain()
        self.history = ChainHistory()
        self._pairs = PairedStrikes()
        self._chain = _chain_of(self.table)
        self._strike_of = np.empty(0)  # dollars, by contract number
        self._is_call = np.empty(0, dtype=np.bool_)

    @property
    def market_ns(self) -> int:
        """The newest event's time, UNIX ns; 0 before the first."""
        return self.flow.market_ns

    @property
    def atm(self) -> float | None:
        """The listed strike nearest to spot."""
        if self.spot.price is None:
            return None
        return nearest_strike(self.strikes.listed, self.spot.price)

    def apply(self, batch: EventBatch) -> None:
        """Take events in the order of their arrival."""
        self._sync_contracts()
        self.flow.apply(batch, self._on_second)

    def apply_snapshot(self, snapshot: ChainSnapshot, market_ns: int) -> None:
        """Take the vendor's chain, received at a market time (UNIX ns)."""
        self.greeks.number(snapshot)
        self._sync_contracts()
        self.spot.on_chain(snapshot, market_ns)
        if self.spot.price is None:
            self.spot.on_parity(self._pairs.read_chain(snapshot, self.table), market_ns)
        self.flow.set_spot(self.spot.pricing, market_ns)
        self.greeks.apply(snapshot, market_ns, use_greeks=market_ns >= self.session.open_ns)
        if market_ns >= self.session.open_ns:
            self.vendor.apply(
                snapshot, self.table, self.spot.pricing, self.session.close_ns, market_ns
            )
        self._move_window(market_ns)
        if self.spot.price is None:
            self._begin_window(snapshot, market_ns)

    def list_contracts(self, tickers: list[str]) -> None:
        """Tell which contracts the day has, where no chain snapshot does.

        Raises:
            ContractError: A ticker is no option ticker.
        """
        for ticker in tickers:
            self.table.number(ticker)
        self._sync_contracts()

    def missing(self, contract: int, trades: TradeBatch) -> TradeBatch:
        """What REST has of one contract and the store lacks, oldest first."""
        return self.flow.missing(contract, trades)

    def refill(self, contract: int, trades: TradeBatch, quotes: QuoteBatch) -> int:
        """Count what REST has and the store lacks; how many rows that were."""
        return self.flow.refill(contract, trades, quotes, self.greeks.at)

    def set_trade_size_rule(self, *, on: bool) -> None:
        """Sign the day so far, and what is to come, with the trade-size rule or without."""
        self.flow.set_trade_size_rule(on=on)

    def set_sources(self, greeks_source: Source, quote_lag_ms: int) -> None:
        """Whose greeks are preferred from now on, and how much older a print's quote has to be."""
        self.greeks.preferred = greeks_source
        self.flow.set_quote_lag(quote_lag_ms)

    def set_span(self, span: Span) -> None:
        """Follow this many strikes each side of ATM from now on."""
        before = self.strikes.strikes
        self.strikes.set_span(span)
        self._window_moved(before)

    def chain(self) -> ChainMoment | None:
        """The chain as it stands; from the close on, as the last sample before has it.

        None before the session's first event or snapshot.
        """
        now_ns = max(self.market_ns, self.vendor.ts)
        if now_ns >= self.session.close_ns:
            return self.history.samples.at(self.session.close_ns)
        if now_ns < self.session.open_ns:
            return None
        spot, hours = self.spot.pricing, self.vendor.hours_left
        return ChainMoment(
            now_ns,
            np.nan if spot is None else spot,
            *dollars(*self._quotes_now()),
            self._volatility_now(),
            np.nan if hours is None else hours,
        )

    def checkpoint(self) -> "EngineCheckpoint":
        """The state now. Only this engine can go back to it, and only with the same inputs."""
        return EngineCheckpoint(
            self.flow.checkpoint(),
            self.greeks.checkpoint(),
            self.strikes.window,
            self.spot.copy(),
            self.vendor.checkpoint(),
            self.history.checkpoint(),
        )

    def restore(self, past: "EngineCheckpoint") -> None:
        """Go back or forth to a checkpoint; the span in force stays."""
        self.flow.restore(past.flow)
        self.greeks.restore(past.greeks)
        self.strikes.restore(past.window)
        self.spot = past.spot.copy()
        self.vendor = past.vendor.checkpoint()
        self.history.restore(past.samples)
        # Contracts first seen after the checkpoint are known by now: its records have to say so.
        self._describe_contracts()

    def window_contracts(self) -> list[int]:
        """Numbers of the calls and puts inside the window."""
        return self.contracts_of(self.strikes.strikes)

    def contracts_of(self, strikes: tuple[float, ...]) -> list[int]:
        """Numbers of the calls and puts of some strikes."""
        inside = set(strikes)
        return [number for number, contract in enumerate(self.table) if contract.strike in inside]

    def _sync_contracts(self) -> None:
        """Make room for contracts that were first seen since the last call."""
        if self._pairs.known == len(self.table):
            return
        self._strike_of = np.array([contract.strike for contract in self.table])
        self._is_call = np.array([contract.right == "C" for contract in self.table])
        self._describe_contracts()
        self._pairs = PairedStrikes.of(self.table)
        self._chain = _chain_of(self.table)
        self.strikes.list_strikes(self._strike_of.tolist())

    def _describe_contracts(self) -> None:
        self.flow.reserve(len(self._strike_of))
        self.flow.describe(self._strike_of, self._is_call)

    def _on_second(
        self, trades: NDArray[np.void], quotes: NDArray[np.void], i: int, j: int, begins_ns: int
    ) -> Walked:
        """Walk on from the first event of a market second, as far as compiled code can."""
        i, j, disturbed, now_ns, left = walk(
            self.flow.store, self._second(), trades, quotes, i, j, begins_ns
        )
        if left:
            self._end_second(now_ns)
        return Walked(i, j, disturbed, now_ns)

    def _end_second(self, now_ns: int) -> None:
        self._move_window(now_ns)
        end_second(self.flow.store, self._second(), now_ns)

    def _second(self) -> SecondColumns:
        """What a market second works on besides the store; holds for as long as that does."""
        self.greeks.make_room(2 * len(self._chain.strike))  # as many as `walk` asks for
        hours = self.vendor.hours_left
        return SecondColumns(
            self.spot.records,
            self._pairs.inside(self.strikes.strikes),
            self._chain,
            self.greeks.log,
            self.greeks.logged,
            self.greeks.preferred == "model",
            self.strikes.records,
            self.history.room(len(self.table)),
            VendorColumns(
                self.vendor.column(self.vendor.volatility, len(self.table)),
                np.nan if hours is None else hours,
            ),
        )

    def _move_window(self, now_ns: int) -> None:
        before = self.strikes.strikes
        if self.spot.price is not None and self.strikes.on_spot(now_ns, self.spot.price):
            self._window_moved(before)

    def _begin_window(self, snapshot: ChainSnapshot, now_ns: int) -> None:
        """Follow something where nothing tells spot: the quotes that come of it will."""
        before, listed = self.strikes.strikes, self.strikes.listed
        if before or not listed:
            return
        deltas = dict(zip(snapshot.tickers, snapshot.delta.tolist(), strict=True))
        off = {
            contract.strike: abs(deltas.get(contract.ticker, np.nan) - _AT_THE_MONEY)
            for contract in self.table
            if contract.right == "C"
        }
        middle = listed[len(listed) // 2]
        known = [strike for strike in off if not np.isnan(off[strike])]
        known.sort(key=lambda strike: (off[strike], abs(strike - middle)))
        self.strikes.begin_at(known[0] if known else middle, now_ns)
        self._window_moved(before)

    def _window_moved(self, before: tuple[float, ...]) -> None:
        entering = set(self.strikes.strikes).difference(before)
        leaving = set(before).difference(self.strikes.strikes)
        changed = np.isin(self._strike_of, [*entering, *leaving])
        for number in np.flatnonzero(changed).tolist():
            if self._quotes_follow_window and self._strike_of[number] in entering:
                self.flow.forget_quotes(number)
            else:
                self.flow.touch(number)

    def _quotes_now(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Bid and ask of every contract in 1/10,000 $, 0 where there is none."""
        quotes = self.flow.newest_quotes(np.arange(len(self.table)))
        return quotes["bid"], quotes["ask"]

    def _volatility_now(self) -> NDArray[np.float64]:
        """Volatility to the close of every contract, whoever's greeks are in force."""
        records = self.flow.contracts[: len(self.table)]
        vendors = self.vendor.column(self.vendor.volatility, len(self.table))
        by_model = records["greeks_source"] == GreeksSource.MODEL
        return np.where(by_model | np.isnan(vendors), records["volatility"], vendors)


@dataclass(frozen=True, slots=True)
class EngineCheckpoint:
    """A moment of a `FlowEngine`."""

    flow: FlowCheckpoint
    greeks: GreeksCheckpoint
    window: Window | None
    spot: SpotTracker
    vendor: VendorChain
    samples: int


def _chain_of(table: ContractTable) -> ChainColumns:
    """All strikes of the day, each with the legs that are listed."""
    legs: dict[float, list[int]] = {}
    for number, contract in enumerate(table):
        legs.setdefault(contract.strike, [-1, -1])[contract.right == "P"] = number
    strikes = sorted(legs)
    return ChainColumns(
        np.array(strikes, dtype=np.float64),
        np.array([legs[strike][0] for strike in strikes], dtype=np.int64),
        np.array([legs[strike][1] for strike in strikes], dtype=np.int64),
    )
