"""The vendor's recorded responses, where they lie beside the checkout."""

import json
import math
import os
from pathlib import Path

import pytest

from spymaster.polygon.rest_columns import chain_snapshot
from spymaster.polygon.rest_models import ChainRow, page_decoder

SAMPLES = Path(__file__).parents[3].parent / "shared" / "vendor" / "samples"


@pytest.fixture(autouse=True)
def _samples_or_skip() -> None:
    if SAMPLES.is_dir():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{SAMPLES} is missing, and CI must not skip it")
    pytest.skip(f"{SAMPLES} is not on this machine")


def body(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


@pytest.mark.parametrize(
    "name",
    ["snapshot_options_chain_AAPL.json", "snapshot_options_contract_AAPL230616C00150000.json"],
)
def test_a_recorded_snapshot(name: str) -> None:
    page = page_decoder(ChainRow)(body(name))
    chain = chain_snapshot(page.rows, 1)
    assert (page.next_url, page.skipped) == (None, 0)
    assert chain.tickers == ["O:AAPL230616C00150000"]
    assert chain.delta.tolist() == [0.6436614934293701]
    assert chain.implied_volatility.tolist() == [0.3570277203465058]
    assert chain.open_interest.tolist() == [8133]
    assert (chain.bid.tolist(), chain.ask.tolist()) == ([28.9], [29.25])
    assert (chain.underlying_price, chain.underlying_timeframe) == (159.9606, "REAL-TIME")


def test_the_recorded_universal_snapshot_has_rows_of_all_kinds() -> None:
    raw = body("snapshot_universal.json")
    page = page_decoder(ChainRow)(raw)
    recorded = json.loads(raw)["results"]
    assert (len(page.rows), page.skipped) == (len(recorded), 0)
    named = [row for row in page.rows if row.name]
    assert len(named) < len(page.rows)
    assert math.isnan(chain_snapshot(named, 1).delta[-1]) or named
