"""What is not needed is resident no longer, and is there again where it is."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba import njit

from spymaster.storage.memory import give_back

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def resident_code_of_the_compiler() -> int:
    """Kilobytes."""
    found = re.findall(
        r" r-xp [^\n]*/libllvmlite[^\n]*\n(?:[^\n]*kB\n)*?Rss: +(\d+) kB",
        Path("/proc/self/smaps").read_text(),
    )
    assert found
    return sum(map(int, found))


def compiled(addend: int) -> int:
    """What compiled code says that nobody had before."""
    return int(njit(lambda value: value + addend)(np.int64(1)))


def test_the_compiler_is_not_resident_until_it_is_called_again() -> None:
    assert compiled(1) == 2
    assert resident_code_of_the_compiler() > 5_000
    give_back()
    assert resident_code_of_the_compiler() < 1_000
    assert compiled(2) == 3


def test_an_array_takes_the_small_pages_that_are_touched() -> None:
    pages = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if not pages.exists() or "[madvise]" not in pages.read_text():
        pytest.skip("large pages are not given on request")
    touched = (
        "import re, spymaster, numpy as np\n"
        "room = np.zeros(2**26, np.uint8)\n"
        "room[:: 2**21] = 1\n"
        "print(re.findall(r'AnonHugePages: +(\\d+)', open('/proc/self/smaps_rollup').read())[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", touched], check=True, capture_output=True, text=True
    )
    assert int(done.stdout) == 0
