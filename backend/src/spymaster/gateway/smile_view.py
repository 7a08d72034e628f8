"""The smile and both legs' greeks, ours beside the vendor's, as a wire message.

Source: analytics sheet, 3.4 and 4.6.
"""

import math

import numpy as np

from spymaster.analytics import smile
from spymaster.analytics.black_scholes import VOLATILITY_POINT, YEAR_MINUTES, YEAR_SECONDS, greeks
from spymaster.gateway.chain_view import ChainView, Column, Strikes, ms, number, price, widened
from spymaster.gateway.wire_chain import LegGreeks, SmilePoint, SmileReply


def smile_reply(view: ChainView) -> SmileReply:
    """The smile and both legs' greeks at the view's moment."""
    strikes = Strikes(view)
    priced = price(view, strikes, view.moment)
    if view.moment is None or priced is None:
        return SmileReply(ms(view.moment), None, None, None, None, None, None, [])
    moment, spot, years = view.moment, priced.moment.spot, priced.years
    bid, ask = widened(moment.bid, len(view.strike)), widened(moment.ask, len(view.strike))
    quoted = smile.quoted_smile(
        strikes.strike,
        strikes.leg(bid, strikes.call),
        strikes.leg(ask, strikes.call),
        strikes.leg(bid, strikes.put),
        strikes.leg(ask, strikes.put),
        spot,
        years,
    )
    x = smile.moneyness(strikes.strike, spot, priced.atm, years)
    legs = _leg_greeks(view, spot, years, widened(moment.volatility, len(view.strike)))
    points = [
        SmilePoint(
            strike=float(strikes.strike[row]),
            moneyness=number(x[row]),
            side="C" if quoted.is_call[row] else "P",
            bid_iv=number(quoted.bid[row]),
            mid_iv=number(quoted.mid[row]),
            ask_iv=number(quoted.ask[row]),
            implied_volatility=number(priced.volatility[row]),
            doubtful=bool(quoted.doubtful[row]),
            call=legs[call] if call >= 0 else None,
            put=legs[put] if put >= 0 else None,
        )
        for row, (call, put) in enumerate(zip(strikes.call, strikes.put, strict=True))
        if not (np.isnan(quoted.ask[row]) and np.isnan(priced.volatility[row]))
    ]
    return SmileReply(
        market_time=ms(moment),
        spot=spot,
        forward=spot,
        seconds_left=years * YEAR_SECONDS,
        atm_iv=number(priced.atm),
        session_iv=number(priced.atm * smile.SESSION_CLOCK),
        vendor_hours_left=number(moment.vendor_hours_left),
        points=points,
    )


def _leg_greeks(view: ChainView, spot: float, years: float, volatility: Column) -> list[LegGreeks]:
    ours = greeks(view.is_call, spot, view.strike, years, volatility)
    unknown = np.full(len(view.strike), math.nan)
    columns = [
        ours.delta,
        ours.gamma,
        ours.theta / YEAR_MINUTES,
        ours.vega * VOLATILITY_POINT,
        ours.vanna * VOLATILITY_POINT,
        ours.charm / YEAR_MINUTES,
        *(view.vendor or (unknown, unknown, unknown)),
    ]
    return [
        LegGreeks(ticker, *(number(value) for value in row))
        for ticker, row in zip(view.tickers, np.column_stack(columns).tolist(), strict=True)
    ]
