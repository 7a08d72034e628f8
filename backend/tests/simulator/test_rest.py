import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spymaster.core.sessions import eastern_ns
from spymaster.simulator.path import NS
from spymaster.simulator.server import SimulatorConfig, SimulatorServer

from .conftest import ATM_CALL, ATM_PUT, DATE, Get


async def test_requests_without_a_key_are_refused(get: Get) -> None:
    status, body = await get("/v3/snapshot/options/SPY", key="")
    assert status == 401
    assert body["error"] == "Unknown API Key"
    assert (await get("/v3/snapshot/options/SPY", key="", apiKey="any"))[0] == 200


async def test_the_chain_gives_ten_rows_by_default_in_order_of_ticker(get: Get) -> None:
    _, body = await get("/v3/snapshot/options/SPY")
    tickers = [row["details"]["ticker"] for row in body["results"]]
    assert len(tickers) == 10
    assert tickers == sorted(tickers)
    assert "cursor=" in body["next_url"]
    assert "key" not in body["next_url"]


async def walk(get: Get, path: str, **query: Any) -> list[dict[str, Any]]:
    _, body = await get(path, **query)
    rows = body.get("results", [])
    while "next_url" in body:
        _, body = await get(body["next_url"])
        rows += body["results"]
    return rows


async def test_pages_of_the_chain_cover_it_once(get: Get, sim: SimulatorServer) -> None:
    rows = await walk(get, "/v3/snapshot/options/SPY", limit=100)
    assert [row["details"]["ticker"] for row in rows] == sorted(sim.day.chain.tickers)


async def test_the_chain_is_filtered_and_sorted(get: Get) -> None:
    rows = await walk(
        get,
        "/v3/snapshot/options/SPY",
        strike_price__gte=600,
        strike_price__lt=606,
        expiration_date="2025-12-16",
        contract_type="put",
        sort="strike_price",
        order="desc",
        limit=4,
    )
    assert [row["details"]["strike_price"] for row in rows] == [605, 604, 603, 602, 601, 600]
    assert {row["details"]["contract_type"] for row in rows} == {"put"}


async def test_results_are_missing_when_nothing_fits(get: Get) -> None:
    for path in ("/v3/snapshot/options/QQQ", "/v3/trades/O:SPY251216C00123000"):
        status, body = await get(path)
        assert status == 200
        assert "results" not in body
    _, body = await get("/v3/snapshot/options/SPY", strike_price=1)
    assert "results" not in body


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v3/snapshot/options/SPY", {"limit": 251}),
        ("/v3/snapshot/options/SPY", {"order": "up"}),
        ("/v3/trades/" + ATM_CALL, {"limit": 50_001}),
        ("/v3/trades/" + ATM_CALL, {"timestamp.gte": "soon"}),
        ("/v3/reference/options/contracts", {"limit": 1001}),
        ("/v3/reference/options/contracts", {"cursor": "###"}),
    ],
)
async def test_wrong_parameters_are_answered_with_400(
    get: Get, path: str, query: dict[str, Any]
) -> None:
    status, body = await get(path, **query)
    assert status == 400
    assert body["error"]


async def test_greeks_are_those_of_black_scholes_on_the_vendors_clock(
    get: Get, sim: SimulatorServer
) -> None:
    _, body = await get(f"/v3/snapshot/options/SPY/{ATM_CALL}")
    row = body["results"]
    greeks, vol = row["greeks"], row["implied_volatility"]
    spot = sim.day.spot(sim.clock.now_ns())
    # Analytics sheet 4.7: the clock behind the vendor's figures, here 14 h to 00:00 UTC.
    hours = 100 * greeks["vega"] / (greeks["gamma"] * spot**2 * vol) * 365 * 24
    assert hours == pytest.approx(9, abs=0.01)
    assert greeks["theta"] == pytest.approx(
        -0.5 * greeks["gamma"] * spot**2 * vol**2 / 365, rel=1e-6
    )
    _, put = await get(f"/v3/snapshot/options/SPY/{ATM_PUT}")
    assert put["results"]["greeks"]["gamma"] == pytest.approx(greeks["gamma"])
    assert greeks["delta"] - put["results"]["greeks"]["delta"] == pytest.approx(1)


async def test_deep_contracts_have_no_greeks(get: Get) -> None:
    rows = await walk(get, "/v3/snapshot/options/SPY", limit=250, expiration_date="2025-12-16")
    bare = [row for row in rows if "greeks" not in row]
    assert 20 < len(bare) < len(rows) / 2
    assert all("implied_volatility" not in row for row in bare)


@pytest.mark.parametrize(
    ("mode", "timeframe"), [("real-time", "REAL-TIME"), ("delayed", "DELAYED"), ("absent", None)]
)
async def test_the_price_of_the_underlying_depends_on_the_plan(
    get: Get, sim: SimulatorServer, mode: str, timeframe: str | None
) -> None:
    sim.faults.update({"underlying_price": mode})
    _, body = await get(f"/v3/snapshot/options/SPY/{ATM_CALL}")
    asset = body["results"]["underlying_asset"]
    assert asset.get("timeframe") == timeframe
    if timeframe is None:
        assert asset == {"ticker": "SPY"}
    else:
        at = sim.clock.now_ns() - (900 * NS if mode == "delayed" else 0)
        assert asset["price"] == round(sim.day.spot(at), 2)


async def test_before_the_open_the_snapshot_is_of_the_day_before() -> None:
    config = SimulatorConfig(date=DATE, start=dt.time(9, 0))
    async with SimulatorServer(config) as sim:
        assert sim.day.spot(sim.clock.now_ns()) == sim.day.path.previous_close
        assert not len(sim.day.prints_until(sim.clock.now_ns()))


async def test_the_universal_snapshot_names_unknown_tickers_in_rows(get: Get) -> None:
    _, body = await get("/v3/snapshot", ticker__any_of=f"{ATM_CALL},NOPE")
    unknown, known = body["results"]
    assert unknown == {"error": "NOT_FOUND", "message": "Ticker not found.", "ticker": "NOPE"}
    assert known["ticker"] == ATM_CALL
    assert known["type"] == "options"
    assert "session" in known
    assert "day" not in known


async def test_trades_are_newest_first_and_never_later_than_now(
    get: Get, sim: SimulatorServer
) -> None:
    _, body = await get(f"/v3/trades/{ATM_CALL}", limit=50)
    times = [row["sip_timestamp"] for row in body["results"]]
    assert times == sorted(times, reverse=True)
    assert times[0] < sim.clock.now_ns()


async def test_pages_of_trades_are_the_prints_of_the_model(get: Get, sim: SimulatorServer) -> None:
    start = sim.day.session.open_ns + 300 * NS
    end = start + 600 * NS
    rows = await walk(
        get,
        f"/v3/trades/{ATM_CALL}",
        timestamp__gte=start,
        timestamp__lt=end,
        order="asc",
        limit=100,
    )
    prints = sim.day.prints_between(start, end)
    mine = prints.take(np.flatnonzero(prints.row == sim.day.chain.rows[ATM_CALL]))
    assert [row["sip_timestamp"] for row in rows] == mine.ts.tolist()
    assert [row["price"] for row in rows] == (mine.price / 100).tolist()
    assert [row["sequence_number"] for row in rows] == mine.sequence.tolist()


async def test_a_walk_does_not_see_what_happens_meanwhile(get: Get, sim: SimulatorServer) -> None:
    _, first = await get(f"/v3/trades/{ATM_CALL}", limit=20)
    await sim.advance_by(60)
    _, second = await get(first["next_url"])
    assert second["results"][0]["sip_timestamp"] <= first["results"][-1]["sip_timestamp"]


async def test_a_past_day_is_served_whole(get: Get, sim: SimulatorServer) -> None:
    past = dt.date(2025, 12, 15)
    _, body = await get(
        "/v3/reference/options/contracts",
        expired="true",
        expiration_date="2025-12-15",
        sort="strike_price",
        limit=1000,
    )
    ticker = body["results"][len(body["results"]) // 2]["ticker"]
    _, body = await get(f"/v3/trades/{ticker}", timestamp="2025-12-15", limit=50_000)
    times = [row["sip_timestamp"] for row in body["results"]]
    assert "next_url" not in body
    assert min(times) < eastern_ns(past, dt.time(9, 40))
    assert max(times) > eastern_ns(past, dt.time(15, 50))
    other = sim.market.day(past)
    prints = other.prints_until(other.session.end_ns)
    assert len(times) == (prints.row == other.chain.rows[ticker]).sum()


async def test_quotes_are_those_of_the_model(get: Get, sim: SimulatorServer) -> None:
    end = sim.clock.now_ns()
    rows = await walk(get, f"/v3/quotes/{ATM_PUT}", timestamp__gte=end - 30 * NS, limit=50)
    row = np.array([sim.day.chain.rows[ATM_PUT]], np.int32)
    quotes = sim.day.quotes_between(end - 30 * NS, end, row)
    assert [one["sip_timestamp"] for one in rows] == quotes.ts[::-1].tolist()
    assert [one["bid_price"] for one in rows] == (quotes.bid[::-1] / 100).tolist()


async def test_the_last_trade_has_short_keys_and_nanoseconds(get: Get) -> None:
    _, trades = await get(f"/v3/trades/{ATM_CALL}", limit=1)
    _, last = await get(f"/v2/last/trade/{ATM_CALL}")
    assert last["results"]["t"] == trades["results"][0]["sip_timestamp"]
    assert last["results"]["T"] == ATM_CALL


async def test_reference_contracts(get: Get, sim: SimulatorServer) -> None:
    rows = await walk(get, "/v3/reference/options/contracts", underlying_ticker="SPY", limit=100)
    assert {row["ticker"] for row in rows} == set(sim.day.chain.tickers)
    status, one = await get(f"/v3/reference/options/contracts/{ATM_CALL}")
    assert (status, one["results"]["ticker"]) == (200, ATM_CALL)
    assert (await get("/v3/reference/options/contracts/O:SPY251216C00001000"))[0] == 404


async def test_conditions_and_exchanges_agree_with_the_vendors_tables(
    get: Get, vendor_files: Path
) -> None:
    _, body = await get("/v3/reference/conditions", asset_class="options", limit=1000)
    table = json.loads((vendor_files / "conditions.json").read_text())["results"]
    assert {(r["id"], r["name"], r["sip_mapping"]["OPRA"]) for r in body["results"]} == {
        (r["id"], r["name"], r["sip_mapping"]["OPRA"]) for r in table
    }
    _, body = await get("/v3/reference/exchanges", asset_class="options")
    table = json.loads((vendor_files / "exchanges.json").read_text())["results"]
    assert {(r["id"], r["name"], r.get("mic")) for r in body["results"]} == {
        (r["id"], r["name"], r.get("mic")) for r in table
    }


async def test_market_status(get: Get, sim: SimulatorServer) -> None:
    _, now = await get("/v1/marketstatus/now")
    assert now["market"] == "open"
    assert now["serverTime"] == "2025-12-16T10:00:00-05:00"
    _, coming = await get("/v1/marketstatus/upcoming")
    assert {"date": "2025-12-25", "status": "closed"}.items() <= coming[2].items()
    early = next(row for row in coming if row["status"] == "early-close")
    assert early["close"] == "2025-12-24T18:00:00.000Z"


async def test_minute_bars_exist_where_trades_did(get: Get, sim: SimulatorServer) -> None:
    _, body = await get(f"/v2/aggs/ticker/{ATM_CALL}/range/1/minute/2025-12-16/2025-12-16")
    assert body["resultsCount"] == len(body["results"]) == 30
    assert body["results"][0]["t"] == sim.day.session.open_ns // 1_000_000
    _, body = await get("/v2/aggs/ticker/O:X251216C00600000/range/1/minute/2025-12-16/2025-12-16")
    assert "results" not in body


def assert_keys(found: Any, recorded: Any, optional: set[str], where: str = "") -> None:
    """Every key of the recorded answer is there, with a value of the same kind."""
    if isinstance(recorded, list):
        if recorded:
            assert_keys(found[0], recorded[0], optional, f"{where}[0]")
        return
    if not isinstance(recorded, dict):
        numbers = (int, float)
        same = isinstance(found, type(recorded)) or (
            isinstance(found, numbers) and isinstance(recorded, numbers)
        )
        assert same, f"{where}: {found!r} is not like {recorded!r}"
        return
    for key, value in recorded.items():
        if key in optional:
            continue
        assert key in found, f"{where}.{key} is missing"
        assert_keys(found[key], value, optional, f"{where}.{key}")


@pytest.mark.parametrize(
    ("path", "sample"),
    [
        ("/v3/snapshot/options/SPY?strike_price=603", "snapshot_options_chain_AAPL.json"),
        (
            f"/v3/snapshot/options/SPY/{ATM_CALL}",
            "snapshot_options_contract_AAPL230616C00150000.json",
        ),
        (f"/v3/snapshot?ticker.any_of={ATM_CALL}", "snapshot_universal.json"),
        ("/v3/reference/options/contracts", "reference_options_contracts_page1.json"),
        (
            f"/v3/reference/options/contracts/{ATM_CALL}",
            "reference_options_contract_OEVRI240119C00002500.json",
        ),
        ("/v1/marketstatus/now", "marketstatus_now.json"),
        ("/v1/marketstatus/upcoming", "marketstatus_upcoming.json"),
    ],
)
async def test_answers_have_the_keys_of_recorded_ones(
    get: Get, vendor_files: Path, path: str, sample: str
) -> None:
    recorded = json.loads((vendor_files / "samples" / sample).read_text())
    _, found = await get(path)
    business = {"fmv", "next_url", "early_trading_change", "early_trading_change_percent"}
    stocks_only = {"late_trading_change", "late_trading_change_percent", "value", "code"}
    assert_keys(found, recorded, business | stocks_only)


@pytest.mark.parametrize(
    ("path", "spec"),
    [
        ("/v3/snapshot/options/SPY?strike_price=603", "/v3/snapshot/options/{underlyingAsset}"),
        (f"/v3/trades/{ATM_CALL}", "/v3/trades/{optionsTicker}"),
        (f"/v3/quotes/{ATM_CALL}", "/v3/quotes/{optionsTicker}"),
        ("/v3/reference/conditions", "/v3/reference/conditions"),
        ("/v3/reference/exchanges", "/v3/reference/exchanges"),
    ],
)
async def test_rows_hold_what_the_specification_requires_and_nothing_it_lacks(
    get: Get, vendor_files: Path, path: str, spec: str
) -> None:
    paths = json.loads((vendor_files / "openapi-options.json").read_text())["paths"]
    schema = paths[spec]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    rows = schema["properties"]["results"]["items"]
    _, body = await get(path)
    for row in body["results"]:
        assert set(rows.get("required", [])) - {"update_rules"} <= set(row)
        unknown = set(row) - set(rows["properties"]) - {"sequence_number"}
        assert not unknown
