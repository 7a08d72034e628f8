from spymaster.core.event_log import KEPT, EventLog, LoggedEvent


def event(number: int) -> LoggedEvent:
    return LoggedEvent(number, "info", "feed", str(number))


def test_whoever_reads_gets_what_is_new_to_him() -> None:
    log = EventLog()
    assert log.since(0) == []
    log.tell(event(1))
    log.tell(event(2))
    assert log.since(0) == [event(1), event(2)]
    assert log.since(1) == [event(2)]
    assert log.since(log.count) == []


def test_the_latest_are_kept() -> None:
    log = EventLog()
    for number in range(KEPT + 5):
        log.tell(event(number))
    assert [one.t_ns for one in log.since(0)] == list(range(5, KEPT + 5))
    assert log.count == KEPT + 5
    assert len(log.since(KEPT)) == 5
