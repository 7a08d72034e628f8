"""Reference rows that were computed elsewhere. Source: analytics sheet, section 8."""

import csv
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "vectors"


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open() as file:
        return list(csv.DictReader(file))
