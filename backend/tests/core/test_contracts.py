import contextlib
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spymaster.core.contracts import ContractTable, OptionContract, parse_ticker, roots_of
from spymaster.core.errors import ContractError

DAY = dt.date(2025, 12, 16)


def test_a_ticker_is_read_into_its_parts() -> None:
    contract = parse_ticker("O:SPY251216C00572500")
    assert contract == OptionContract("SPY", DAY, 572_500, "C")
    assert contract.strike == 572.5


def test_a_root_may_end_in_a_digit() -> None:
    contract = parse_ticker("O:SPY1251216P00600000")
    assert (contract.root, contract.expiration, contract.right) == ("SPY1", DAY, "P")


@given(
    st.from_regex(r"[A-Z][A-Z0-9]{0,5}", fullmatch=True),
    st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)),
    st.integers(0, 99_999_999),
    st.sampled_from(["C", "P"]),
)
def test_a_contract_survives_the_way_through_its_ticker(root, day, mills, right) -> None:
    contract = OptionContract(root, day, mills, right)
    assert parse_ticker(contract.ticker) == contract


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SPY",
        "O:",
        "O:251216C00572000",
        "O:SPY251216X00572000",
        "O:SPY251316C00572000",
        "O:SPY250230C00572000",
        "O:SPY251216C0057200",
        "O:TOOLONG251216C00572000",
        "O:spy251216C00572000",
        "I:SPY251216C00572000",
        "O:SPY²51216C00572000",
        "O:SPY251216C0057200٣",
        "O:SP Y251216C00572000",
    ],
)
def test_what_is_no_ticker_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(ContractError, match=r"O:|option"):
        parse_ticker(text)


@given(st.text(max_size=40))
def test_no_text_fails_in_another_way(text: str) -> None:
    with contextlib.suppress(ContractError):
        parse_ticker(text)


def test_contracts_sort_by_strike_then_call_before_put() -> None:
    tickers = ["O:SPY251216P00600000", "O:SPY251216C00601000", "O:SPY251216C00600000"]
    ordered = [contract.ticker for contract in sorted(map(parse_ticker, tickers))]
    assert ordered == [tickers[2], tickers[0], tickers[1]]


def test_an_index_has_weekly_roots_and_a_share_class_no_sign() -> None:
    assert roots_of("I:SPX") == {"SPX", "SPXW"}
    assert roots_of("SPY") == {"SPY"}
    assert roots_of("BRK/B") == {"BRKB"}
    assert roots_of("BRK.B") == {"BRKB"}


def test_the_table_numbers_in_order_of_first_sight() -> None:
    table = ContractTable("SPY", DAY)
    call, put = "O:SPY251216C00600000", "O:SPY251216P00600000"
    assert [table.number(call), table.number(put), table.number(call)] == [0, 1, 0]
    assert [contract.ticker for contract in table] == [call, put]
    assert table[1].right == "P"
    assert dict(table.ids()) == {call: 0, put: 1}


def test_the_table_leaves_out_other_expirations_and_underlyings() -> None:
    table = ContractTable("SPY", DAY)
    assert table.number("O:SPY251217C00600000") is None
    assert table.number("O:QQQ251216C00600000") is None
    assert table.number("O:SPY1251216C00600000") is None
    assert len(table) == 0
    assert table.find("O:SPY251217C00600000") is None


def test_the_table_refuses_what_is_no_ticker() -> None:
    with pytest.raises(ContractError):
        ContractTable("SPY", DAY).number("nonsense")
