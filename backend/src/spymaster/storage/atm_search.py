"""Finds out where ATM was on a day that is being fetched, by fetching prints around it.

`spymaster.storage.day_spot` says which strike to look at, and reads spot from the prints.
"""

import asyncio
from collections.abc import Iterable

from spymaster.analytics.print_path import NO_PRINTS, Legs, Prints
from spymaster.core.contracts import parse_ticker
from spymaster.core.errors import DataError
from spymaster.storage import contract_files, day_spot
from spymaster.storage.coverage import Chain
from spymaster.storage.day_store import DayStore
from spymaster.storage.file_fetcher import FileFetcher
from spymaster.storage.intervals import Interval
from spymaster.storage.schema import conform
from spymaster.storage.threads import in_thread
from spymaster.storage.vendor_history import HistorySource


class AtmSearch:
    """The search in one underlying.

    Args:
        store: Holds the day's files.
        source: The vendor.
        files: Brings what is missing.
        underlying: For example ``SPY``.
        interval: The session as far as it is wanted, UNIX ns.
    """

    def __init__(
        self,
        store: DayStore,
        source: HistorySource,
        files: FileFetcher,
        underlying: str,
        interval: Interval,
    ) -> None:
        self._store = store
        self._source = source
        self._files = files
        self._underlying = underlying
        self._interval = interval
        self._spot_cache: dict[str, Prints] = {}

    async def run(self, chain: Chain, span: int) -> None:
        """Follow spot through the day: prints of the strikes around it are held, and ATM is known.

        ATM stays unknown where a contract could not be had.

        Raises:
            DataError: There are no prints to find spot by.
            VendorError: As `FileFetcher.fetch`.
        """
        self._files.tell(phase="spot")
        strikes = _with_both_legs(chain.listed)
        if chain.centre is None:
            chain.centre = await self._find_centre(chain, strikes)
            self._store.changed()
            await in_thread(self._store.save)
        atm, held = (chain.centre, chain.centre), set[str]()
        while wanted := set(chain.within(atm, span)) - held:
            await self._files.fetch(self._files.missing("trades", sorted(wanted)))
            if self._files.failed:
                return
            held |= wanted
            legs = await in_thread(self._legs, held)
            _, spot = await in_thread(day_spot.spot_path, legs, self._store.session)
            found = day_spot.atm_range(spot, strikes)
            if found is None:
                raise DataError(
                    f"{self._store.session.date}: the contracts around {chain.centre:g} had no "
                    "prints to find spot by; try --strikes all"
                )
            atm = found
        chain.atm = atm
        self._store.changed()

    async def _find_centre(self, chain: Chain, strikes: list[float]) -> float:
        signs: dict[int, int] = {}
        tickers = {
            (contract.strike, contract.right): ticker
            for ticker, contract in ((one, parse_ticker(one)) for one in chain.listed)
        }
        while (place := day_spot.next_probe(len(strikes), signs)) is not None:
            strike = strikes[place]
            call, put = await asyncio.gather(
                *(self._first_prints(tickers[strike, right]) for right in ("C", "P"))
            )
            signs[place] = day_spot.sign_of(strike, Legs(call, put))
        centre = day_spot.centre_of(strikes, signs)
        if centre is None:
            raise DataError(
                f"{self._store.session.date}: no {self._underlying} contract traded, so there is "
                "no spot to go by; try --strikes all"
            )
        return centre

    async def _first_prints(self, ticker: str) -> Prints:
        if not self._files.missing("trades", [ticker]):
            return await in_thread(self._prints, ticker)
        return day_spot.prints_of(await self._source.first_trades(ticker, self._interval))

    def _legs(self, tickers: Iterable[str]) -> dict[float, Legs]:
        legs: dict[float, dict[str, Prints]] = {}
        for ticker in tickers:
            contract = parse_ticker(ticker)
            legs.setdefault(contract.strike, {})[contract.right] = self._prints(ticker)
        return {
            strike: Legs(found.get("C", NO_PRINTS), found.get("P", NO_PRINTS))
            for strike, found in legs.items()
        }

    def _prints(self, ticker: str) -> Prints:
        found = self._spot_cache.get(ticker)
        if found is None:
            path = self._store.path("trades", ticker)
            if not path.exists():
                return NO_PRINTS
            table = conform(contract_files.read(path), "trades")
            found = self._spot_cache[ticker] = day_spot.prints_of(table)
        return found


def _with_both_legs(tickers: Iterable[str]) -> list[float]:
    rights: dict[float, set[str]] = {}
    for ticker in tickers:
        contract = parse_ticker(ticker)
        rights.setdefault(contract.strike, set()).add(contract.right)
    return sorted(strike for strike, found in rights.items() if len(found) == 2)
