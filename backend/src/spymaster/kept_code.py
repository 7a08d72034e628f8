"""Compiled code that numba has kept beside the sources, and whether it is still of these sources.

numba looks at the file of each function alone, but what a function calls is compiled into it, and
so are constants. So all of it is deleted as soon as any of these sources is another.
"""

import contextlib
import hashlib
import sys
from importlib.metadata import version
from pathlib import Path

_SOURCES = Path(__file__).parent
_COMPILED = ("core", "analytics", "engine")
"""Packages that compiled code takes functions and constants from."""


def forget_stale() -> None:
    """Delete what is of other sources than these; before any compiled code is called."""
    made_of = _mark("sources")
    now = _fingerprint()
    with contextlib.suppress(OSError):  # where nothing can be written, nothing was kept either
        if made_of.is_file() and made_of.read_text() == now:
            return
        for kept in [_mark("whole"), *_SOURCES.rglob("*.nb[ic]")]:
            kept.unlink(missing_ok=True)
        made_of.parent.mkdir(exist_ok=True)
        made_of.write_text(now)


def is_whole() -> bool:
    """Whether everything compiled is kept; ask once the stale is forgotten."""
    return _mark("whole").is_file()


def tell_whole() -> None:
    """Remember that everything has been compiled, and kept."""
    _mark("whole").touch()


def _mark(name: str) -> Path:
    return _SOURCES / "__pycache__" / f"{name}.stamp"


def _fingerprint() -> str:
    """Of everything that decides what numba makes of these sources."""
    known = hashlib.sha256(f"{version('numba')} {sys.version}".encode())
    for path in sorted(_SOURCES.rglob("*.py")):
        text = path.read_bytes()
        if path.relative_to(_SOURCES).parts[0] in _COMPILED or b"numba" in text:
            known.update(path.name.encode() + text)
    return known.hexdigest()
