"""The ASGI door: ``uv run fastapi dev src/main.py``."""

import sys

from spymaster.app import create_app
from spymaster.core.errors import SpymasterError
from spymaster.settings import load_settings

try:
    app = create_app(load_settings())
except SpymasterError as exc:
    sys.exit(f"spymaster: {exc}")
