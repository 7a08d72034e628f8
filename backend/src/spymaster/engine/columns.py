"""The memory of a session: one record for each contract, quote and print.

Records are numpy structured arrays, so that compiled code and Python see the same bytes. All sums
that decide totals are exact whatever the order in which prints come: premium is integer, greek
flows are kept as the unevaluated sum of two floats (`add_exactly` in `spymaster.engine.counting`).
That is why a day that was interrupted and refilled ends in the same figures as one that was not.
"""

from enum import IntEnum, IntFlag

import numpy as np

RING = 8
"""Quotes remembered for each contract; prints look for the last one before their own time."""

CONTRACT = np.dtype(
    [
        ("volume", np.int64),
        ("premium", np.int64),  # 1/10,000 $
        ("net_premium", np.int64),
        ("buy_volume", np.int64),
        ("sell_volume", np.int64),
        ("trade_count", np.int64),
        # Flows in shares and shares per $1: hi + lo is the sum.
        ("net_delta", np.float64, 2),
        ("gross_delta", np.float64, 2),
        ("net_gamma", np.float64, 2),
        ("gross_gamma", np.float64, 2),
        ("waiting", np.int64),  # contracts printed that no greeks were known for
        ("delta", np.float64),  # in force; NaN unknown
        ("gamma", np.float64),
        ("greeks_source", np.int8),  # `GreeksSource` of the two
        ("greeks_volatility", np.float32),  # that goes with them, decimal a year; NaN unknown
        # Customers' position of today by weight, 1/10,000 contracts, and the square of its error.
        ("weighted_position", np.int64),
        ("position_variance", np.int64),  # 1/10,000 contracts squared
        # The model's volatility, decimal a year (NaN unknown); its strike's, so alike in both legs.
        ("volatility", np.float64),
        ("volatility_ns", np.int64),  # of the quote's second or the print that it comes from
        ("volatility_own", np.int8),  # whether solved at this strike, not taken from its neighbours
        # The greeks that were last written to the log, and the delta that clients know.
        ("logged_delta", np.float64),
        ("logged_gamma", np.float64),
        ("logged_ns", np.int64),
        ("shown_delta", np.float64),
        ("multiplier", np.int32),  # shares per contract
        ("last_price", np.int32),
        ("last_ts", np.int64),  # of the print that set last_price
        # The tick test's memory: the last print's price, and the last one that differed from it.
        ("tick_price", np.int32),
        ("differing_price", np.int32),
        ("tick_ts", np.int64),
        ("differing_ts", np.int64),
        ("strike", np.float64),  # dollars
        ("is_call", np.int8),
        ("quotes", np.int64),  # received; the newest sits at (quotes - 1) % RING
        ("last_print", np.int32),  # newest in `PRINT`, -1 for none
        ("newest_ms", np.int64),  # of all prints, in the vendor's time
        ("cancels", np.int64),  # received
        ("last_cancel", np.int32),  # newest in `PRINT`, -1 for none
        ("newest_cancel_ms", np.int64),
        ("disordered", np.int8),  # whether a print came after one that is stamped later
        ("refilled_until_ms", np.int64),  # a print up to here may be known from REST already
        # The run of prints that may be one parent order: first and last of them, and what it took.
        ("run_first", np.int32),  # in `PRINT`, -1 for none
        ("run_last", np.int32),  # likewise; says nothing without a first
        ("run_price", np.int32),
        ("run_start_ns", np.int64),
        ("run_ns", np.int64),
        ("run_size", np.int32),
        ("run_exchange", np.int16),
        ("run_aggressor", np.int8),
        ("run_tag", np.int16),  # `Tag.SWEEP`, `Tag.SPLIT`, or 0 for a single print
        ("version", np.int64),  # of the last change that a client should see
    ],
    align=True,
)

QUOTE = np.dtype(
    [
        ("ms", np.int64),
        ("bid", np.int32),
        ("ask", np.int32),
        ("bid_size", np.int32),
        ("ask_size", np.int32),
        ("bid_exchange", np.int16),
        ("ask_exchange", np.int16),
        ("spot", np.float64),  # dollars when it came, NaN unknown
    ]
)

PRINT = np.dtype(
    [
        ("ts", np.int64),
        ("conditions", np.int64),
        ("delta", np.float64),  # in force at the print; NaN while it waits
        ("gamma", np.float64),
        ("price", np.int32),
        ("size", np.int32),
        ("bid", np.int32),  # of the quote that signed it, or was not fit to; 0 for none
        ("ask", np.int32),
        ("bid_size", np.int32),  # contracts
        ("ask_size", np.int32),
        ("quote_age_ms", np.int32),  # -1 for no quote
        ("contract", np.int32),
        ("previous", np.int32),  # print of the same contract, -1 for none
        ("previous_alike", np.int32),  # likewise, in its chain of `cancels`
        ("spot", np.int32),  # 1/10,000 $, that its greeks are of; 0 unknown
        ("volatility", np.float32),  # in force with the greeks, decimal a year; NaN unknown
        ("tags", np.int32),  # set of `Tag`
        ("group", np.int32),  # first print of its parent order, -1 while it is the only one
        ("ahead", np.int32),  # contracts of its parent order that printed before it
        ("package", np.int32),  # first leg of its package, -1 for none
        ("bid_exchange", np.int16),
        ("ask_exchange", np.int16),
        ("exchange", np.int16),
        ("confidence", np.int16),  # 1/10,000
        ("package_confidence", np.int16),
        ("side", np.int8),  # customer: +1 bought, -1 sold, 0 unsigned
        ("aggressor", np.int8),  # who crossed the spread
        ("package_side", np.int8),  # of this leg, by the price of its package
        ("rule", np.int8),
        ("flags", np.uint8),  # set of `Flag`
    ],
    align=True,
)
"""112 bytes. What a print was signed by stays with it, so that it can be signed anew."""


GREEKS = np.dtype(
    [
        ("ts", np.int64),
        ("delta", np.float64),  # in force from ``ts`` on; NaN: none from then on
        ("gamma", np.float64),
        ("contract", np.int32),
        ("volatility", np.float32),
    ],
    align=True,
)


class GreeksSource(IntEnum):
    """Whose greeks are in force."""

    NONE = 0
    MODEL = 1
    VENDOR = 2


class Rule(IntEnum):
    """How a print was signed. Source: analytics sheet, 1.4."""

    NONE = 0
    QUOTE_AT = 1
    QUOTE_IN = 2
    QUOTE_OUT = 3
    TICK = 4
    COMPLEX = 5
    EXCLUDED = 6
    LATE = 7
    CANCEL = 8
    DEPTH = 9
    TSIZE = 10
    VENUE_LOCK = 11
    MODEL_MID = 12


CONFIDENCE_SCALE = 10_000

CONFIDENCE = {
    Rule.NONE: 0.50,
    Rule.QUOTE_AT: 0.70,
    Rule.QUOTE_IN: 0.65,
    Rule.QUOTE_OUT: 0.70,
    Rule.TICK: 0.53,
    Rule.COMPLEX: 0.50,
    Rule.EXCLUDED: 0.50,
    Rule.LATE: 0.50,
    Rule.CANCEL: 0.50,
    Rule.DEPTH: 0.62,
    Rule.TSIZE: 0.72,
    Rule.VENUE_LOCK: 0.58,
    Rule.MODEL_MID: 0.58,
}
"""Estimated probability that the sign is right, before what the tags take from it or add.

Source: analytics sheet, 1.4.
"""


class Tag(IntFlag):
    """What a print's conditions and its quote were like, in the order of the live sequence.

    From `SWEEP` on, what else is told of it.
    """

    AUCTION = 1
    CROSS = 2
    FLOOR = 4
    ISO = 8
    STALE = 16
    CROSSED = 32
    ONE_SIDED = 64
    LOCKED = 128
    ZERO_BID = 256
    WIDE = 512
    SWEEP = 1024
    """Its parent order took several venues."""
    SPLIT = 2048
    """Its parent order took one venue in several prints."""
    BLOCK = 4096
    MULTI_LEG = 8192
    STOCK_OPTION = 16384
    POST_CLOSE = 32768
    """After the close: shown, but no signal rests on it."""


class Flag(IntFlag):
    """What became of a print."""

    CANCEL = 1
    """It is itself a cancel."""
    USED = 2
    """A cancel that has taken a trade back."""
    TAKEN_BACK = 4
    REFILLED = 8
    """REST brought it."""
    DELIVERED = 16
    """REST brought it first, and the stream delivered it late."""
    WAITING = 32
    """It has no greeks yet."""
    PACKAGED = 64
    """The other legs of its package are known."""
    NO_SPOT = 128
    """Spot was unknown at the print; its own is that of the greeks which it got later."""
