"""Answers of a vendor on a bad day.

Source: vendor protocol, section 2.2; the texts are those seen on the live service.
"""

from typing import Final

import msgspec
from aiohttp import web

from spymaster.simulator.faults import Faults

_TOO_MANY: Final = (
    "You've exceeded the maximum requests per minute, please wait or upgrade your subscription "
    "to continue."
)
_NOT_ENTITLED: Final = (
    "You are not entitled to this data. Please upgrade your plan at https://massive.com/pricing"
)
_HTML: Final = (
    "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
)
_CUT: Final = '{"status":"OK","request_id":"6a7e466379af0a71039d60cc78e72282","results":[{"sip_'


def unknown_key(request_id: str) -> web.Response:
    """401: no key; the text is under ``error``."""
    return _json(401, {"status": "ERROR", "request_id": request_id, "error": "Unknown API Key"})


def refused(request_id: str) -> web.Response:
    """403: the plan does not include it; the text is under ``message``."""
    body = {"status": "NOT_AUTHORIZED", "request_id": request_id, "message": _NOT_ENTITLED}
    return _json(403, body)


def faulty_answer(faults: Faults, path: str, request_id: str) -> web.Response | None:
    """The answer that the switches ask for, if any; counts `Faults.rest_count` down."""
    kinds = (faults.rest_status, faults.rest_html, faults.rest_empty_body, faults.rest_broken_json)
    if not any(kinds) or faults.rest_count == 0 or not path.startswith(faults.rest_path):
        return None
    if faults.rest_count > 0:
        faults.rest_count -= 1
    code = faults.rest_status or (502 if faults.rest_html else 200)
    if faults.rest_empty_body:
        return web.Response(status=code)
    if faults.rest_broken_json:
        return web.Response(status=code, text=_CUT, content_type="application/json")
    if faults.rest_html:
        return web.Response(status=code, text=_HTML, content_type="text/html")
    if code == 401:
        return unknown_key(request_id)
    if code == 403:
        return refused(request_id)
    text = _TOO_MANY if code == 429 else "An error has occurred."
    return _json(code, {"status": "ERROR", "request_id": request_id, "error": text})


def _json(code: int, body: dict[str, str]) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body), status=code, content_type="application/json"
    )
