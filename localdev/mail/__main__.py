"""``python -m localdev.mail``: an SMTP server that keeps mail, and HTTP to read it."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from localdev.cluster.ports import HOST
from localdev.mail.inbox import Inbox, read_mail
from localdev.mail.page import inbox_page

_MAX_BYTES = 10 * 1024 * 1024


def main() -> None:
    """The command line."""
    options = _parser().parse_args()
    try:
        web.run_app(
            make_app(Inbox(options.state), options.smtp_port),
            host=HOST,
            port=options.http_port,
            access_log=None,
            print=lambda *_: print("ready", flush=True),
        )
    except OSError as error:
        sys.exit(f"{error}")


def make_app(inbox: Inbox, smtp_port: int) -> web.Application:
    """The HTTP side, with the SMTP server as its companion."""
    app = web.Application()

    async def smtp(_app: web.Application) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _smtp_session(inbox), HOST, smtp_port)
        yield
        server.close()

    app.cleanup_ctx.append(smtp)
    _Pages(inbox).add_routes(app.router)
    return app


class Receiver:
    """Takes what aiosmtpd hands over (the names are its own)."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keeps the mail, then says so."""
        raw = envelope.original_content or b""
        self._inbox.add(read_mail(raw, envelope.rcpt_tos, datetime.now(UTC)))
        return "250 OK"


def _smtp_session(inbox: Inbox) -> SMTP:
    return SMTP(
        Receiver(inbox), hostname="localhost", data_size_limit=_MAX_BYTES, enable_SMTPUTF8=True
    )


class _Pages:
    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/", self._index)
        router.add_get("/messages", self._list)
        router.add_delete("/messages", self._clear)

    async def _index(self, _request: web.Request) -> web.Response:
        page = inbox_page(self._inbox.messages)
        return web.Response(text=page, content_type="text/html")

    async def _list(self, request: web.Request) -> web.Response:
        found = self._inbox.to(request.query.get("to"))
        return web.json_response([asdict(one) for one in found])

    async def _clear(self, _request: web.Request) -> web.Response:
        self._inbox.clear()
        return web.Response(status=204)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="localdev.mail", description=__doc__)
    parser.add_argument("--smtp-port", type=int, required=True, help="loopback port for mail")
    parser.add_argument("--http-port", type=int, required=True, help="loopback port for readers")
    parser.add_argument("--state", type=Path, required=True, help="file kept between runs")
    return parser


if __name__ == "__main__":
    main()
