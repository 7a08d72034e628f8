"""Settings: read once from the environment and ``backend/.env``, then handed on in parts."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from spymaster.core.errors import SettingsError
from spymaster.core.sessions import date_of, eastern_time
from spymaster.engine.strike_manager import MAX_SPAN

BACKEND = Path(__file__).resolve().parents[2]

type Mode = Literal["live", "replay", "sim"]


def _word(value: object) -> object:
    return str(value).strip().lower()


def _speed(value: object) -> object:
    """``max`` means as fast as possible, which is None inside."""
    return None if str(value).strip().lower() == "max" else value


def _read_by(reader: Callable[[str], object]) -> BeforeValidator:
    """As the product reads it elsewhere: pydantic takes numbers for dates, and zones for times."""

    def read(value: object) -> object:
        try:
            return reader(value.strip()) if isinstance(value, str) else value
        except SettingsError as exc:
            raise ValueError(str(exc)) from exc

    return BeforeValidator(read)


def _token(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not (text.isascii() and text.isprintable()):
        raise ValueError("a header holds only printable ASCII; choose a token of such")
    return value


def _origins(value: object) -> object:
    if not isinstance(value, str):
        return value
    parts = tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
    for part in parts:
        scheme, _, name = part.partition("://")
        if scheme not in ("http", "https") or not name or "/" in name:
            raise ValueError(f"{part!r} is no origin; write it as https://desk.example:8443")
    return parts


def _address(*schemes: str) -> AfterValidator:
    """A check that a text is an address of one of these schemes."""

    def check(value: str) -> str:
        begins = f"an address that begins with {'// or '.join(f'{one}:' for one in schemes)}//"
        try:
            parts = urlsplit(value)
            fine = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            fine = False
        if not fine or any(letter.isspace() for letter in value):
            raise ValueError(f"{begins} and names a host is needed")
        return value

    return AfterValidator(check)


type StrikeSpan = Annotated[
    Literal["all"] | Annotated[int, Field(ge=1, le=MAX_SPAN)], BeforeValidator(_word)
]
type Lag = Annotated[Literal["auto"] | Annotated[int, Field(ge=0, le=1000)], BeforeValidator(_word)]
type Date = Annotated[dt.date, _read_by(date_of)]
type Speed = Annotated[Annotated[float, Field(gt=0, le=100_000)] | None, BeforeValidator(_speed)]


class Settings(BaseSettings):
    """Every setting of the product; `.env.example` documents each."""

    model_config = SettingsConfigDict(
        env_file=BACKEND / ".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    polygon_api_key: SecretStr | None = None
    replay_mode: bool = False
    replay_date: Date | None = None
    replay_speed: Speed = 1.0
    s3_bucket: str | None = None
    s3_endpoint: str | None = None
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    polygon_rest_url: Annotated[str, _address("https", "http")] = "https://api.polygon.io"
    polygon_ws_url: Annotated[str, _address("wss", "ws")] = "wss://socket.polygon.io/options"
    underlying: Annotated[str, Field(pattern=r"^(I:)?[A-Z][A-Z0-9./]{0,9}$")] = "SPY"
    session_date: Date | None = None
    strike_span: StrikeSpan = 3
    broadcast_interval_ms: Annotated[int, Field(ge=20, le=60_000)] = 250
    greeks_interval_s: Annotated[float, Field(ge=1, le=3600)] = 60
    greeks_source: Literal["model", "vendor"] = "model"
    trade_size_rule: bool = False
    quote_lag_ms: Lag = "auto"
    data_dir: Path = BACKEND / "data"
    retention_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    access_token: Annotated[SecretStr, AfterValidator(_token)] | None = None
    allowed_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_origins)] = (
        "http://localhost:4200",
        "http://127.0.0.1:4200",
    )
    log_format: Literal["console", "json"] = "console"
    sim_seed: Annotated[int, Field(ge=0)] = 0
    sim_speed: Annotated[float, Field(gt=0, le=1000)] = 1.0
    sim_start: Annotated[dt.time, _read_by(eastern_time)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _drop_blanks(cls, values: dict[str, object]) -> dict[str, object]:
        """An empty variable is a missing one."""
        return {
            name: value
            for name, value in values.items()
            if not isinstance(value, str) or value.strip()
        }

    @property
    def mode(self) -> Mode:
        """The mode to start in: replay if asked for, else live with a key and sim without."""
        if self.replay_mode:
            return "replay"
        return "live" if self.polygon_api_key else "sim"

    @property
    def secrets(self) -> list[str]:
        """What nobody may be shown."""
        found = (getattr(self, name) for name in type(self).model_fields)
        return [one.get_secret_value() for one in found if isinstance(one, SecretStr)]

    def in_mode(self, mode: Mode) -> "Settings":
        """The same settings, started in another mode.

        Raises:
            SettingsError: Live needs a key.
        """
        if mode == "live" and self.polygon_api_key is None:
            raise SettingsError("POLYGON_API_KEY: live mode needs the vendor's key; none is set")
        changes: dict[str, object] = {"replay_mode": mode == "replay"}
        if mode == "sim":
            changes["polygon_api_key"] = None
        return self.model_copy(update=changes)


def load_settings(**overrides: object) -> Settings:
    """Read the settings; given ones win over the environment.

    Raises:
        SettingsError: One line that names the first bad setting and what is wrong with it.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as exc:
        place = exc.errors()[0]["loc"][:1]
        # A setting that takes a word or a number has an error for each.
        wrong = [
            error["msg"].removeprefix("Value error, ")
            for error in exc.errors()
            if error["loc"][:1] == place
        ]
        name = str(place[0]).upper() if place else "a setting"
        raise SettingsError(
            f"{name}: {'; or '.join(wrong)} (in the environment or backend/.env)"
        ) from exc
