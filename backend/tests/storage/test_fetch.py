"""Fetching a day: what is asked for, what is kept, and how it goes on after a stop."""

import contextlib
import datetime as dt
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from spymaster.core.contracts import parse_ticker
from spymaster.core.errors import (
    DataError,
    SpymasterError,
    VendorBusyError,
    VendorRefusedError,
)
from spymaster.storage import contract_files, coverage
from spymaster.storage.atomic import only_one
from spymaster.storage.coverage import Coverage
from spymaster.storage.day_spot import centre_of, next_probe
from spymaster.storage.day_store import DayStore
from spymaster.storage.fetcher import DayFetcher
from spymaster.storage.historical_cache import HistoricalDataCache
from spymaster.storage.intervals import Interval, gaps, merged
from spymaster.storage.places import coverage_file, day_folder, historical, lock_file
from spymaster.storage.schema import TRADES, Kind

from .test_cache_support import (
    DATE,
    LATER,
    NS,
    SESSION,
    WHOLE,
    FakeSource,
    fetched,
    file_of,
    leftovers,
    ticker,
    trades,
)


class NothingListed(FakeSource):
    """A market without contracts on the day."""

    async def listed(self, underlying: str, date: str) -> list[str]:
        return []


class Unreachable(FakeSource):
    """A vendor that does not answer."""

    async def listed(self, underlying: str, date: str) -> list[str]:
        raise VendorBusyError("the vendor cannot be reached")


class ListsOnly(FakeSource):
    """A plan that has the contracts and none of their prints."""

    async def first_trades(self, name: str, interval: Interval) -> pa.Table:
        raise VendorRefusedError("not entitled to this data")


class WithoutQuotes(FakeSource):
    """Fails in quotes alone."""

    async def pages(self, kind: Kind, name: str, interval: Interval) -> AsyncGenerator[pa.Table]:
        source = FakeSource() if kind == "trades" else super()
        async for page in source.pages(kind, name, interval):
            yield page


WINDOW = [ticker(strike, right) for strike in range(596, 606) for right in "CP"]
"""ATM 599 to 602, three strikes each side."""


def contents(data_dir: Path) -> dict[Path, bytes]:
    """Every file that is kept of past days."""
    return {path: path.read_bytes() for path in historical(data_dir).rglob("*") if path.is_file()}


def covered(data_dir: Path) -> Coverage:
    found = coverage.load(data_dir, DATE)
    assert found is not None
    return found


async def test_the_window_follows_every_atm_of_the_day(tmp_path: Path) -> None:
    source = FakeSource()
    report = await fetched(tmp_path, source)
    assert report.complete
    assert report.contracts == len(WINDOW)
    assert sorted(source.tickers()) == sorted(WINDOW)
    assert len(list(day_folder(tmp_path, "trades", DATE).glob("*.parquet"))) == len(WINDOW)


async def test_files_have_the_columns_of_the_contract_and_are_sorted(tmp_path: Path) -> None:
    await fetched(tmp_path, FakeSource())
    file = pq.ParquetFile(file_of(tmp_path, ticker(600, "C")))
    assert file.schema_arrow.equals(TRADES)
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    times = file.read()["sip_timestamp"].to_numpy()
    assert (np.diff(times) >= 0).all()
    assert not leftovers(tmp_path)


async def test_a_complete_day_is_never_asked_for_again(tmp_path: Path) -> None:
    await fetched(tmp_path, FakeSource())
    again = FakeSource()
    report = await fetched(tmp_path, again)
    assert report.complete
    assert again.asked == []


async def test_a_wider_window_and_quotes_ask_only_for_what_they_add(tmp_path: Path) -> None:
    await fetched(tmp_path, FakeSource())
    more = FakeSource()
    report = await fetched(tmp_path, more, 4, with_quotes=True)
    new = [ticker(strike, right) for strike in (595, 606) for right in "CP"]
    assert more.tickers("trades") == sorted(new)
    assert more.tickers("quotes") == sorted([*WINDOW, *new])
    assert set(more.kinds()) == {"trades", "quotes"}
    assert report.quotes > 0


async def test_all_takes_the_whole_chain_without_looking_for_spot(tmp_path: Path) -> None:
    source = FakeSource()
    report = await fetched(tmp_path, source, "all")
    assert report.contracts == 42
    assert "first" not in source.kinds()


async def test_files_without_coverage_are_taken_as_they_are(tmp_path: Path) -> None:
    await fetched(tmp_path, FakeSource(), "all")
    before = coverage.load(tmp_path, DATE)
    coverage_file(tmp_path, DATE).unlink()
    source = FakeSource()
    report = await fetched(tmp_path, source, "all")
    after = coverage.load(tmp_path, DATE)
    assert report.complete
    assert source.kinds() == ["contracts"]
    assert before is not None
    assert after is not None
    assert after.contracts == before.contracts


async def test_a_contract_that_fails_is_named_and_fetched_the_next_time(tmp_path: Path) -> None:
    bad = ticker(605, "P")
    report = await fetched(tmp_path, FakeSource(failing={bad}))
    assert list(report.failed) == [bad]
    assert not report.complete
    assert not covered(tmp_path).complete
    source = FakeSource()
    report = await fetched(tmp_path, source)
    assert report.complete
    assert source.asked == [("trades", bad, WHOLE)]
    assert covered(tmp_path).complete


async def test_a_vendor_that_is_down_ends_the_fetch(tmp_path: Path) -> None:
    source = FakeSource(failing={ticker(strike, "C") for strike in range(590, 611)})
    with pytest.raises(VendorBusyError):
        await fetched(tmp_path, source, "all")
    assert len(source.asked) < 40
    assert not covered(tmp_path).complete
    held = covered(tmp_path).contracts
    rest = FakeSource()
    await fetched(tmp_path, rest, "all")
    assert len(rest.tickers()) == 42 - len(held)
    assert not held.keys() & rest.tickers()
    assert covered(tmp_path).complete


async def test_quotes_that_failed_leave_the_day_incomplete(tmp_path: Path) -> None:
    await fetched(tmp_path, FakeSource())
    assert covered(tmp_path).complete
    await fetched(tmp_path, FakeSource(failing={WINDOW[0]}), with_quotes=True)
    assert not covered(tmp_path).complete


async def test_a_day_with_no_contracts_is_not_complete(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="lists no SPY contract"):
        await fetched(tmp_path, NothingListed())
    assert not covered(tmp_path).complete


async def test_a_day_being_restored_is_so_until_no_file_fails(tmp_path: Path) -> None:
    with DayStore.opened(tmp_path, SESSION) as store:
        store.coverage.restoring = True
    await fetched(tmp_path, FakeSource(failing={WINDOW[0]}))
    assert covered(tmp_path).restoring
    await fetched(tmp_path, FakeSource())
    assert not covered(tmp_path).restoring


@pytest.mark.parametrize("count", [1, 20])
async def test_where_spot_went_until_a_fetch_failed_is_not_the_whole_day(
    tmp_path: Path, count: int
) -> None:
    source = WithoutQuotes(failing=set(WINDOW[:count]))
    with contextlib.suppress(VendorBusyError):  # of the first few in a row
        await fetched(tmp_path, source, with_quotes=True, now_ns=SESSION.at(dt.time(12)))
    assert covered(tmp_path).chain("SPY").atm is None


async def test_a_day_that_is_going_on_is_completed_later(tmp_path: Path) -> None:
    noon = SESSION.at(dt.time(12))
    early = await fetched(tmp_path, FakeSource(), now_ns=noon)
    assert not early.complete
    later = FakeSource()
    report = await fetched(tmp_path, later)
    assert report.complete
    assert report.trades == sum(later.rows("trades", name, WHOLE).num_rows for name in WINDOW)
    asked = {interval for kind, name, interval in later.asked if name == ticker(600, "C")}
    assert asked == {(noon - 5 * NS, WHOLE[1])}


async def test_a_day_that_has_not_begun_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has not traded yet"):
        await fetched(tmp_path, FakeSource(), now_ns=SESSION.open_ns - NS)


async def test_damaged_files_alone_are_fetched_again(tmp_path: Path) -> None:
    await fetched(tmp_path, FakeSource())
    cut, gone, flipped = (ticker(strike, "C") for strike in (599, 600, 601))
    file_of(tmp_path, cut).write_bytes(file_of(tmp_path, cut).read_bytes()[:-40])
    file_of(tmp_path, gone).unlink()
    data = bytearray(file_of(tmp_path, flipped).read_bytes())
    data[len(data) // 3] ^= 0xFF
    file_of(tmp_path, flipped).write_bytes(data)
    source = FakeSource()
    report = await fetched(tmp_path, source)
    assert report.complete
    assert sorted(source.asked) == [("trades", name, WHOLE) for name in (cut, gone, flipped)]


def halved(path: Path, _: Path) -> None:
    table = pq.read_table(path)
    pq.write_table(table.slice(0, table.num_rows // 2), path)


def dearer(path: Path, _: Path) -> None:
    table = pq.read_table(path)
    pq.write_table(table.set_column(2, "price", pc.add(table["price"], 1.0)), path)


def swapped(path: Path, another: Path) -> None:
    path.write_bytes(another.read_bytes())


READABLE = pytest.mark.parametrize("harm", [halved, dearer, swapped])
"""What makes another file of a contract's that can be read as well as the first one."""


@READABLE
async def test_a_readable_file_that_is_not_the_one_written_is_fetched_again(
    tmp_path: Path, harm: Callable[[Path, Path], None]
) -> None:
    await fetched(tmp_path, FakeSource())
    name, path = ticker(600, "C"), file_of(tmp_path, ticker(600, "C"))
    written = path.read_bytes()
    harm(path, file_of(tmp_path, ticker(601, "C")))
    source = FakeSource()
    report = await fetched(tmp_path, source)
    assert report.complete
    assert source.asked == [("trades", name, WHOLE)]
    assert path.read_bytes() == written


@READABLE
async def test_a_changed_file_is_still_known_for_one_after_a_fetch_that_failed(
    tmp_path: Path, harm: Callable[[Path, Path], None]
) -> None:
    await fetched(tmp_path, FakeSource())
    name, path = ticker(600, "C"), file_of(tmp_path, ticker(600, "C"))
    harm(path, file_of(tmp_path, ticker(601, "C")))
    report = await fetched(tmp_path, FakeSource(failing={name}))
    assert not report.complete
    assert not covered(tmp_path).complete
    assert [one.ticker for one in HistoricalDataCache(tmp_path).verify(DATE)] == [name]
    source = FakeSource()
    assert (await fetched(tmp_path, source)).complete
    assert source.asked == [("trades", name, WHOLE)]
    assert not HistoricalDataCache(tmp_path).verify(DATE)


def test_what_is_added_to_a_file_is_held_after_a_kill_before_the_coverage(tmp_path: Path) -> None:
    name, start = ticker(600, "C"), SESSION.open_ns
    with DayStore.opened(tmp_path, SESSION) as store:
        store.put("trades", name, trades([start + NS]), [(start, start + 10 * NS)], "live")
    with DayStore.opened(tmp_path, SESSION) as store:
        store.put("trades", name, trades([start + 20 * NS]), [(start + 10 * NS, WHOLE[1])], "rest")
        saved = coverage_file(tmp_path, DATE).read_bytes()
    coverage_file(tmp_path, DATE).write_bytes(saved)
    with DayStore.opened(tmp_path, SESSION) as store:
        held = store.coverage.held(name, "trades")
        assert not store.unsound
    assert held is not None
    assert (held.rows, held.complete) == (2, True)


async def test_real_and_simulated_days_are_not_mixed(tmp_path: Path) -> None:
    await fetched(tmp_path, FakeSource(name="simulator"))
    real = FakeSource()
    await fetched(tmp_path, real)
    assert sorted(real.tickers()) == sorted(WINDOW)
    simulated = FakeSource(name="simulator")
    with pytest.raises(DataError, match="real market"):
        await fetched(tmp_path, simulated, "all")
    assert simulated.asked == []


@pytest.mark.parametrize("source", [Unreachable(), ListsOnly(), NothingListed()])
async def test_a_simulated_day_stays_while_there_is_no_real_one_to_have(
    tmp_path: Path, source: FakeSource
) -> None:
    await fetched(tmp_path, FakeSource(name="simulator"))
    before = contents(tmp_path)
    with pytest.raises(SpymasterError):
        await fetched(tmp_path, source, with_quotes=True)
    assert contents(tmp_path) == before


async def test_a_simulated_day_stays_when_its_repair_reaches_nobody(tmp_path: Path) -> None:
    await fetched(tmp_path, FakeSource(name="simulator"))
    file_of(tmp_path, ticker(600, "C")).unlink()
    with DayStore.opened(tmp_path, SESSION) as store, pytest.raises(VendorBusyError):
        await DayFetcher(store, Unreachable(), LATER, "SPY", 3).repair()
    assert len(list(day_folder(tmp_path, "trades", DATE).glob("*.parquet"))) == len(WINDOW) - 1


def test_two_processes_do_not_write_one_day(tmp_path: Path) -> None:
    with (
        only_one(lock_file(tmp_path, DATE), "held"),
        pytest.raises(DataError, match="another process"),
        DayStore.opened(tmp_path, SESSION),
    ):
        pass


def test_a_recording_is_completed_without_counting_prints_twice(tmp_path: Path) -> None:
    """Same millisecond, price, size, venue and conditions: the larger count of the two wins."""
    name, start = ticker(600, "C"), SESSION.open_ns
    live = trades([start + 5_000_000, start + 5_000_000, start + 9_000_000])
    live = live.set_column(8, "arrival", pa.array([0, 1, 2], pa.int64()))
    rest = trades([start + 5_000_123, start + 9_000_456, start + 9_000_789, start + 20_000_000])
    with DayStore.opened(tmp_path, SESSION) as store:
        store.put("trades", name, live, [(start, start + 10_000_000)], "live")
        held = store.put("trades", name, rest, [WHOLE], "rest")
    stored = contract_files.read(file_of(tmp_path, name))
    offsets = (stored["sip_timestamp"].to_numpy() - start).tolist()
    assert offsets == [5_000_000, 5_000_000, 9_000_000, 9_000_789, 20_000_000]
    assert stored["arrival"].to_pylist() == [0, 1, 2, None, None]
    assert held.complete
    assert held.rows == 5


def test_what_was_held_in_a_file_that_broke_since_is_not_claimed(tmp_path: Path) -> None:
    name, start = ticker(600, "C"), SESSION.open_ns
    later = (start + 10 * NS, WHOLE[1])
    with DayStore.opened(tmp_path, SESSION) as store:
        store.put("trades", name, trades([start + NS]), [(start, later[0])], "live")
        file_of(tmp_path, name).write_bytes(b"broken")
        held = store.put("trades", name, trades([start + 20 * NS]), [later], "rest")
        assert store.coverage.gaps("SPY", name, "trades", *WHOLE) == [(start, later[0])]
    assert (held.rows, held.complete, held.intervals) == (1, False, [later])


def test_rows_out_of_order_are_stored_in_order(tmp_path: Path) -> None:
    start = SESSION.open_ns
    with DayStore.opened(tmp_path, SESSION) as store:
        store.put("trades", ticker(600, "C"), trades([start + 2, start + 1]), [WHOLE], "rest")
    assert contract_files.inspect(file_of(tmp_path, ticker(600, "C")), "trades").rows == 2


def test_the_centre_is_found_with_few_probes_and_some_silence() -> None:
    strikes = [float(strike) for strike in range(500, 700)]
    for spot in (500.4, 601.3, 698.7):
        signs: dict[int, int] = {}
        while (place := next_probe(len(strikes), signs)) is not None:
            silent = abs(strikes[place] - spot) > 90
            signs[place] = 0 if silent else (1 if spot > strikes[place] else -1)
        centre = centre_of(strikes, signs)
        assert centre is not None
        assert abs(centre - spot) < 1.5
        assert len(signs) < 60


def test_intervals() -> None:
    assert merged([(5, 7), (1, 3), (3, 4), (6, 6)]) == [(1, 4), (5, 7)]
    assert gaps([(1, 4), (5, 7)], 0, 9) == [(0, 1), (4, 5), (7, 9)]
    assert gaps([(0, 9)], 2, 5) == []
    assert gaps([], 2, 5) == [(2, 5)]


def test_tickers_of_the_window_are_contracts_of_the_day() -> None:
    assert {parse_ticker(name).expiration for name in WINDOW} == {DATE}
