"""The built page at ``/``."""

from http import HTTPStatus
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response

_API = ("api/", "ws/")
NONCE_PLACE = "CSP_NONCE"
"""What the built index has where the nonce belongs."""


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
    file = (root / path).resolve()
    if path and file.is_file() and file.is_relative_to(root.resolve()):
        # Names of built files carry a hash of their content.
        return FileResponse(file, headers={"Cache-Control": "public, max-age=31536000, immutable"})
    if "." in path.rpartition("/")[2]:
        raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such file")
    text = index.read_text(encoding="utf-8").replace(NONCE_PLACE, nonce)
    return HTMLResponse(text, headers={"Cache-Control": "no-cache"})
