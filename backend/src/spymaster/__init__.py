"""SPYMASTER: a self-hosted monitor of same-day option flow."""

import os

# Before pyarrow is imported: its own allocator keeps tens of megabytes of what was freed.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
