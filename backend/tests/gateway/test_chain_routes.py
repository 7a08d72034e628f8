"""The chain's analytics over HTTP, on the worked chain of the analytics sheet, 3.2."""

import asyncio
import dataclasses
import math
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from analytics import worked_chain as worked
from spymaster.analytics.black_scholes import greeks
from spymaster.core.batches import NO_QUOTES, NO_TRADES, EventBatch, quote_batch, trade_batch
from spymaster.core.conditions import pack
from spymaster.core.snapshots import ChainSnapshot
from spymaster.engine.flow_engine import FlowEngine
from spymaster.gateway import chain_routes, wire_chain
from spymaster.gateway.desk import Showing

from .support import DAY, SESSION, FakeDesk, FakeHealth, Server, serve, ticker

AT_NS = SESSION.close_ns - worked.SECONDS * 10**9
"""14:00:00: two hours to the close."""
MILLION = 1e6
NAMES = [
    ticker(strike, "C" if is_call else "P")
    for strike, is_call in zip(worked.STRIKE, worked.IS_CALL, strict=True)
]


def quotes(engine: FlowEngine, seconds: float, shift: float = 0.0) -> None:
    """Tight quotes around the model's prices, so many seconds after 14:00."""
    spot = worked.SPOT + shift
    price = greeks(worked.IS_CALL, spot, worked.STRIKE, worked.YEARS, worked.VOLATILITY).price
    count = len(NAMES)
    numbers = [engine.table.find(name) for name in NAMES]
    fresh = quote_batch(
        *(numbers, [AT_NS + round(seconds * 1e9)] * count, price * 0.999, price * 1.001),
        *([10] * count, [10] * count, [302] * count, [302] * count, list(range(count))),
    )
    engine.apply(EventBatch(NO_TRADES, fresh))


def trade(engine: FlowEngine, strike: float, right: str, seconds: float, size: int) -> None:
    """Customers buy at the ask."""
    number = engine.table.find(ticker(strike, right))
    ask = float(engine.flow.newest_quotes(np.array([number]))["ask"][0]) / 10_000
    trades, _ = trade_batch(
        *([number], [AT_NS + round(seconds * 1e9)], [ask], [size], [302], [pack([209])]),
        *([0], [0]),
    )
    engine.apply(EventBatch(trades, NO_QUOTES))


def snapshot(price: float | None = worked.SPOT) -> ChainSnapshot:
    unknown = np.full(len(NAMES), np.nan)
    found = greeks(worked.IS_CALL, worked.SPOT, worked.STRIKE, worked.YEARS, worked.VOLATILITY)
    hours = 6.0
    stretch = math.sqrt(hours * 3_600 / worked.SECONDS)
    return ChainSnapshot(
        ts_received=0,
        tickers=NAMES,
        delta=found.delta,
        gamma=found.gamma,
        theta=unknown,
        vega=found.vega / 100 * stretch,
        implied_volatility=worked.VOLATILITY / stretch,
        open_interest=worked.OPEN_INTEREST,
        bid=unknown,
        ask=unknown,
        shares_per_contract=worked.MULTIPLIER,
        underlying_price=price,
        underlying_timeframe=None if price is None else "REAL-TIME",
    )


def empty_engine() -> FlowEngine:
    engine = FlowEngine(SESSION, "SPY", "all", quotes_follow_window=False)
    engine.list_contracts(NAMES)
    return engine


def afternoon() -> FlowEngine:
    """14:00:00 with the worked chain quoted and its open interest known."""
    engine = empty_engine()
    engine.apply_snapshot(snapshot(), AT_NS - 10**9)
    quotes(engine, -0.5)
    quotes(engine, 0.0)
    return engine


def show(engine: FlowEngine) -> FakeDesk:
    return FakeDesk(showing=Showing("live", engine, FakeHealth(), 1.0))


@pytest.fixture
def desk() -> FakeDesk:
    return show(afternoon())


@pytest.fixture
async def chain(page: Path, desk: FakeDesk) -> AsyncIterator[Server]:
    async with serve(page, desk=desk) as running:
        yield running


async def ask(server: Server, path: str) -> Any:
    status, body = await server.get(path)
    assert status == 200, body
    return body


def strike_of(body: Any, strike: float) -> Any:
    return next(row for row in body["strikes"] if row["strike"] == strike)


async def test_the_worked_chain_comes_out_of_its_quotes(chain: Server) -> None:
    body = await ask(chain, "/api/exposure?convention=A")
    totals, levels = body["totals"], body["levels"]
    assert body["spot"] == pytest.approx(worked.SPOT, abs=1e-3)
    assert totals["gex"] / MILLION == pytest.approx(254.638, rel=0.01)
    assert totals["gex_per_dollar"] == pytest.approx(70_673.9, rel=0.01)
    assert totals["gex_finite"] / MILLION == pytest.approx(165.2, rel=0.01)
    assert totals["dex"] / MILLION == pytest.approx(1_425.93, rel=0.01)
    assert totals["vex"] / MILLION == pytest.approx(27.607, rel=0.01)
    assert totals["chex"] / MILLION == pytest.approx(-142.850, rel=0.01)
    assert (totals["headline"], totals["gex_error"], totals["left_out"]) == ("finite", None, 0)
    told = {name: level["value"] for name, level in levels.items()}
    assert (told["call_wall"], told["put_wall"]) == (602, 598)
    assert (told["oi_call_wall"], told["oi_put_wall"], told["max_pain"]) == (602, 595, 600)
    assert told["flip"] == pytest.approx(599.991, abs=0.01)
    assert body["flips"] == [told["flip"]]
    assert told["expected_move"] == pytest.approx(1.802, abs=2e-3)
    assert told["straddle_move"] == pytest.approx(0.85 * 1.4381, abs=2e-3)
    assert told["put_call_open_interest"] == pytest.approx(50_300 / 47_000)
    assert told["skew_25_delta"] == pytest.approx(1.373, abs=0.01)
    assert told["skew_normalised"] == pytest.approx(0.0691, abs=5e-4)
    assert levels["put_call_volume"] == {"value": None, "reason": "no volume of calls"}
    unknown = {"value": None, "reason": "no premium of puts"}
    assert levels["put_premium_weighted_strike"] == unknown


async def test_each_strike_shows_its_legs_and_positions(chain: Server) -> None:
    row = strike_of(await ask(chain, "/api/exposure?convention=A"), 602)
    assert (row["call_position"], row["put_position"]) == (9_800, -900)
    assert row["call"]["gex"] / MILLION == pytest.approx(489.627, rel=0.01)
    assert row["put"]["gex"] / MILLION == pytest.approx(-44.966, rel=0.01)
    assert row["total"]["gex"] == pytest.approx(row["call"]["gex"] + row["put"]["gex"])
    assert 0 < row["pin_probability"] < 0.2
    whole = await ask(chain, "/api/exposure?convention=B")
    absolute = strike_of(whole, 602)["total"]["gex"]
    assert row["magnet"] == pytest.approx(absolute * row["pin_probability"])


async def test_the_flow_of_the_day_moves_positions_by_weight(chain: Server, desk: FakeDesk) -> None:
    quotes(desk.engine, 0.9)
    trade(desk.engine, 600, "C", 1.0, 500)
    trade(desk.engine, 598, "P", 1.0, 400)
    body = await ask(chain, "/api/exposure")
    assert (body["convention"], body["base"]) == ("D", 0.0)
    assert strike_of(body, 600)["call_position"] == pytest.approx(-200)
    assert strike_of(body, 598)["put_position"] == pytest.approx(-160)
    by_hand = 0.0
    _, contracts = await chain.get("/api/contracts")
    for strike, right, size in ((600, "C", 500), (598, "P", 400)):
        delta = contracts["contracts"][ticker(strike, right)]["delta"]
        by_hand -= 0.4 * size * 100 * delta * body["spot"]
    assert body["totals"]["dex"] == pytest.approx(by_hand, rel=1e-3)
    assert body["totals"]["dex_error"] > abs(body["totals"]["dex"])
    assert body["levels"]["put_call_volume"]["value"] == pytest.approx(0.8)
    based = await ask(chain, "/api/exposure?base=0.5")
    assert strike_of(based, 600)["call_position"] == pytest.approx(0.5 * 8_200 - 200)
    assert "+0.5 times convention A" in based["describes"]


async def test_the_day_tells_where_its_premium_went(chain: Server, desk: FakeDesk) -> None:
    for strike, right, size in ((600, "C", 500), (602, "C", 250), (598, "P", 400)):
        trade(desk.engine, strike, right, 1.0, size)
    body = await ask(chain, "/api/exposure")
    _, contracts = await chain.get("/api/contracts")
    near, far = (
        contracts["contracts"][ticker(strike, "C")]["cumulative_premium"] for strike in (600, 602)
    )
    by_hand = (600 * near + 602 * far) / (near + far)
    assert body["levels"]["call_premium_weighted_strike"]["value"] == pytest.approx(by_hand)
    assert body["levels"]["put_premium_weighted_strike"]["value"] == 598
    assert strike_of(body, 602)["call_volume_to_open_interest"] == pytest.approx(250 / 9_800)
    assert strike_of(body, 602)["put_volume_to_open_interest"] == 0


@pytest.mark.parametrize("convention", ["A", "B", "C", "D"])
async def test_answers_are_the_messages_and_name_the_convention(
    chain: Server, convention: str
) -> None:
    body = await ask(chain, f"/api/exposure?convention={convention}")
    assert msgspec.convert(body, wire_chain.ExposureReply).convention == convention
    assert body["describes"]


async def test_a_moment_of_the_past_is_told_as_it_was(chain: Server, desk: FakeDesk) -> None:
    engine = desk.engine
    quotes(engine, 0.9)
    trade(engine, 600, "C", 1.0, 500)
    before = await ask(chain, "/api/exposure")
    for second in range(9, 61):
        quotes(engine, second + 0.5, shift=0.4)
    trade(engine, 602, "C", 60.9, 300)
    now = await ask(chain, "/api/exposure")
    past = await ask(chain, "/api/exposure?at=14:00:09")
    assert now["spot"] == pytest.approx(worked.SPOT + 0.4, abs=0.01)
    assert past["spot"] == pytest.approx(worked.SPOT, abs=1e-3)
    assert past["market_time"] == AT_NS // 10**6
    assert past["totals"]["dex"] == pytest.approx(before["totals"]["dex"], rel=1e-3)
    assert strike_of(past, 602)["call_position"] == 0
    assert strike_of(now, 602)["call_position"] == pytest.approx(-120)
    assert await ask(chain, "/api/exposure?at=15:59:00") == now
    smile = await ask(chain, "/api/smile?at=14:00:09")
    assert smile["market_time"] == AT_NS // 10**6
    assert smile["points"][5]["call"]["vendor_delta"] is None


@pytest.mark.parametrize("path", ["/api/exposure?at=09:45", "/api/smile?at=09:45:00"])
async def test_before_the_first_data_everything_is_null(chain: Server, path: str) -> None:
    body = await ask(chain, path)
    assert (body["market_time"], body["spot"]) == (None, None)
    if "points" in body:
        assert body["points"] == []
        return
    assert body["totals"]["gex"] is None
    assert body["levels"]["flip"] == {"value": None, "reason": "spot is not known yet"}
    assert {row["total"] for row in body["strikes"]} == {None}


async def test_a_day_without_anything_yet_answers_all_the_same(page: Path) -> None:
    desk = show(FlowEngine(SESSION, "SPY", 3))
    async with serve(page, desk=desk) as server:
        for path in ("/api/exposure", "/api/exposure/path", "/api/smile", "/api/heatmap"):
            for lens in ("delta", "gamma"):
                await ask(server, f"{path}?lens={lens}")
        assert (await ask(server, "/api/exposure"))["strikes"] == []
        assert (await ask(server, "/api/exposure/path"))["points"] == []
        assert (await ask(server, "/api/heatmap"))["t"] == []


async def test_without_open_interest_only_the_flow_is_told(page: Path) -> None:
    engine = empty_engine()
    quotes(engine, -0.5)
    quotes(engine, 0.0)
    async with serve(page, desk=show(engine)) as server:
        naive = await ask(server, "/api/exposure?convention=A")
        assert naive["totals"]["gex"] is None
        assert naive["levels"]["max_pain"]["reason"] == "open interest is not known"
        assert (await ask(server, "/api/exposure"))["totals"]["gex"] == 0.0


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/api/exposure?convention=E", "convention"),
        ("/api/exposure?base=1.5", "base"),
        ("/api/exposure?base=nan", "base"),
        ("/api/exposure?at=noon", "at=10:15:00"),
        ("/api/exposure?at=25:00:00", "at=10:15:00"),
        ("/api/exposure?at=1015", "at=10:15:00"),
        ("/api/exposure?at=10:15:00%2B02:00", "at=10:15:00"),
        ("/api/exposure/path?since=x", "since=10:15:00"),
        ("/api/smile?at=", "at=10:15:00"),
        ("/api/heatmap?lens=theta", "lens"),
        ("/api/heatmap?interval=0", "interval"),
        ("/api/heatmap?interval=61", "interval"),
        ("/api/heatmap?interval=ten", "interval"),
    ],
)
async def test_what_makes_no_sense_is_refused_in_one_line(
    chain: Server, path: str, word: str
) -> None:
    status, body = await chain.get(path)
    assert (status, list(body)) == (422, ["detail"])
    assert word in body["detail"]
    assert "\n" not in body["detail"]


async def test_the_path_has_a_point_every_half_minute(chain: Server, desk: FakeDesk) -> None:
    for second in range(10, 100, 10):
        quotes(desk.engine, second - 0.5, shift=second / 100)
        quotes(desk.engine, second, shift=second / 100)
    body = await ask(chain, "/api/exposure/path?convention=A")
    offsets = [(point["t"] - AT_NS // 10**6) / 1_000 for point in body["points"]]
    assert offsets == [-1.0, 0.0, 30.0, 60.0, 90.0]
    point = body["points"][1]
    assert point["gex"] / MILLION == pytest.approx(254.638, rel=0.01)
    assert (point["call_wall"], point["put_wall"], point["max_pain"]) == (602, 598, 600)
    assert point["flip"] == pytest.approx(599.991, abs=0.01)
    later = await ask(chain, "/api/exposure/path?convention=A&since=14:01:00")
    assert later["points"] == body["points"][3:]
    by_ms = await ask(chain, f"/api/exposure/path?convention=A&since={AT_NS // 10**6 + 60_000}")
    assert by_ms == later


async def test_a_wall_holds_until_another_strike_is_a_tenth_stronger(
    chain: Server, desk: FakeDesk
) -> None:
    engine = desk.engine
    walls, held = [], 0
    for step in range(40):
        quotes(engine, 30 * step + 0.5, shift=step / 40)
        quotes(engine, 30 * step + 1.0, shift=step / 40)
        body = await ask(chain, "/api/exposure?convention=B")
        strength = {
            row["strike"]: row["total"]["gex"]
            for row in body["strikes"]
            if row["strike"] >= body["spot"]
        }
        wall = body["levels"]["call_wall"]["value"]
        assert max(strength.values()) <= 1.1 * strength[wall]
        walls.append(wall)
        held += max(strength.values()) > strength[wall]
    assert (walls[0], walls[-1], held > 0) == (601, 602, True)


async def test_a_cancel_corrects_the_path_behind_it(chain: Server, desk: FakeDesk) -> None:
    engine = desk.engine
    quotes(engine, 4.9)
    trade(engine, 600, "C", 5.0, 500)
    for second in (30, 60):
        quotes(engine, second - 0.5)
        quotes(engine, second)
    held = await ask(chain, "/api/exposure/path")
    assert held["points"][-1]["gex"] < -1 * MILLION
    number = engine.table.find(ticker(600))
    print_ = engine.flow.prints[0]
    trades, _ = trade_batch(
        *([number], [AT_NS + 61 * 10**9], [int(print_["price"]) / 10_000], [500], [302]),
        *([pack([201])], [0], [0]),
    )
    engine.apply(EventBatch(trades, NO_QUOTES))
    corrected = await ask(chain, "/api/exposure/path")
    assert [point["gex"] for point in corrected["points"]] == [0.0] * len(held["points"])


async def test_the_smile_shows_band_greeks_and_the_vendors(chain: Server) -> None:
    body = await ask(chain, "/api/smile")
    msgspec.convert(body, wire_chain.SmileReply)
    assert body["seconds_left"] == pytest.approx(worked.SECONDS)
    assert body["atm_iv"] == pytest.approx(0.198725, abs=5e-4)
    assert body["session_iv"] == pytest.approx(0.43242 * body["atm_iv"], rel=1e-4)
    assert body["vendor_hours_left"] == pytest.approx(6.0, rel=1e-3)
    point = next(point for point in body["points"] if point["strike"] == 601)
    assert point["side"] == "C"
    assert point["bid_iv"] < point["mid_iv"] < point["ask_iv"]
    assert point["mid_iv"] == pytest.approx(0.1949, abs=5e-4)
    assert point["implied_volatility"] == pytest.approx(0.1949, abs=5e-4)
    assert not point["doubtful"]
    assert point["moneyness"] == pytest.approx(0.75 / 1.802, rel=0.01)
    call, put = point["call"], point["put"]
    assert call["delta"] - put["delta"] == pytest.approx(1.0)
    assert (call["gamma"], call["vega_pt"]) == (put["gamma"], put["vega_pt"])
    assert call["delta"] == pytest.approx(0.336314, abs=2e-3)
    assert call["vendor_delta"] == pytest.approx(0.336314, abs=1e-6)
    assert call["vendor_implied_volatility"] < 0.1949


async def test_flow_falls_into_the_heatmaps_cells(chain: Server, desk: FakeDesk) -> None:
    quotes(desk.engine, 4.9)
    trade(desk.engine, 600, "C", 5.0, 10)
    quotes(desk.engine, 14.9)
    trade(desk.engine, 601, "P", 15.0, 20)
    body = await ask(chain, "/api/heatmap?lens=delta&since=14:00:00")
    assert [(t - AT_NS // 10**6) / 1_000 for t in body["t"]] == [0, 10]
    place = {strike: body["strikes"].index(strike) for strike in (600.0, 601.0)}
    values = body["values"]
    assert values[0][place[600.0]] == pytest.approx(0.4 * 10 * 100 * 0.5554, rel=0.01)
    assert values[1][place[601.0]] == pytest.approx(-0.4 * 20 * 100 * 0.6637, rel=0.01)
    assert values[0][place[601.0]] == values[1][place[600.0]] == 0.0
    premium = await ask(chain, "/api/heatmap?lens=premium&since=14:00:00&interval=60")
    assert len(premium["t"]) == 1
    assert premium["values"][0][place[600.0]] == pytest.approx(10 * 85.54, rel=0.01)


@pytest.mark.parametrize(("lens", "name"), [("gamma", "gex"), ("charm", "chex")])
async def test_exposure_fills_the_heatmap_at_the_end_of_each_column(
    chain: Server, desk: FakeDesk, lens: str, name: str
) -> None:
    quotes(desk.engine, 4.9)
    body = await ask(chain, f"/api/heatmap?lens={lens}&convention=A&interval=5&since=13:59:00")
    exposure = await ask(chain, "/api/exposure?convention=A&at=14:00:00")
    assert body["strikes"] == [row["strike"] for row in exposure["strikes"]]
    expected = [row["total"][name] for row in exposure["strikes"]]
    assert body["values"][-1] == pytest.approx(expected, rel=1e-6, abs=0.01)
    assert body["values"][0] == [None] * len(expected)
    assert body["spot"][-1] == pytest.approx(worked.SPOT, abs=1e-3)


async def test_an_answer_is_computed_once_for_all_who_ask(
    chain: Server, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    original = chain_routes.smile_reply

    def counted(view: Any) -> Any:
        made.append(threading.get_ident())
        return original(view)

    monkeypatch.setattr(chain_routes, "smile_reply", counted)
    bodies = await asyncio.gather(*(ask(chain, "/api/smile") for _ in range(20)))
    assert len(made) == 1
    assert all(body == bodies[0] for body in bodies)
    assert made[0] != threading.get_ident()
    quotes(desk.engine, 1.0)
    await ask(chain, "/api/smile")
    assert len(made) == 2


async def test_a_leap_back_voids_answers_and_paths(chain: Server, desk: FakeDesk) -> None:
    engine = desk.engine
    past = engine.checkpoint()
    quotes(engine, 0.9)
    trade(engine, 600, "C", 1.0, 500)
    quotes(engine, 59.5)
    quotes(engine, 60.0)
    after = await ask(chain, "/api/exposure/path")
    engine.restore(past)
    desk.showing = dataclasses.replace(desk.showing)
    before = await ask(chain, "/api/exposure/path")
    assert len(before["points"]) < len(after["points"])
    assert (await ask(chain, "/api/exposure"))["totals"]["dex"] == 0.0


def test_a_time_of_day_is_eastern() -> None:
    assert chain_routes.instant(SESSION, "at", "14:00:00") == AT_NS
    assert DAY.isoformat() == "2025-12-16"
