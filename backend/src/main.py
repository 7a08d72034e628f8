"""The ASGI door: ``uv run fastapi dev src/main.py``."""

import sys

from spymaster.app import create_app
from spymaster.core.errors import SpymasterError
from spymaster.kept_code import forget_stale
from spymaster.settings import load_settings
from spymaster.storage.memory import keep_for_reuse

forget_stale()
keep_for_reuse()
try:
    app = create_app(load_settings())
except SpymasterError as exc:
    sys.exit(f"spymaster: {exc}")
