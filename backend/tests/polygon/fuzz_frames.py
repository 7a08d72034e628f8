"""Fuzz the reading of frames, guided by coverage. Not part of the tests; from ``backend/``::

    uv run --with atheris python tests/polygon/fuzz_frames.py -max_total_time=600

Every frame goes through the whole protocol, which must not raise, and through compiled and typed
decoder, which must agree. A frame that breaks this is written to a file ``crash-…`` that the
program takes as an argument.
"""

import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-not-found]

sys.path.insert(0, str(Path(__file__).parents[1]))
from polygon.frames import CALL, PUT, TOMORROW, frame, quote, trade
from polygon.test_frame_scanner import assert_alike, builder
from spymaster.core.contracts import ContractTable
from spymaster.polygon import elements, protocol

# By hand: what numba compiles must not be instrumented.
for name in ("decode_frame", "decode_tolerantly", "_convert", "_plain", "_is_foreign"):
    setattr(elements, name, atheris.instrument_func(getattr(elements, name)))
protocol.decode_frame = elements.decode_frame
protocol.decode_tolerantly = elements.decode_tolerantly

_BUILDER = builder()
_SEEDS = (
    frame(trade(), quote(), trade(PUT, c=...), quote(TOMORROW, bp=0)),
    frame({"ev": "status", "status": "auth_success", "message": "authenticated"}, trade(s=12.0)),
    frame({"ev": "A", "sym": CALL, "v": 3, "o": 1.25, "z": 12}, trade(p=None), quote(ax="x")),
)


def read(data: bytes) -> None:
    """One frame, by every way."""
    table = ContractTable(_BUILDER._table.underlying, _BUILDER._table.expiration)
    protocol.StreamProtocol(table).receive(data)
    if not elements.decode_frame(data, table).rejected:
        assert_alike(data, _BUILDER)


if __name__ == "__main__":
    corpus = Path(tempfile.gettempdir()) / "spymaster-frames"
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(_SEEDS):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup([*sys.argv, str(corpus)], read)
    atheris.Fuzz()
