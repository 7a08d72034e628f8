"""The stream breaks, stalls or is taken away: said while it lasts, made good afterwards."""

import asyncio
import re
import signal

import aiohttp
import pytest

from processes import KEY, Until

from .desk import Following

CUT = re.compile("slow consumer, cut")

pytestmark = pytest.mark.asyncio(loop_scope="module")


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


async def test_another_client_with_the_key_is_named(followed: Following, until: Until) -> None:
    async with aiohttp.ClientSession() as http, http.ws_connect(followed.stream_url) as other:
        await other.send_json({"action": "auth", "params": KEY})
        await until(lambda: followed.witness.says("reconnecting", "another client uses the same"))
        # The newcomer stays, and the product comes back as the newer one.
        async with asyncio.timeout(60):
            while (await other.receive()).type is not aiohttp.WSMsgType.CLOSE:
                pass
    await followed.nothing_is_lost_nor_twice(until)


async def test_a_machine_that_slept_is_cut_off_and_comes_back(
    followed: Following, until: Until
) -> None:
    before = await followed.counters()
    await followed.choose_span("all")
    await followed.sim.set_faults(flood=200)
    followed.process.process.send_signal(signal.SIGSTOP)
    try:
        await followed.sim.process.find(CUT, 60)
    finally:
        followed.process.process.send_signal(signal.SIGCONT)
    await followed.sim.set_faults(flood=0)
    await until(lambda: "reconnecting" in followed.witness.states, 60)
    await followed.choose_span(3)
    await followed.nothing_is_lost_nor_twice(until)
    assert (await followed.counters())["reconnects"] > before["reconnects"]
