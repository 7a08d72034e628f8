"""What the log writes: never a secret, always the run's id, and repeats in moderation."""

import json
import logging

import pytest

from spymaster.core.clock import ManualClock
from spymaster.logs import MOST_REPEATS, REPEATS_S, Repeats, set_up_logging
from spymaster.settings import load_settings

KEY = 'k3y"with\\oddities'

pytestmark = pytest.mark.usefixtures("logging_as_before")


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_line_shows_a_secret_whoever_wrote_it(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up_logging(form, [KEY, "s3-s3cr3t"])  # type: ignore[arg-type]
    logger = logging.getLogger("library")
    logger.warning("cannot reach https://me:pa55@host/x?apiKey=abc&token=def with %s", KEY)
    try:
        raise OSError(f"401 for https://host/?a=1&apiKey={KEY}, key s3-s3cr3t")
    except OSError:
        logger.exception("it failed")
    logged = capsys.readouterr().err
    assert "Traceback" in logged
    assert "cannot reach https://***@host/x?apiKey=***&token=*** with ***" in logged
    for secret in (KEY, json.dumps(KEY)[1:-1], "s3-s3cr3t", "pa55", "abc", "def"):
        assert secret not in logged


def test_every_secret_of_the_settings_is_hidden() -> None:
    settings = load_settings(
        polygon_api_key="one", s3_access_key="two", s3_secret_key="three", access_token="four"
    )
    assert sorted(settings.secrets) == ["four", "one", "three", "two"]
    assert load_settings().secrets == []


def test_every_line_has_the_id_of_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging("json", session="7f3a")
    logging.getLogger("spymaster").info("Cache: 14 files")
    line = json.loads(capsys.readouterr().err)
    assert (line["session"], line["level"], line["message"]) == ("7f3a", "INFO", "Cache: 14 files")
    set_up_logging("console")
    for words in ("one", "two"):
        logging.getLogger("spymaster").info(words)
    ids = [line.split()[1] for line in capsys.readouterr().err.splitlines()]
    assert ids[0] == ids[1] != "7f3a"


def record(level: int, text: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("feed", level, __file__, 1, text, args, None)


def test_a_repeating_warning_is_told_a_few_times_a_minute_and_then_how_many_there_were() -> None:
    clock = ManualClock(0)
    repeats = Repeats(clock.monotonic_s)
    told = [repeats.filter(record(logging.WARNING, "back-fill of %s waits", n)) for n in range(20)]
    assert sum(told) == MOST_REPEATS
    assert repeats.filter(record(logging.WARNING, "something else"))
    assert all(repeats.filter(record(logging.INFO, "price %s", n)) for n in range(20))
    clock.advance(REPEATS_S)
    late = record(logging.WARNING, "back-fill of %s waits", 21)
    assert repeats.filter(late)
    assert late.getMessage() == (
        f"back-fill of 21 waits ({20 - MOST_REPEATS} more of these since they were last told)"
    )
    again = record(logging.WARNING, "back-fill of %s waits", 22)
    assert repeats.filter(again)
    assert again.getMessage() == "back-fill of 22 waits"


def test_messages_without_a_form_of_their_own_are_told_apart() -> None:
    repeats = Repeats(ManualClock(0).monotonic_s)
    assert all(repeats.filter(record(logging.ERROR, "%s", f"disk {n}")) for n in range(20))
