"""The stream breaks or stalls: said while it lasts, made good afterwards."""

import pytest

from processes import Until

from .desk import Following

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize(
    ("switch", "words"),
    [
        ({"drop_connection": True}, "1006"),
        ({"close_clean": True}, "closed by the vendor (1000)"),
        ({"hang_up": "force_disconnect"}, "cut off by the vendor (force_disconnect)"),
    ],
)
async def test_a_lost_connection_is_said_and_made_good(
    followed: Following, until: Until, switch: dict[str, object], words: str
) -> None:
    before = await followed.counters()
    await followed.sim.set_faults(**switch)
    await until(lambda: followed.witness.says("reconnecting", words))
    await followed.nothing_is_lost_nor_twice(until)
    after = await followed.counters()
    assert after["reconnects"] == before["reconnects"] + 1
    assert after["trades_backfilled"] > before["trades_backfilled"]
    assert "trying again" in followed.process.text


async def test_silence_on_an_open_connection_is_said_and_made_good(
    followed: Following, until: Until
) -> None:
    before = await followed.counters()
    await followed.sim.set_faults(stall=True)
    await until(lambda: followed.witness.says("stale"))
    await followed.sim.set_faults(stall=False)
    await followed.nothing_is_lost_nor_twice(until)
    assert (await followed.counters())["reconnects"] == before["reconnects"]
