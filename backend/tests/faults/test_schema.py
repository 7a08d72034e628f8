"""Whatever the API's own schema allows, and much that it does not, is answered without a fault."""

import asyncio
import sys
from pathlib import Path

import pytest

from processes import DATE, Until, product, running
from storage.test_cache_support import FakeSource, fetched

pytestmark = pytest.mark.asyncio(loop_scope="package")

ST = str(Path(sys.executable).with_name("st"))
EXAMPLES = "3"
"""For each operation and phase; more of them: ``st run`` by hand against a running product."""
CHECKS = "not_a_server_error,content_type_conformance,response_schema_conformance"


async def test_nothing_that_the_schema_tells_ends_in_a_fault(tmp_path: Path, until: Until) -> None:
    await fetched(tmp_path, FakeSource())
    replay = {"REPLAY_MODE": "true", "REPLAY_DATE": DATE, "REPLAY_SPEED": "max"}
    async with product(**replay, DATA_DIR=str(tmp_path)) as (desk, process):
        await until(desk.ready, 90)
        command = (
            *(ST, "run", f"{desk.url}/openapi.json", "--checks", CHECKS),
            *("--seed", "1", "--generation-deterministic", "--max-examples", EXAMPLES),
            *("--phases", "examples,coverage,fuzzing", "--mode", "all", "--no-color"),
            # `/readyz` says 503 whenever it has to, for example once a run has switched the mode.
            *("--exclude-path", "/readyz"),
        )
        async with running(*command) as fuzzer:
            code = await asyncio.wait_for(fuzzer.process.wait(), 300)
        assert code == 0, fuzzer.text
        assert "Traceback" not in process.text
        assert (await desk.get("/healthz"))[0] == 200
