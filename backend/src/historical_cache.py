"""The cache's door from ``backend/``: ``from src.historical_cache import HistoricalDataCache``."""

from pathlib import Path

from spymaster.settings import load_settings
from spymaster.storage import historical_cache


class HistoricalDataCache(historical_cache.HistoricalDataCache):
    """The cache under ``DATA_DIR``, or under a folder given."""

    def __init__(self, data_dir: Path | None = None) -> None:
        super().__init__(data_dir or load_settings().data_dir)
