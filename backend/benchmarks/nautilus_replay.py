"""Runs in an environment of its own (see `replay_path`): a day's prints through nautilus_trader.

Its backtest engine gets every print as a trade tick and has no strategy to run; only the run is
timed, not the making of the ticks. Prints the prints, the seconds and the version as JSON.
"""

import json
import sys
import time
from decimal import Decimal
from pathlib import Path

import nautilus_trader
import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.enums import AccountType, OmsType
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import TradeTickDataWrangler

VENUE = Venue("OPRA")


def instrument(ticker: str) -> Equity:
    """Anything with cents for ticks; what is played does not depend on what it is."""
    symbol = Symbol(ticker)
    return Equity(
        instrument_id=InstrumentId(symbol, VENUE),
        raw_symbol=symbol,
        currency=USD,
        price_precision=2,
        price_increment=Price.from_str("0.01"),
        lot_size=Quantity.from_int(1),
        ts_event=0,
        ts_init=0,
    )


def main(folder: Path) -> None:
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(VENUE, OmsType.NETTING, AccountType.CASH, [Money(Decimal(1_000_000), USD)])
    count = 0
    for path in sorted(folder.glob("*.parquet")):
        frame = pd.read_parquet(path, columns=["sip_timestamp", "price", "size"])
        if not len(frame):
            continue
        frame = frame.rename(columns={"size": "quantity"})
        frame["trade_id"] = range(len(frame))
        frame.index = pd.to_datetime(frame.pop("sip_timestamp"), utc=True)
        listed = instrument(path.stem.replace("_", ""))
        engine.add_instrument(listed)
        engine.add_data(TradeTickDataWrangler(listed).process(frame), sort=False)
        count += len(frame)
    engine.sort_data()
    start = time.perf_counter()
    engine.run()
    seconds = time.perf_counter() - start
    assert engine.iteration == count
    print(json.dumps([count, seconds, nautilus_trader.__version__]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
