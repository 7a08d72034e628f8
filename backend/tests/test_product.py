"""What runs as long as the product does goes on after an error."""

import asyncio

import pytest

from spymaster import product


async def test_a_part_that_ends_in_an_error_is_told_and_begins_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(product, "AGAIN_S", 0.0)
    runs = 0
    again = asyncio.Event()

    async def look_out() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise ValueError("the calendar is torn")
        again.set()
        await asyncio.Event().wait()

    running = asyncio.create_task(product.kept_going(look_out))
    async with asyncio.timeout(10):
        await again.wait()
    assert "look_out ended in an error" in caplog.text
    assert "the calendar is torn" in caplog.text
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
