"""A mail server in a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.smtp import SMTP

HOST = "127.0.0.1"


class MailServer:
    """``answers`` maps a step (RCPT, DATA) to what it is answered; ``taken`` is what came."""

    def __init__(self, **options: Any) -> None:
        self.answers: dict[str, str] = {}
        self.taken: list[tuple[list[str], bytes]] = []
        self.port = 0
        self.options = options

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if refusal := self.answers.get("RCPT"):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's names
        if refusal := self.answers.get("DATA"):
            return refusal
        self.taken.append((envelope.rcpt_tos, envelope.content))
        return "250 OK"

    async def handle_QUIT(self, _server, _session, _envelope):  # noqa: N802
        return self.answers.get("QUIT", "221 Bye")


@contextmanager
def serving(server: MailServer) -> Iterator[MailServer]:
    """Listens on a free port until the end."""
    loop = asyncio.new_event_loop()

    def session() -> SMTP:
        return SMTP(server, hostname="localhost", loop=loop, **server.options)

    listening = loop.run_until_complete(loop.create_server(session, HOST, 0))
    server.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(listening.close)
        asyncio.run_coroutine_threadsafe(_rest(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _rest() -> None:
    """Lets connections that are still open end."""
    own = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not own]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
