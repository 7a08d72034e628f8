"""What stops the start, whatever mode comes first."""

from pathlib import Path

import pytest

from spymaster.app import create_app
from spymaster.core.errors import SettingsError
from spymaster.settings import load_settings


@pytest.mark.parametrize(
    ("name", "date", "words"),
    [
        ("replay_date", "2025-12-13", "not a trading day|no trading day"),
        ("replay_date", "2030-01-02", "future"),
        ("session_date", "2025-12-13", "not a trading day|no trading day"),
    ],
)
def test_a_date_that_can_be_of_no_use_stops_the_start(
    tmp_path: Path, name: str, date: str, words: str
) -> None:
    settings = load_settings(data_dir=tmp_path, **{name: date})
    with pytest.raises(SettingsError, match=f"^{name.upper()}: .*({words})"):
        create_app(settings)


@pytest.mark.parametrize("below", ["", "below/it"])
def test_a_data_dir_that_cannot_be_made_stops_the_start(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"^DATA_DIR: .*/file.* cannot be made"):
        create_app(load_settings(data_dir=tmp_path / "file" / below))
