"""Serves the try-it page: files that never change while this runs. Imported only where it is served."""

import hashlib
import os
from functools import lru_cache
from pathlib import Path, PurePosixPath

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

from maskservice.routes import Operation

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'"
)
"""What the page may do; its own ``<meta>`` says the same, for servers that send no such header."""

HEADERS = {
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Names do not change with contents: a browser asks each time, and mostly hears 304.
    "Cache-Control": "no-cache",
}

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".bin": "application/octet-stream",
    ".onnx": "application/octet-stream",
    ".wasm": "application/wasm",
}
"""By suffix; nothing else is served. Not the system's table, which differs from machine to machine."""

ZIPPED = (".onnx", ".wasm")
"""Of these a packed copy lies beside them."""

_INDEX = "index.html"
_MISSING = """\
<!doctype html>
<html lang="en">
<title>MaskCheck</title>
<h1>The page is not here</h1>
<p>This server was told to serve the try-it page (SERVE_WEB=on), but it has not been built. In a checkout
<code>make web</code> builds it; <code>make build WEB=on</code> puts it into what is deployed.</p>
<p>The API is here: see <a href="docs">its description</a>.</p>
</html>
"""


class PageRoute(Operation):
    """The route of a file, which a caller may also ask only the headers of."""

    def __init__(self, path: str, pages: "Pages") -> None:
        super().__init__("GET", path, pages.file if "{" in path else pages.index)
        self.methods = {"GET", "HEAD"}


def page_routes(site: Path) -> list[PageRoute]:
    """Return the routes of the page; no operation of the API is among them.

    Parameters
    ----------
    site : Path
        The folder of the built page, which need not be there.
    """
    pages = Pages(site)
    return [PageRoute("/", pages), PageRoute("/web/{file:path}", pages)]


class Pages:
    """Answers with the files of the page.

    Parameters
    ----------
    site : Path
        Holds ``index.html``, and in ``web`` everything else.
    """

    def __init__(self, site: Path) -> None:
        self._files = HashedFiles(directory=site, check_dir=False)

    async def index(self, request: Request) -> Response:
        """Answer with the page itself."""
        folder = _stage_without_slash(request.scope)
        if folder is not None:
            return RedirectResponse(f"{folder}/", 308)
        try:
            return await self._answer(_INDEX, request)
        except HTTPException:
            return HTMLResponse(_MISSING, 503, HEADERS)

    async def file(self, request: Request) -> Response:
        """Answer with a file that the page refers to."""
        return await self._answer(f"web/{request.path_params['file']}", request)

    async def _answer(self, path: str, request: Request) -> Response:
        suffix = PurePosixPath(path).suffix
        media_type = MEDIA_TYPES.get(suffix)
        if media_type is None:
            raise HTTPException(404)
        # A function must not answer more than 6 MB, and ONNX Runtime has more than twice that.
        zipped = suffix in ZIPPED and ("aws.event" in request.scope or _takes_gzip(request))
        answer = await self._files.get_response(f"{path}.gz" if zipped else path, request.scope)
        answer.headers.update(HEADERS)
        if suffix in ZIPPED:
            answer.headers["Vary"] = "Accept-Encoding"
        if answer.status_code == 200:
            answer.headers["Content-Type"] = media_type
            if zipped:
                answer.headers["Content-Encoding"] = "gzip"
        return answer


class HashedFiles(StaticFiles):
    """Files whose tag tells of their content.

    The tag of Starlette's own comes from size and time. In an artefact every file is of 1980, so that
    a browser would keep one that was changed without becoming longer.
    """

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Answer with a file, or with 304 where the caller has it."""
        answer = FileResponse(full_path, status_code=status_code, stat_result=stat_result)
        answer.headers["ETag"] = _tag(os.fspath(full_path), stat_result.st_size, stat_result.st_mtime_ns)
        if self.is_not_modified(answer.headers, Headers(scope=scope)):
            return NotModifiedResponse(answer.headers)
        return answer

    def is_not_modified(self, response_headers: Headers, request_headers: Headers) -> bool:
        """Tell whether the caller has the file, which no time tells."""
        return "if-none-match" in request_headers and super().is_not_modified(
            response_headers, request_headers
        )


@lru_cache(maxsize=256)
def _tag(path: str, _size: int, _time: int) -> str:
    return f'"{hashlib.sha256(Path(path).read_bytes()).hexdigest()[:32]}"'


def _takes_gzip(request: Request) -> bool:
    for offer in request.headers.get("accept-encoding", "").lower().split(","):
        coding, _, quality = offer.replace(" ", "").partition(";q=")
        if coding == "gzip":
            return quality.strip("0.") != "" or not quality
    return False


def _stage_without_slash(scope: Scope) -> str | None:
    """Return the path of a stage that was called without a slash, as in ``/prod``; None otherwise.

    The page's addresses are relative to it, and would miss the stage.
    """
    path = scope.get("aws.event", {}).get("requestContext", {}).get("path", "/")
    return None if path.endswith("/") else str(path)
