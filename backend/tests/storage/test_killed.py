"""A real process that records is killed: what it loses is the last moment, and nothing else."""

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from spymaster.core.inputs import Events

from .journal_support import read

LOSS_S = 1.0


@pytest.mark.parametrize("seed", range(3))
def test_a_kill_loses_at_most_a_second(tmp_path: Path, seed: int) -> None:
    lives_s = LOSS_S + random.Random(seed).uniform(0.05, 0.5)
    said: list[tuple[float, int]] = []
    with subprocess.Popen(
        [sys.executable, "-m", "storage.killed_writer", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        cwd=Path(__file__).parents[1],
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        while not said or said[-1][0] - said[0][0] < lives_s:
            process.stdin.write("more\n")
            said.append((time.monotonic(), int(process.stdout.readline())))
        process.kill()
        killed = time.monotonic()
    held = np.concatenate(
        [
            np.sort(np.concatenate([entry.batch.trades.arrival, entry.batch.quotes.arrival]))
            for entry in read(tmp_path)
            if isinstance(entry, Events)
        ]
    )
    assert (held == np.arange(len(held))).all()
    assert len(held) >= max(number for at, number in said if at < killed - LOSS_S)
