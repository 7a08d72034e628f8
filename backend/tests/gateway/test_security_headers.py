import re
from pathlib import Path

import pytest

from .support import serve

INDEX = '<html><sm-root ngCspNonce="CSP_NONCE"></sm-root></html>'


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text(INDEX)
    (tmp_path / "main-ABC12345.js").write_text("1")
    return tmp_path


@pytest.mark.parametrize("path", ["/", "/api/session", "/main-ABC12345.js", "/api/none", "/readyz"])
async def test_every_answer_tells_the_browser_what_to_refuse(page: Path, path: str) -> None:
    async with serve(page) as server:
        headers = await server.headers(path)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


async def test_a_refusal_has_them_too(page: Path) -> None:
    async with serve(page) as server:
        headers = await server.headers("/api/session", host="evil.example")
    assert headers["x-frame-options"] == "DENY"


async def test_the_page_carries_the_nonce_of_its_own_answer_and_no_other(page: Path) -> None:
    async with serve(page) as server:
        nonces = set()
        for _ in range(3):
            async with server.http.get(server.url) as answer:
                policy = answer.headers["content-security-policy"]
                (nonce,) = re.findall(r"'nonce-([\w-]{20,})'", policy)
                assert await answer.text() == INDEX.replace("CSP_NONCE", nonce)
                nonces.add(nonce)
    assert len(nonces) == 3


async def test_answers_of_the_api_are_not_kept_and_built_files_are(page: Path) -> None:
    async with serve(page) as server:
        assert (await server.headers("/api/session"))["cache-control"] == "no-store"
        assert "immutable" in (await server.headers("/main-ABC12345.js"))["cache-control"]
        assert (await server.headers("/"))["cache-control"] == "no-cache"


async def test_only_the_pages_about_the_api_may_load_their_viewer(page: Path) -> None:
    async with serve(page) as server:
        assert "cdn.jsdelivr.net" in (await server.headers("/docs"))["content-security-policy"]
        assert "cdn." not in (await server.headers("/"))["content-security-policy"]
