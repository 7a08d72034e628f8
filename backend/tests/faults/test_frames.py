"""Frames as no specification has them: every good print is counted, every bad one too."""

import pytest

from processes import Until

from .desk import Following

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_oddities_of_the_wire_cost_nothing(followed: Following, until: Until) -> None:
    before = await followed.counters()
    await followed.sim.set_faults(
        extra_keys=True, float_ints=True, repeat_sequence=0.3, late_delivery=0.2, mixed_frames=True
    )
    await followed.choose_span(4)
    await followed.market_moves(20, until)
    await followed.sim.set_faults(late_delivery=0)
    assert await followed.nothing_is_lost_nor_twice(until) == {"ok"}
    after = await followed.counters()
    assert after["trades_counted"] > before["trades_counted"]
    for name in ("trades_rejected", "frames_rejected", "reconnects"):
        assert after[name] == before[name]


async def test_bad_prints_are_told_and_cost_no_good_one(followed: Following, until: Until) -> None:
    before = await followed.counters()
    await followed.sim.set_faults(bad_trades=0.5)

    async def told() -> bool:
        return (await followed.counters())["trades_rejected"] >= before["trades_rejected"] + 20

    await until(told)
    assert await followed.nothing_is_lost_nor_twice(until) == {"ok"}


async def test_broken_frames_are_told_and_never_read_in_part(
    followed: Following, until: Until
) -> None:
    before = await followed.counters()
    await followed.sim.set_faults(malformed_frames=10, mutated_frames=30)

    async def spent() -> bool:
        faults = await followed.sim.faults()
        return faults["malformed_frames"] == faults["mutated_frames"] == 0

    await until(spent)
    assert await followed.nothing_is_lost_nor_twice(until) == {"ok"}
    after = await followed.counters()
    assert after["frames_rejected"] == before["frames_rejected"] + 40
    assert after["reconnects"] == before["reconnects"]


async def test_a_flood_of_quotes_delays_but_loses_nothing(
    followed: Following, until: Until
) -> None:
    before = await followed.counters()
    await followed.choose_span("all")
    await followed.sim.set_faults(flood=30)

    async def flooded() -> bool:
        return (await followed.counters())["quotes_received"] > before["quotes_received"] + 300_000

    await until(flooded, 60)
    await followed.sim.set_faults(flood=0)
    await followed.choose_span(3)
    assert await followed.nothing_is_lost_nor_twice(until) <= {"ok", "reconnecting"}


async def test_a_market_that_jumps_ahead_is_caught_up_with(
    followed: Following, until: Until
) -> None:
    await followed.sim.advance_to(await followed.sim.market_ns() + 600_000_000_000)
    assert await followed.nothing_is_lost_nor_twice(until) <= {"ok", "reconnecting"}
