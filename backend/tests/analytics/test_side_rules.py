"""The published rules against the vectors' columns. Source: analytics sheet, 1.2 and 8."""

import numpy as np
import pytest

from spymaster.analytics import side_rules

from .vectors import rows

VECTORS = rows("side.csv")


def _column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def _units(dollars: str) -> int:
    return round(float(dollars) * 10_000)


def _last_quote(row: dict[str, str]) -> list[np.ndarray]:
    """Bid, ask and their sizes of the last quote of an earlier millisecond; zeros for none."""
    quotes = [cell.split("|") for cell in row["quotes"].split(";") if cell]
    earlier = [quote for quote in quotes if int(quote[0]) < int(row["t_ts"])]
    _, bid, ask, bid_size, ask_size, *_ = earlier[-1] if earlier else ["0"] * 7
    return [_column(value) for value in (_units(bid), _units(ask), int(bid_size), int(ask_size))]


def _prices(row: dict[str, str], name: str) -> list[int]:
    return [_units(cell.split("|")[1]) for cell in row[name].split(";") if cell]


def _ticks(row: dict[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Tick and reverse tick of the vector's print among the others of its contract."""
    before, after = _prices(row, "prev_trades"), _prices(row, "next_trades")
    price = _column(*before, _units(row["t_price"]), *after)
    contract = np.zeros(len(price), dtype=np.int64)
    own = slice(len(before), len(before) + 1)
    return side_rules.tick(contract, price)[own], side_rules.reverse_tick(contract, price)[own]


def _signs(row: dict[str, str]) -> dict[str, int]:
    bid, ask, bid_size, ask_size = _last_quote(row)
    price, size = _column(_units(row["t_price"])), _column(int(row["t_size"]))
    tick, reverse = _ticks(row)
    signs = {
        "x_quote": side_rules.quote(price, bid, ask),
        "x_tick": tick,
        "x_rtick": reverse,
        "x_lr": side_rules.lee_ready(price, bid, ask, tick),
        "x_emo": side_rules.emo(price, bid, ask, tick),
        "x_clnv": side_rules.clnv(price, bid, ask, tick),
        "x_tsize": side_rules.trade_size(size, bid_size, ask_size),
        "x_depth": side_rules.depth(price, bid, ask, bid_size, ask_size),
    }
    return {name: int(sign[0]) for name, sign in signs.items()}


@pytest.mark.parametrize("row", VECTORS, ids=lambda row: row["id"])
def test_every_rule_signs_every_vector(row):
    expected = {name: int(cell or 0) for name, cell in row.items() if name.startswith("x_")}
    assert _signs(row) == expected


def test_contracts_do_not_share_their_ticks():
    contract, price = _column(0, 1, 0, 1, 0), _column(100, 50, 110, 40, 110)
    assert side_rules.tick(contract, price).tolist() == [0, 0, 1, -1, 1]
    assert side_rules.reverse_tick(contract, price).tolist() == [-1, 1, 0, 0, 0]


def test_no_prints_give_no_signs():
    assert not len(side_rules.tick(_column(), _column()))
