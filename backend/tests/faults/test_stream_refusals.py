"""The vendor takes the stream away or refuses it: said while it lasts, made good afterwards."""

import asyncio
import re
import signal

import aiohttp
import pytest

from processes import KEY, Until

from .desk import Following

CUT = re.compile("slow consumer, cut")

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_another_client_with_the_key_is_named(followed: Following, until: Until) -> None:
    async with aiohttp.ClientSession() as http, http.ws_connect(followed.stream_url) as other:
        await other.send_json({"action": "auth", "params": KEY})
        await until(lambda: followed.witness.says("reconnecting", "another client uses the same"))
        # The newcomer stays, and the product comes back as the newer one.
        async with asyncio.timeout(60):
            while (await other.receive()).type is not aiohttp.WSMsgType.CLOSE:
                pass
    await followed.nothing_is_lost_nor_twice(until)


async def test_a_vendor_who_does_not_hear_the_key_is_asked_again(
    followed: Following, until: Until
) -> None:
    await followed.sim.set_faults(auth_timeout=True, pings_before_connected=3, drop_connection=True)
    await until(lambda: followed.witness.says("reconnecting", "1006"))
    await until(lambda: followed.witness.says("reconnecting", "handshake"), 60)
    await followed.sim.set_faults(auth_timeout=False)
    await followed.nothing_is_lost_nor_twice(until)


async def test_a_channel_outside_the_plan_is_said_until_it_is_granted(
    followed: Following, until: Until
) -> None:
    await followed.sim.set_faults(not_authorized_channels="Q")
    await followed.choose_span(5)
    await until(lambda: followed.witness.says("ok", "refuses a channel: not authorized"))
    await followed.sim.set_faults(not_authorized_channels="", quote_limit=10)
    await followed.choose_span(6)
    await until(lambda: followed.witness.says("ok", "quote subscriptions exceeded"))
    await followed.sim.set_faults(quote_limit=1000, drop_connection=True)

    async def granted() -> bool:
        return await followed.witness.says("ok") and followed.witness.feed["message"] is None

    await until(granted, 60)
    await followed.choose_span(3)
    await followed.nothing_is_lost_nor_twice(until)


async def test_a_machine_that_slept_is_cut_off_and_comes_back(
    followed: Following, until: Until
) -> None:
    before = await followed.counters()
    await followed.choose_span("all")
    await followed.sim.set_faults(flood=200)
    told = len(followed.sim.process.text)  # a flood may have cut the product off before
    followed.process.process.send_signal(signal.SIGSTOP)
    try:
        await followed.sim.process.find(CUT, 60, after=told)
    finally:
        followed.process.process.send_signal(signal.SIGCONT)
    await followed.sim.set_faults(flood=0)
    await until(lambda: "reconnecting" in followed.witness.states, 60)
    await followed.choose_span(3)
    await followed.nothing_is_lost_nor_twice(until)
    assert (await followed.counters())["reconnects"] > before["reconnects"]
