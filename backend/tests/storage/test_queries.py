"""SQL over the cache: what it answers, and that nothing gets out of its cage."""

import os
from pathlib import Path

import pytest

from spymaster.storage.day_store import DayStore
from spymaster.storage.queries import CacheQueries, QueryError

from .test_cache_support import DATE, SESSION, WHOLE, quotes, run, ticker, trades

TIMES = [SESSION.open_ns + second for second in range(10)]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("queries")
    data = folder / "it's data"
    with DayStore.opened(data, SESSION) as store:
        for name in (ticker(600.5, "C"), ticker(600, "P")):
            store.put("trades", name, trades(TIMES), [WHOLE], "rest")
        store.put("quotes", ticker(600, "P"), quotes(TIMES), [WHOLE], "rest")
    (folder / "secret.csv").write_text("a\n42\n")
    (data / "historical" / "link.csv").symlink_to(folder / "secret.csv")
    (data / "historical" / "links").symlink_to(folder)
    return data


def test_views_are_ready(data_dir: Path) -> None:
    with CacheQueries(data_dir) as queries:
        [row] = queries.ask(
            'SELECT date, ticker, strike, "type", expiration, count(*) AS n, sum(premium) AS paid '
            "FROM trades WHERE \"type\" = 'C' GROUP BY ALL"
        ).to_pylist()
        assert row == {
            "date": DATE,
            "ticker": ticker(600.5, "C"),
            "strike": 600.5,
            "type": "C",
            "expiration": DATE,
            "n": 10,
            "paid": 10 * 1.5 * 2 * 100,
        }
        assert queries.ask("SELECT count(*) AS n FROM quotes").to_pylist() == [{"n": 10}]
        assert queries.ask("SELECT count(*) AS n FROM snapshots").to_pylist() == [{"n": 0}]
        held = queries.ask("SELECT kind, sum(rows) AS n FROM coverage GROUP BY kind ORDER BY kind")
        assert held.to_pylist() == [{"kind": "quotes", "n": 10}, {"kind": "trades", "n": 20}]


@pytest.mark.parametrize("stray", ["2025-12-25", "2009-01-05", "2025-12-20"])
def test_files_of_a_day_that_was_no_session_cost_no_answer(tmp_path: Path, stray: str) -> None:
    with DayStore.opened(tmp_path, SESSION) as store:
        store.put("trades", ticker(600, "P"), trades(TIMES), [WHOLE], "rest")
    path = store.path("trades", ticker(600, "P"))
    folder = path.parent.with_name(stray)
    folder.mkdir()
    (folder / path.name).write_bytes(path.read_bytes())
    with CacheQueries(tmp_path) as queries:
        held = queries.ask("SELECT DISTINCT date FROM coverage")
    assert held.to_pylist() == [{"date": DATE}]


def test_an_empty_cache_has_the_same_views(tmp_path: Path) -> None:
    with CacheQueries(tmp_path) as queries:
        for view in ("trades", "quotes", "snapshots", "coverage"):
            assert queries.ask(f"SELECT * FROM {view}").num_rows == 0


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO '{data}/historical/out.csv'",
        "COPY trades TO 'out.parquet'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{data}/historical/out.csv'",
        "WITH x AS (COPY (SELECT 1) TO '{data}/historical/out.csv') SELECT 1",
        "WITH x AS MATERIALIZED (COPY trades TO '{data}/historical/out.csv') FROM x; -- )",
        "FROM query('WITH x AS (COPY (SELECT 1) TO ''out.csv'') FROM x')",
        "EXPORT DATABASE '{data}/historical/out'",
        "CREATE TABLE x AS SELECT 1",
        "INSERT INTO _held SELECT * FROM _held",
        "WITH gone AS (DELETE FROM _held RETURNING 1) SELECT * FROM gone",
        "DROP VIEW trades",
        "ATTACH '{data}/historical/x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access=true",
        "RESET allowed_directories",
        "PRAGMA enable_profiling",
        "CALL pragma_version()",
        "SELECT 1; DROP VIEW trades",
        "COMMIT",
        "PREPARE x AS COPY (SELECT 1) TO '{data}/historical/out.csv'",
        "SELECT * FROM '{data}/../secret.csv'",
        "SELECT * FROM '{data}/historical/../../secret.csv'",
        "SELECT * FROM '{data}/historical/link.csv'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM read_text('{data}/historical/links/secret.csv')",
        "SELECT * FROM read_csv('/dev/stdin')",
        "SELECT * FROM read_csv('file:///etc/passwd')",
        "SELECT * FROM read_duckdb('/etc/passwd')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM enable_logging('QueryLog', storage='file')",
        "SELECT * FROM glob('{data}/historical/../*')",
        "SELECT * FROM glob('{data}/historical/links/*')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
        "SELECT * FROM query('COPY (SELECT 1) TO ''out.csv''')",
        "SELECT * FROM parquet_metadata('/etc/passwd')",
        "SELECT getenv('HOME')",
        "SELECT * FROM sneaky",
        "",
        "SELEC 1",
    ],
)
def test_nothing_gets_out(data_dir: Path, sql: str) -> None:
    sneaky = trades(TIMES)  # a variable of Python's is no table
    assert sneaky.num_rows
    before = sorted(os.walk(data_dir.parent))
    with CacheQueries(data_dir) as queries:
        with pytest.raises(QueryError):
            queries.ask(sql.format(data=str(data_dir).replace("'", "''")))
        assert queries.ask("SELECT count(*) AS n FROM coverage").to_pylist() == [{"n": 3}]
    assert sorted(os.walk(data_dir.parent)) == before


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1;",
        "SELECT 1 -- with a remark",
        "DESCRIBE trades",
        "SHOW TABLES",
        "VALUES (1)",
        "FROM trades",
        "WITH few AS (FROM trades LIMIT 2) SELECT a.price FROM few a, few b ORDER BY 1 LIMIT 1",
    ],
)
def test_questions_of_every_form_are_answered(data_dir: Path, sql: str) -> None:
    with CacheQueries(data_dir) as queries:
        assert queries.ask(sql).num_rows


def test_the_command(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    sql = "SELECT ticker, count(*) AS n FROM trades GROUP BY 1 ORDER BY 1"
    _, output = run("query", sql, "--format", "csv")
    assert output.splitlines() == [
        "ticker,n",
        f"{ticker(600.5, 'C')},10",
        f"{ticker(600, 'P')},10",
    ]
    assert ticker(600, "P") in run("query", sql)[1]
    code, output = run("query", "DROP VIEW trades")
    assert code == 1
    assert "read-only" in output
