"""Options exchanges: the vendor's ids and names, and how much trades and quotes on each.

Source: vendor protocol, section 6 (id = 300 + the OPRA participant letter). Shares are estimates.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np


@dataclass(frozen=True, slots=True)
class Venue:
    """One row of the vendor's exchange table."""

    id: int
    name: str
    mic: str | None
    share: float
    """Relative weight in the flow."""

    @property
    def letter(self) -> str:
        """OPRA participant letter."""
        return chr(ord("A") + self.id - 300)


VENUES: Final = (
    Venue(300, "NYSE American Options", "AMXO", 7.0),
    Venue(301, "Boston Options Exchange", "XBOX", 6.0),
    Venue(302, "Chicago Board Options Exchange", "XCBO", 14.0),
    Venue(303, "MIAX Emerald, LLC", "EMLD", 4.0),
    Venue(304, "Cboe EDGX Options Exchange", "EDGO", 6.0),
    Venue(306, "MX2 Options", None, 0.3),
    Venue(307, "Nasdaq Global Markets Exchange Group (Nasdaq GEMX)", "GMNI", 3.0),
    Venue(308, "International Securities Exchange, LLC", "XISX", 6.0),
    Venue(309, "Nasdaq MRX Options Exchange", "MCRY", 2.0),
    Venue(312, "MIAX International Securities Exchange, LLC", "XMIO", 6.0),
    Venue(313, "NYSE Arca, Inc. - Options", "ARCO", 11.0),
    Venue(315, "MIAX Pearl, LLC - Options", "MPRL", 6.0),
    Venue(316, "Nasdaq Options Market", "XNDQ", 7.0),
    Venue(318, "MIAX Sapphire", "SPHR", 1.5),
    Venue(319, "Nasdaq BX - Options", "XBXO", 1.5),
    Venue(320, "MEMX Options", "MXOP", 3.0),
    Venue(321, "IEX Options", None, 0.5),
    Venue(322, "Cboe C2 Options Exchange", "C2OX", 3.0),
    Venue(323, "Nasdaq Philadelphia Exchange, LLC - Options", "XPHL", 8.0),
    Venue(325, "Cboe BZX Options Exchange", "BATO", 8.0),
)

REPORTING_AUTHORITY: Final = Venue(314, "Options Price Reporting Authority", None, 0.0)
"""The SIP itself, which the vendor lists among the exchanges."""

FLOOR_VENUES: Final = np.array([300, 302, 313, 323])
"""Venues with a trading floor."""

_shares = np.array([venue.share for venue in VENUES])
QUOTE_VENUES: Final = np.array([venue.id for venue in VENUES], dtype=np.int64)
QUOTE_CUMULATIVE: Final = np.cumsum(_shares / _shares.sum())
