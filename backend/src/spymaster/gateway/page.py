"""The built page at ``/``."""

import re
from http import HTTPStatus
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response

_API = ("api/", "ws/")
NONCE_PLACE = "CSP_NONCE"
"""What the built index has where the nonce belongs."""
_HASHED = re.compile(r"-[0-9A-Z]{8}\.\w+$")
"""How names of built files end that carry a hash of their content."""


def page_paths(root: Path) -> list[str]:
    """Where the page and its files are served, once it is built."""
    files = (path for path in root.rglob("*") if path.is_file())
    return ["/", *(f"/{path.relative_to(root).as_posix()}" for path in files)]


def page_response(root: Path, path: str, nonce: str) -> Response:
    """A file of the built page; its index for any other path, so that deep links work.

    The index carries the nonce that lets its own styles in.

    Raises:
        HTTPException: 404 for a path of the API, or one that looks like a file and is none; 503
            where the page is not built.
    """
    if f"{path}/".startswith(_API):
        raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such route; /docs lists them all")
    index = root / "index.html"
    if not index.is_file():
        raise HTTPException(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "the page is not built yet; run 'make build', or 'npm start' in frontend/",
        )
    file = _file(root, path)
    if file is not None and file != index.resolve():
        kept = "public, max-age=31536000, immutable" if _HASHED.search(file.name) else "no-cache"
        return FileResponse(file, headers={"Cache-Control": kept})
    if file is None and "." in path.rpartition("/")[2]:
        raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such file")
    text = index.read_text(encoding="utf-8").replace(NONCE_PLACE, nonce)
    return HTMLResponse(text, headers={"Cache-Control": "no-cache"})


def _file(root: Path, path: str) -> Path | None:
    """The file of the page at a path, if there is one."""
    try:
        file = (root / path).resolve()
    except ValueError:  # a NUL in it
        return None
    return file if file.is_file() and file.is_relative_to(root.resolve()) else None
