"""Every error that SPYMASTER raises on purpose.

SpymasterError
├── SettingsError          a setting is missing or wrong; the message names it
├── ContractError          a text is no option contract
├── CalendarError          a date is no session of the exchange, or out of the calendar
├── DataError              stored data is missing, unreadable or does not fit
│   └── DayNotCachedError  no data of that day is on the disk
└── VendorError            the vendor, or the way to it, misbehaved
    ├── VendorRefusedError the vendor refuses the key or the plan: retrying does not help
    ├── VendorBusyError    too many requests, or a passing fault: try again later
    └── VendorDataError    an answer that does not follow the vendor's own format

Each message is one line for a person: what is wrong, and what to do.
"""


class SpymasterError(Exception):
    """Base of all errors that the product raises on purpose."""


class SettingsError(SpymasterError):
    """A setting is missing or wrong; the message names it and says what fits."""


class ContractError(SpymasterError):
    """A text is no option contract of the form ``O:ROOTyymmddC00000000``."""


class CalendarError(SpymasterError):
    """A date is no trading session, or lies outside the exchange calendar."""


class DataError(SpymasterError):
    """Stored data is missing, unreadable or does not have the expected columns."""


class DayNotCachedError(DataError):
    """No data of the requested day is on the disk."""


class VendorError(SpymasterError):
    """The vendor, or the way to it, misbehaved."""


class VendorRefusedError(VendorError):
    """The vendor refuses the key or the plan; trying again does not help."""


class VendorBusyError(VendorError):
    """Too many requests, or a passing fault at the vendor; try again later."""


class VendorDataError(VendorError):
    """An answer does not follow the vendor's own format."""
