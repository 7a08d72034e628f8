"""REST fails in every way: prints go on, what it owes is said, and is made good once it answers."""

import pytest

from processes import Until, agreed

from .desk import Following

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_whatever_rest_answers_is_named_and_what_it_owes_comes_later(
    followed: Following, until: Until
) -> None:
    await followed.sim.set_faults(rest_status=500)
    before = await followed.counters()
    await followed.choose_span(6)
    await until(lambda: followed.witness.says("ok", "fault at the vendor (500)"), 60)
    for switches, words in (
        ({"rest_status": 429}, "too many requests"),
        ({"rest_status": 429, "rest_empty_body": True}, "too many requests"),
        ({"rest_html": True}, "fault at the vendor (502)"),
        ({"rest_status": 200, "rest_html": True}, "a page in place of data"),
        ({"rest_empty_body": True}, "an empty body"),
        ({"rest_broken_json": True}, "no JSON"),
    ):
        nothing = {"rest_status": 0, "rest_html": False, "rest_empty_body": False}
        await followed.sim.set_faults(**(nothing | switches))
        await until(lambda words=words: followed.witness.says("ok", words), 60)  # type: ignore[misc]
    assert (await followed.counters())["trades_counted"] > before["trades_counted"]
    assert not await agreed(followed.desk, followed.sim), "REST owes us the morning"
    await followed.sim.set_faults(rest_broken_json=False)

    async def nothing_is_owed() -> bool:
        return followed.witness.feed["message"] is None

    await until(nothing_is_owed, 60)
    assert await followed.nothing_is_lost_nor_twice(until) == {"ok"}


async def test_a_slow_rest_holds_up_nothing_else(followed: Following, until: Until) -> None:
    await followed.sim.set_faults(rest_delay_s=2.0)
    before = await followed.counters()
    await followed.choose_span(3)
    await followed.choose_span(7)
    await followed.market_moves(20, until)
    assert (await followed.counters())["trades_counted"] > before["trades_counted"]
    assert await followed.nothing_is_lost_nor_twice(until) == {"ok"}


async def test_a_refused_chain_is_a_refusal_though_prints_come(
    followed: Following, until: Until
) -> None:
    await followed.sim.set_faults(rest_status=403, rest_path="/v3/snapshot")
    await until(lambda: followed.witness.says("refused", "does not include"), 60)
    await followed.sim.set_faults(rest_status=0)
    await followed.nothing_is_lost_nor_twice(until)


@pytest.mark.parametrize("price", ["delayed", "absent"])
async def test_without_a_price_of_the_underlying_parity_gives_it(
    followed: Following, until: Until, price: str
) -> None:
    await followed.sim.set_faults(underlying_price=price, missing_greeks=1.0)

    async def by_parity() -> bool:
        return (await followed.desk.session())["spot_source"] == "parity"

    await until(by_parity)
    assert await followed.nothing_is_lost_nor_twice(until) == {"ok"}
