import datetime as dt
from pathlib import Path

import pytest
from dotenv import dotenv_values

from spymaster.core.errors import SettingsError
from spymaster.settings import BACKEND, Settings, load_settings

EXAMPLE = BACKEND / ".env.example"


def test_the_example_documents_every_setting_and_no_other() -> None:
    assert set(dotenv_values(EXAMPLE)) == {name.upper() for name in Settings.model_fields}


def test_the_example_shows_the_defaults() -> None:
    shown = Settings(_env_file=EXAMPLE)  # type: ignore[call-arg]
    assert shown == Settings()


def test_every_setting_of_the_example_has_a_comment_above_it() -> None:
    for block in EXAMPLE.read_text().split("\n\n"):
        assert block.startswith("#"), block


def test_the_defaults_need_no_account() -> None:
    settings = load_settings()
    assert (settings.mode, settings.underlying, settings.strike_span) == ("sim", "SPY", 3)
    assert settings.data_dir == BACKEND / "data"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("STRIKE_SPAN", "all", "all"),
        ("STRIKE_SPAN", "ALL", "all"),
        ("STRIKE_SPAN", " 10 ", 10),
        ("REPLAY_SPEED", "max", None),
        ("REPLAY_SPEED", "Max", None),
        ("REPLAY_SPEED", "0.5", 0.5),
        ("REPLAY_MODE", "true", True),
        ("REPLAY_DATE", "2025-12-16", dt.date(2025, 12, 16)),
        ("SESSION_DATE", "2025-12-16", dt.date(2025, 12, 16)),
        ("UNDERLYING", "I:SPX", "I:SPX"),
        ("GREEKS_SOURCE", "vendor", "vendor"),
        ("QUOTE_LAG_MS", "Auto", "auto"),
        ("QUOTE_LAG_MS", "0", 0),
        ("QUOTE_LAG_MS", "20", 20),
        ("DATA_DIR", "/srv/days", Path("/srv/days")),
        ("ALLOWED_ORIGINS", "https://a.io/, https://b.io", ("https://a.io", "https://b.io")),
        ("SIM_START", "10:30:00", dt.time(10, 30)),
        ("SIM_START", "10:30", dt.time(10, 30)),
        ("SIM_SEED", "0", 0),
        ("RETENTION_DAYS", "36500", 36500),
    ],
)
def test_values_are_read(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, value: object
) -> None:
    monkeypatch.setenv(name, text)
    assert getattr(load_settings(), name.lower()) == value


@pytest.mark.parametrize("text", ["", "  "])
@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_a_blank_value_is_a_missing_one(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(name.upper(), text)
    assert load_settings() == Settings()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("STRIKE_SPAN", "0"),
        ("STRIKE_SPAN", "some"),
        ("STRIKE_SPAN", "2.5"),
        ("STRIKE_SPAN", "1001"),
        ("REPLAY_SPEED", "fast"),
        ("REPLAY_SPEED", "0"),
        ("REPLAY_SPEED", "-1"),
        ("REPLAY_SPEED", "nan"),
        ("REPLAY_SPEED", "inf"),
        ("REPLAY_MODE", "perhaps"),
        ("REPLAY_DATE", "yesterday"),
        ("SESSION_DATE", "2025-13-01"),
        ("UNDERLYING", "spy?"),
        ("BROADCAST_INTERVAL_MS", "x"),
        ("BROADCAST_INTERVAL_MS", "1"),
        ("GREEKS_INTERVAL_S", "0"),
        ("GREEKS_SOURCE", "guess"),
        ("QUOTE_LAG_MS", "some"),
        ("QUOTE_LAG_MS", "-1"),
        ("QUOTE_LAG_MS", "1001"),
        ("LOG_FORMAT", "xml"),
        ("SIM_START", "noon"),
        ("SIM_START", "10:30:00Z"),
        ("SIM_SEED", "-1"),
        ("RETENTION_DAYS", "0"),
        ("RETENTION_DAYS", "36501"),
        ("ACCESS_TOKEN", "schlüssel"),
        ("ACCESS_TOKEN", "to\nken"),
        ("POLYGON_REST_URL", "api.polygon.io"),
        ("POLYGON_REST_URL", "https://"),
        ("POLYGON_REST_URL", "https://[::1"),
        ("POLYGON_REST_URL", "https://api.polygon.io:99999"),
        ("POLYGON_WS_URL", "https://socket.polygon.io/options"),
        ("POLYGON_WS_URL", "wss://socket polygon.io"),
        ("ALLOWED_ORIGINS", "desk.example"),
        ("ALLOWED_ORIGINS", "https://desk.example/page"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)


def test_a_key_means_live_and_replay_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYGON_API_KEY", "k3y")
    assert load_settings().mode == "live"
    monkeypatch.setenv("REPLAY_MODE", "true")
    assert load_settings().mode == "replay"


def test_the_mode_of_the_command_line_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="POLYGON_API_KEY"):
        load_settings().in_mode("live")
    assert load_settings().in_mode("replay").mode == "replay"
    monkeypatch.setenv("POLYGON_API_KEY", "k3y")
    monkeypatch.setenv("REPLAY_MODE", "true")
    assert load_settings().in_mode("live").mode == "live"
    assert load_settings().in_mode("sim").mode == "sim"


def test_the_environment_wins_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("STRIKE_SPAN=5\nPOLYGON_API_KEY=k3y\n")
    monkeypatch.setitem(Settings.model_config, "env_file", file)
    assert (load_settings().strike_span, load_settings().mode) == (5, "live")
    monkeypatch.setenv("STRIKE_SPAN", "7")
    monkeypatch.setenv("POLYGON_API_KEY", "")
    assert (load_settings().strike_span, load_settings().mode) == (7, "sim")


def test_a_token_that_is_refused_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCESS_TOKEN", "schlüssel")
    with pytest.raises(SettingsError, match=r"^ACCESS_TOKEN: .*ASCII") as caught:
        load_settings()
    assert "schl" not in str(caught.value)


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("POLYGON_API_KEY", "ACCESS_TOKEN", "S3_ACCESS_KEY", "S3_SECRET_KEY"):
        monkeypatch.setenv(name, "s3cr3t")
    assert "s3cr3t" not in repr(load_settings())


@pytest.mark.parametrize("name", ["SESSION_DATE", "REPLAY_DATE"])
@pytest.mark.parametrize("text", ["1765843200", "2025-12-16T00:00:00", "16.12.2025", "20251216"])
def test_a_date_is_written_in_one_way(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(SettingsError, match=f"^{name}: .*YYYY-MM-DD"):
        load_settings()
