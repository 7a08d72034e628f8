"""Real sessions that are kept beside the repository, for checks only."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[3].parent / "shared"


def real_session(name: str) -> Path:
    """The folder of a real session, laid out as a ``DATA_DIR``.

    Where it is absent the test is skipped, except in CI, where it fails.
    """
    folder = SHARED / "data" / "real" / name
    if not folder.is_dir():
        reason = f"the real session {name} is not beside the repository ({folder})"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


def facts(folder: Path) -> dict[str, Any]:
    """Totals of the session to check against."""
    return dict(json.loads((folder / "facts.json").read_text()))
