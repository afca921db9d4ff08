"""The server of the page: three files, and what is said of the note that a browser sends.

It answers this machine's own page and nobody else's: another name in ``Host`` may be that of a page which had its
name point here (DNS rebinding), another ``Origin`` is a page that asks in its own reader's name. A policy forbids the
browser any script and any style but the page's own, should something of a note ever get by.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
from collections.abc import AsyncIterator, Collection, Iterator
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from symbptt.errors import UsageError, fault
from symbptt.printing.mathml import text
from symbptt.show.webpage import STYLE
from symbptt.web.answers import Asked
from symbptt.web.desks import BusyError, Desks

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

NEEDED = "symbptt serve needs a server: python3 -m pip install 'symbptt[web]'"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
BYTES = 200_000
"""Cap on the bytes of a note."""
CONNECTIONS = 200
"""Cap on the connections at once."""
KIND = "text/markdown"
"""What a note is sent as: no form of another page can send it."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def check_server() -> None:
    """Raises :class:`UsageError` where what serves is not installed."""
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise UsageError(NEEDED)


def run(desks: Desks, listening: socket.socket, host: str) -> None:
    """Serve on a socket until a signal asks to end."""
    import uvicorn

    settings = uvicorn.Config(
        application(desks, (*LOOPBACK, host), any_address=_is_any(host)),
        log_level="critical",  # what goes wrong is said to whoever asked
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=1,
    )
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(settings).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket at that address; raises :class:`UsageError` where it cannot be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot serve at {host}, port {port}: {why}; choose another with --port or --host") from None


def _is_any(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_unspecified
    return False


# ------------------------------------------------------------------------------------------------- the application


def application(desks: Desks, hosts: Collection[str] = LOOPBACK, *, any_address: bool = False) -> ASGIApp:
    """What answers, to those who call it by one of the ``hosts``, or by a number where ``any_address``."""
    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    def file(content: str, kind: str) -> Any:
        async def sent(_: Request) -> Response:
            return Response(content, media_type=kind)

        return sent

    def question(kind: Literal["check", "explain", "report"]) -> Any:
        async def answered(request: Request) -> Response:
            return await _answered(desks, kind, request)

        return answered

    routes = [
        Route("/", file(page(), "text/html")),
        Route("/page.js", file(_own("page.js"), "text/javascript")),
        Route("/page.css", file(STYLE + _own("page.css"), "text/css")),
        Route("/check", question("check"), methods=["POST"]),
        Route("/explain", question("explain"), methods=["POST"]),
        Route("/report", question("report"), methods=["POST"]),
    ]
    return _guarded(Starlette(routes=routes), frozenset(host.lower() for host in hosts), any_address)


def _guarded(inner: Starlette, hosts: Collection[str], any_address: bool) -> ASGIApp:
    """The application for those whom it answers, with the headers that every answer has."""
    from starlette.datastructures import Headers, MutableHeaders

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        if scope["type"] != "http":
            await inner(scope, receive, send)
        elif not _is_own(headers.get("host", ""), hosts, any_address):
            await _refused("this page is not served under that name", 421)(scope, receive, sent)
        elif "origin" in headers and urlsplit(headers["origin"]).netloc != headers["host"]:
            await _refused("another page may not ask", 403)(scope, receive, sent)
        else:
            await inner(scope, receive, sent)

    return answered


def _is_own(host: str, hosts: Collection[str], any_address: bool) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name in hosts or not any_address:
        return name in hosts
    try:
        # A page cannot have a number point elsewhere, as it can a name.
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return False


def _refused(why: str, status: int) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse({"error": why}, status)


async def _answered(desks: Desks, kind: Literal["check", "explain", "report"], request: Request) -> Response:
    from starlette.requests import ClientDisconnect
    from starlette.responses import StreamingResponse

    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != KIND:
        return _refused(f"expected a note as {KIND}", 415)
    content = b""
    try:
        async for part in request.stream():
            content += part
            if len(content) > BYTES:
                return _refused(f"The note is too long: at most {BYTES:,} bytes; check a file with symbptt check.", 413)
        row = int(request.query_params.get("row", "0"))
        asked = Asked(kind, content.decode(), max(row, 0))
    except ClientDisconnect:
        return _refused("dropped", 400)
    except ValueError:
        return _refused("expected UTF-8, and a whole number as the row", 400)
    pieces = desks.ask(asked, request.is_disconnected)
    try:
        first = await anext(pieces, {"error": "dropped"})
    except BusyError:
        return _refused("Many notes are being judged; try once more in a moment.", 503)
    except Exception as error:
        return _refused(fault(error), 500)

    async def lines() -> AsyncIterator[str]:
        async with contextlib.aclosing(pieces):
            yield json.dumps(first) + "\n"
            async for piece in pieces:
                yield json.dumps(piece) + "\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")


# -------------------------------------------------------------------------------------------------------- the files


def page() -> str:
    """The page, with the notes to start from."""
    buttons = "".join(
        f'<button type="button" data-note="{text(note)}">{text(title)}</button>' for title, note in examples()
    )
    return _own("page.html").replace("<!-- examples -->", buttons)


def examples() -> Iterator[tuple[str, str]]:
    """The notes to start from, each with its title."""
    folder = files("symbptt.web") / "examples"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        note = file.read_text(encoding="utf-8")
        yield note.partition("\n")[0].removeprefix("# "), note


def _own(name: str) -> str:
    return (files("symbptt.web") / "page" / name).read_text(encoding="utf-8")
