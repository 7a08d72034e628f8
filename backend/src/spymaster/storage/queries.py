"""Questions of the data: DuckDB over the cache, read-only.

A question is one SELECT over the views ``trades``, ``quotes``, ``snapshots`` and ``coverage``. It
runs in an empty database in memory that sees nothing but the files under ``DATA_DIR``: other files,
the network, extensions, settings and every statement that could write are refused, by DuckDB's own
locks and, since those would let it write beside the cache, by the kind of statement and its place.
"""

from pathlib import Path
from typing import Any, Final, Self

import duckdb
import pyarrow as pa

from spymaster.core.errors import SpymasterError
from spymaster.storage import coverage
from spymaster.storage.historical_cache import HistoricalDataCache
from spymaster.storage.places import historical
from spymaster.storage.schema import QUOTES, SNAPSHOTS, TRADES

_COVERAGE: Final = pa.schema(
    [
        ("date", pa.date32()),
        ("ticker", pa.string()),
        ("kind", pa.string()),
        ("from_ns", pa.int64()),
        ("to_ns", pa.int64()),
        ("complete", pa.bool_()),
        ("rows", pa.int64()),
        ("source", pa.string()),
        ("bytes", pa.int64()),
        ("checksum", pa.string()),
    ]
)
_CONTRACT: Final = r"""
    parse_filename(filename, true).regexp_replace('^O_', 'O:') AS ticker,
    strptime(ticker[-15:-10], '%y%m%d')::DATE AS expiration,
    ticker[-9:-9] AS "type",
    ticker[-8:]::BIGINT / 1000 AS strike,
    parse_path(filename)[-2]::DATE AS date,
    make_timestamp_ns(sip_timestamp) AS "time",
"""
_CONFIG: Final = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
}
MEMORY: Final = "1GB"


class QueryError(SpymasterError):
    """A question that is no SELECT, or that DuckDB does not understand."""


class CacheQueries:
    """A locked database over one cache; close it, or use it as a context manager."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir.resolve()
        self._db = duckdb.connect(":memory:", config=_CONFIG)  # type: ignore[arg-type]
        root = historical(self._data_dir)
        self._view("trades", root / "trades", "*/O_*.parquet", TRADES, _CONTRACT)
        self._view("quotes", root / "quotes", "*/O_*.parquet", QUOTES, _CONTRACT)
        self._view("snapshots", root / "snapshots", "*.parquet", SNAPSHOTS, "")
        self._db.register("_coverage", _coverage_rows(self._data_dir))
        self._db.execute("CREATE TABLE _held AS FROM _coverage")
        self._db.execute("CREATE VIEW coverage AS FROM _held")
        self._db.unregister("_coverage")
        for statement in (
            f"SET memory_limit='{MEMORY}'",
            "SET temp_directory=''",
            "SET python_enable_replacements=false",
            f"SET allowed_directories=[{_quoted(f'{root}/')}]",
            "SET enable_external_access=false",
            "SET lock_configuration=true",
        ):
            self._db.execute(statement)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give everything back."""
        self._db.close()

    def ask(self, sql: str) -> pa.Table:
        """The answer to one SELECT.

        Raises:
            QueryError: It is something else, or fails; the message says why.
        """
        try:
            statements = self._db.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise QueryError(
                    "query takes one SELECT; the cache is read-only (views: trades, quotes, "
                    "snapshots, coverage)"
                )
            self._db.execute("BEGIN TRANSACTION READ ONLY")
            try:
                # COPY may stand in a WITH, but only at the top: nothing in brackets can write.
                question = statements[0].query.rstrip("; \n")
                self._db.execute(f"EXPLAIN FROM (\n{question}\n)")
                return self._db.sql(sql).to_arrow_table()
            finally:
                self._db.execute("ROLLBACK")
        except duckdb.Error as exc:
            raise QueryError(_one_line(str(exc))) from exc

    def _view(self, name: str, folder: Path, pattern: str, schema: pa.Schema, more: str) -> None:
        columns = ", ".join(f'NULL::{_sql_type(field.type)} AS "{field.name}"' for field in schema)
        source = f"SELECT {columns}, NULL::VARCHAR AS filename WHERE false"
        if next(folder.glob(pattern), None) is not None:
            files = _quoted(f"{folder}/{pattern}")
            # By name: files of other makers need not have every column.
            source += (
                f" UNION ALL BY NAME FROM read_parquet({files}, filename=true, union_by_name=true)"
            )
        names = ", ".join(f'"{field.name}"' for field in schema)
        premium = ', price * "size" * 100 AS premium' if name == "trades" else ""
        select = f"SELECT {more}{names}{premium} FROM ({source})"  # noqa: S608 - all of it ours
        self._db.execute(f"CREATE VIEW {name} AS {select}")


def _coverage_rows(data_dir: Path) -> pa.Table:
    rows: list[dict[str, Any]] = []
    for date in HistoricalDataCache(data_dir).days():
        found = coverage.load(data_dir, date) or HistoricalDataCache(data_dir).coverage(date)
        for ticker, kinds in sorted(found.contracts.items()):
            for kind, held in sorted(kinds.items()):
                rows += [
                    {
                        "date": date,
                        "ticker": ticker,
                        "kind": kind,
                        "from_ns": start,
                        "to_ns": end,
                        "complete": held.complete,
                        "rows": held.rows,
                        "source": held.source,
                        "bytes": held.bytes,
                        "checksum": held.checksum,
                    }
                    for start, end in held.intervals
                ]
    return pa.Table.from_pylist(rows, schema=_COVERAGE)


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return "SMALLINT[]"
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind):
        return "VARCHAR"
    return {"int64": "BIGINT", "int32": "INTEGER", "int16": "SMALLINT", "int8": "TINYINT"}.get(
        str(kind), "DOUBLE"
    )


def _quoted(text: str) -> str:
    escaped = text.replace("'", "''")
    return f"'{escaped}'"


def _one_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[:2])[:400] if lines else "the query failed"
