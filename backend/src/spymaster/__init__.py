"""SPYMASTER: a self-hosted monitor of same-day option flow."""

import os

# Before pyarrow is imported: its own allocator keeps tens of megabytes of what was freed.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
# Before numpy is: a large page is cleared whole, which takes several times as long as small ones
# where a virtual machine's memory has to be found first; a replay took half as long again.
os.environ.setdefault("NUMPY_MADVISE_HUGEPAGE", "0")
