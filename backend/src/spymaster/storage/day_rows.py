"""Prints and quotes as records, compiled: taken from a file's columns, and put in order.

What makes a row a print, and a side of a quote, is as `trade_batch` and `quote_batch` have it.
"""

import numpy as np
from numba import njit

from spymaster.core.batches import MAX_PRICE, MAX_SIZE, PRICE_SCALE
from spymaster.core.compiling import inlined, uncounted


@uncounted
def write_trades(rows, contract, columns, since_ns, until_ns):  # type: ignore[no-untyped-def]
    """Write a file's prints of some time into records.

    Args:
        rows: `TRADE` records, as many as the columns have values.
        contract: Its number.
        columns: Time (UNIX ns), price (dollars), size, venue, packed conditions, arrival.
        since_ns: Earlier rows are left out.
        until_ns: So are these, from here on.

    Returns:
        How many were written, and how many rows are no prints, whenever they were.
    """
    ts, price, size, exchange, conditions, arrival = columns
    count = rejected = 0
    for place in range(len(ts)):
        dollars, contracts = price[place], size[place]
        scaled = np.rint(dollars * PRICE_SCALE) if 0 < dollars <= MAX_PRICE else 0.0
        if not (scaled > 0 and 1 <= contracts <= MAX_SIZE and ts[place] > 0):
            rejected += 1
            continue
        if not since_ns <= ts[place] < until_ns:
            continue
        row = rows[count]
        row.contract = contract
        row.ts_event = ts[place]
        row.price = np.int32(scaled)
        row.size = contracts
        row.exchange = max(exchange[place], 0)
        row.conditions = conditions[place]
        row.sequence = 0
        row.arrival = arrival[place]
        count += 1
    return count, rejected


@uncounted
def write_quotes(rows, contract, columns, since_ns, until_ns):  # type: ignore[no-untyped-def]
    """Likewise its quotes: time, bid, ask (dollars), their sizes, their venues, arrival."""
    ts, bid, ask, bid_size, ask_size, bid_exchange, ask_exchange, arrival = columns
    count = 0
    for place in range(len(ts)):
        if not since_ns <= ts[place] < until_ns:
            continue
        row = rows[count]
        row.contract = contract
        row.ts_event = ts[place]
        row.bid = _scaled(bid[place])
        row.ask = _scaled(ask[place])
        row.bid_size = min(max(bid_size[place], 0), MAX_SIZE)
        row.ask_size = min(max(ask_size[place], 0), MAX_SIZE)
        row.bid_exchange = max(bid_exchange[place], 0)
        row.ask_exchange = max(ask_exchange[place], 0)
        row.arrival = arrival[place]
        count += 1
    return count, 0


@uncounted
def write_events(is_print, columns, start, trades, quotes):  # type: ignore[no-untyped-def]
    """Write a block of a day's file, in which prints and quotes share columns, into records.

    Args:
        is_print: Of each event.
        columns: As `spymaster.storage.sorted_day` has them.
        start: Place of the first event in the day.
        trades: `TRADE` records, as many as there are prints.
        quotes: `QUOTE` records, likewise.
    """
    contract, ts, price, ask, size, ask_size, exchange, ask_exchange, conditions = columns
    prints = 0
    for place in range(len(is_print)):
        if is_print[place]:
            trade = trades[prints]
            trade.contract = contract[place]
            trade.ts_event = ts[place]
            trade.price = price[place]
            trade.size = size[place]
            trade.exchange = exchange[place]
            trade.conditions = conditions[place]
            trade.arrival = start + place
            prints += 1
        else:
            quote = quotes[place - prints]
            quote.contract = contract[place]
            quote.ts_event = ts[place]
            quote.bid = price[place]
            quote.ask = ask[place]
            quote.bid_size = size[place]
            quote.ask_size = ask_size[place]
            quote.bid_exchange = exchange[place]
            quote.ask_exchange = ask_exchange[place]
            quote.arrival = start + place


@uncounted
def read_events(trades, quotes, start, is_print, columns):  # type: ignore[no-untyped-def]
    """Write records into the columns of a day's file: what `write_events` makes records of.

    Args:
        trades: `TRADE` records.
        quotes: `QUOTE` records.
        start: Place of the first event in the day; each of those that follow has one of them.
        is_print: To be written, like the columns.
        columns: As `spymaster.storage.sorted_day` has them.
    """
    contract, ts, price, ask, size, ask_size, exchange, ask_exchange, conditions = columns
    for row in range(len(trades)):
        trade = trades[row]
        place = trade.arrival - start
        is_print[place] = True
        contract[place] = trade.contract
        ts[place] = trade.ts_event
        price[place] = trade.price
        ask[place] = 0
        size[place] = trade.size
        ask_size[place] = 0
        exchange[place] = trade.exchange
        ask_exchange[place] = 0
        conditions[place] = trade.conditions
    for row in range(len(quotes)):
        quote = quotes[row]
        place = quote.arrival - start
        is_print[place] = False
        contract[place] = quote.contract
        ts[place] = quote.ts_event
        price[place] = quote.bid
        ask[place] = quote.ask
        size[place] = quote.bid_size
        ask_size[place] = quote.ask_size
        exchange[place] = quote.bid_exchange
        ask_exchange[place] = quote.ask_exchange
        conditions[place] = 0


@inlined
def _scaled(dollars):  # type: ignore[no-untyped-def]
    return np.int32(np.rint(dollars * PRICE_SCALE)) if 0 < dollars <= MAX_PRICE else np.int32(0)


@uncounted
def are_rising(keys):  # type: ignore[no-untyped-def]
    """Whether no key is below the one before it."""
    for place in range(1, len(keys)):  # noqa: SIM110 - numba has no generators
        if keys[place] < keys[place - 1]:
            return False
    return True


@njit(cache=True, nogil=True)
def ends_below(keys, first, end, edge):  # type: ignore[no-untyped-def]
    """Where the rows with keys below an edge end, in each of some stretches of rising keys.

    Searched from the first on, in growing steps: no memory is looked at far beyond what is found.
    """
    ends = np.empty(len(first), dtype=np.int64)
    for number in range(len(first)):
        low, step = first[number], 16
        while low + step < end[number] and keys[low + step - 1] < edge:
            low, step = low + step, 2 * step
        high = min(low + step, end[number])
        ends[number] = low + np.searchsorted(keys[low:high], edge)
    return ends


@uncounted
def copy_stretches(records, first, end, copied):  # type: ignore[no-untyped-def]
    """Copy some stretches of records, one after the other.

    Each is read from front to back, which is what makes it quick: put in order straight from where
    they are, rows of hundreds of files would each wait for memory.
    """
    count = 0
    for number in range(len(first)):
        for place in range(first[number], end[number]):
            copied[count] = records[place]
            count += 1


@uncounted
def put_in_order(quotes, trades, order, ordered_quotes, ordered_trades, start):  # type: ignore[no-untyped-def]
    """Copy records in order, numbered from ``start`` on.

    Args:
        quotes: `QUOTE` records.
        trades: `TRADE` records.
        order: Which of the quotes and, after them, the trades come one after the other.
        ordered_quotes: To be written.
        ordered_trades: Likewise.
        start: Place of the first one in the day.
    """
    prints = 0
    for place in range(len(order)):
        row = order[place]
        if row < len(quotes):
            ordered_quotes[place - prints] = quotes[row]
            ordered_quotes[place - prints].arrival = start + place
        else:
            ordered_trades[prints] = trades[row - len(quotes)]
            ordered_trades[prints].arrival = start + place
            prints += 1
