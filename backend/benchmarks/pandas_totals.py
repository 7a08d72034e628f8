"""The day's totals as plainly as pandas has them, to compare ours with.

Sides by quote rule and tick test, cancels, premium and volume by contract, and bars of a second by
part of the chain. Without what ours does besides: greeks and the flows and measures by them,
confidence, fitness of quotes, depth, sweeps, packages.
"""

import numpy as np
import pandas as pd

from spymaster.core.conditions import GROUP_BY_ID, ConditionGroup

_CANCELLED_BY = ["contract", "price", "size"]
_SECOND_NS = 1_000_000_000


def totals(trades: pd.DataFrame, quotes: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Totals by contract, and bars of a second.

    Args:
        trades: Columns contract, is_call, ts_event (UNIX ns), price, size, condition; by time.
        quotes: Columns contract, ts_event, bid, ask; by time.
    """
    group = GROUP_BY_ID[trades["condition"]]
    counted = _without_cancelled(trades, group == ConditionGroup.CANCEL)
    found = pd.merge_asof(
        counted, quotes, on="ts_event", by="contract", allow_exact_matches=False
    ).assign(group=GROUP_BY_ID[counted["condition"]])
    by_quote = np.sign(2 * found["price"] - found["bid"] - found["ask"]).fillna(0)
    moves = found.groupby("contract")["price"].diff()
    ticks = np.sign(moves.where(moves != 0)).groupby(found["contract"]).ffill().fillna(0)
    regular = found["group"] == ConditionGroup.REGULAR
    side = by_quote.where(by_quote != 0, ticks).where(regular, 0)
    premium = found["price"] * found["size"] * 100
    flow = pd.DataFrame(
        {
            "contract": found["contract"],
            "second": found["ts_event"] // _SECOND_NS,
            "is_call": found["is_call"],
            "is_leg": found["group"] == ConditionGroup.COMPLEX,
            "volume": found["size"],
            "premium": premium,
            "net_premium": premium * side,
            "bought": found["size"].where(side > 0, 0),
            "sold": found["size"].where(side < 0, 0),
        }
    )
    sums = ["volume", "premium", "net_premium", "bought", "sold"]
    return (
        flow.groupby("contract")[sums].sum(),
        flow.groupby(["second", "is_call", "is_leg"])[sums].sum(),
    )


def _without_cancelled(trades: pd.DataFrame, is_cancel: np.ndarray) -> pd.DataFrame:
    """Without cancels, and without the latest print of its price and size before each."""
    kept = trades[~is_cancel]
    places = kept.reset_index(names="place")[["ts_event", *_CANCELLED_BY, "place"]]
    taken = pd.merge_asof(trades[is_cancel], places, on="ts_event", by=_CANCELLED_BY)["place"]
    return kept.drop(index=taken.dropna().unique())
