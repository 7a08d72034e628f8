"""The vendor's own client works against the simulator, unchanged."""

import asyncio
from typing import Any

from massive import RESTClient, WebSocketClient
from massive.websocket.models import Market

from spymaster.simulator.server import SimulatorServer

from .conftest import ATM_CALL, ATM_PUT


def rest(sim: SimulatorServer) -> RESTClient:
    return RESTClient(api_key="x", base=sim.rest_url, retries=0)


async def test_it_follows_the_pages_of_the_chain(sim: SimulatorServer) -> None:
    def ask() -> list[Any]:
        return list(rest(sim).list_snapshot_options_chain("SPY", params={"limit": 50}))

    rows = await asyncio.to_thread(ask)
    assert {row.details.ticker for row in rows} == set(sim.day.chain.tickers)
    middle = next(row for row in rows if row.details.ticker == ATM_CALL)
    assert 0 < middle.greeks.delta < 1
    assert middle.underlying_asset.price > 0


async def test_it_reads_one_contract(sim: SimulatorServer) -> None:
    found: Any = await asyncio.to_thread(rest(sim).get_snapshot_option, "SPY", ATM_CALL)
    assert found.details.ticker == ATM_CALL
    assert found.last_quote.bid < found.last_quote.ask
    assert found.last_trade.size > 0


async def test_it_lists_trades_quotes_and_contracts(sim: SimulatorServer) -> None:
    client = rest(sim)
    end = sim.clock.now_ns()

    def ask() -> tuple[list[Any], list[Any], list[Any]]:
        return (
            list(client.list_trades(ATM_CALL, timestamp_gte=end - 300_000_000_000, limit=40)),
            list(client.list_quotes(ATM_CALL, timestamp_gte=end - 60_000_000_000, limit=40)),
            list(client.list_options_contracts(underlying_ticker="SPY", limit=50)),
        )

    trades, quotes, contracts = await asyncio.to_thread(ask)
    assert len(trades) > 40
    assert all(trade.sip_timestamp < end for trade in trades)
    assert len(quotes) > 40
    assert len(contracts) == len(sim.day.chain)


async def test_its_stream_takes_subscriptions_while_it_runs(sim: SimulatorServer) -> None:
    seen: list[Any] = []
    client = WebSocketClient(
        api_key="x",
        feed=f"127.0.0.1:{sim.port}",
        market=Market.Options,
        secure=False,
        subscriptions=[f"T.{ATM_CALL}"],
    )

    async def keep(messages: Any) -> None:
        seen.extend(messages)

    async def until(found: Any) -> None:
        async with asyncio.timeout(30):
            while not found():
                await sim.advance_by(1)
                await asyncio.sleep(0.01)

    def symbols(kind: str) -> set[str]:
        return {one.symbol for one in seen if one.event_type == kind}

    running = asyncio.create_task(client.connect(keep))
    await until(lambda: ATM_CALL in symbols("T"))
    client.subscribe(f"Q.{ATM_PUT}")
    await until(lambda: ATM_PUT in symbols("Q"))
    client.unsubscribe(f"T.{ATM_CALL}")
    held = next(iter(sim.stream._connections)).protocol.held
    await until(lambda: held == {("Q", ATM_PUT)})
    await client.close()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
