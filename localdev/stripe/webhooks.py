"""Sends signed webhooks until the endpoint takes them (https://docs.stripe.com/webhooks)."""

import asyncio
import hashlib
import hmac
import json
import logging
import socket
import time
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from localdev.cluster.ports import HOST
from localdev.stripe.account import Account
from localdev.stripe.deliveries import Delivery
from localdev.stripe.forms import Json

_LOG = logging.getLogger("localdev.stripe.webhooks")
_TIMEOUT_SECONDS = 20.0
_AT_ONCE = 16
_IDLE_SECONDS = 60.0
_SUCCESS = range(200, 300)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where webhooks go and what they are signed with."""

    url: str
    secret: str


def signature(secret: str, payload: bytes, now: int) -> str:
    """The Stripe-Signature header: HMAC-SHA256 over ``t.payload``."""
    signed = hmac.new(secret.encode(), f"{now}.".encode() + payload, hashlib.sha256)
    return f"t={now},v1={signed.hexdigest()}"


def payload_of(event: Json) -> bytes:
    """The body of a webhook, as Stripe writes it."""
    return json.dumps(event, indent=2).encode()


class Webhooks:
    """The loop that sends what is due."""

    def __init__(self, endpoint: Endpoint, account: Account) -> None:
        self._endpoint = endpoint
        self._account = account
        self._deliveries = account.deliveries
        self._busy: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Sends for ever; leaves on cancellation with what is unsent kept."""
        connector = aiohttp.TCPConnector(resolver=_LocalNames())
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            try:
                while True:
                    self._account.news.clear()
                    self._start_due(session)
                    await self._rest()
            finally:
                await self._stop()

    def _start_due(self, session: aiohttp.ClientSession) -> None:
        # Side by side, whoever is slower would put the asked for order right again.
        most = 1 if self._account.faults.reorder else _AT_ONCE
        free = most - len(self._busy)
        for delivery in self._deliveries.due(time.time(), self._busy, max(free, 0)):
            self._busy[delivery.id] = asyncio.create_task(self._deliver(session, delivery))

    async def _rest(self) -> None:
        seconds = self._deliveries.seconds_to_next(time.time())
        try:
            async with asyncio.timeout(_IDLE_SECONDS if seconds is None else seconds):
                await self._account.news.wait()
        except TimeoutError:
            return

    async def _stop(self) -> None:
        tasks = list(self._busy.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        try:
            problem = await self._attempt(session, delivery)
            if problem is None:
                self._deliveries.done(delivery)
            else:
                _LOG.warning("webhook %s not taken: %s", delivery.event_id, problem)
                self._deliveries.failed(delivery, time.time())
        finally:
            del self._busy[delivery.id]
            self._account.news.set()

    async def _attempt(self, session: aiohttp.ClientSession, delivery: Delivery) -> str | None:
        """Why the event was not taken; ``None`` if it was."""
        if self._account.take_loss():
            return "lost on request"
        payload = payload_of(self._account.event_object(delivery.event_id))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(self._endpoint.secret, payload, int(time.time())),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        try:
            async with session.post(
                self._endpoint.url, data=payload, headers=headers, allow_redirects=False
            ) as answer:
                return None if answer.status in _SUCCESS else f"answered {answer.status}"
        except (aiohttp.ClientError, TimeoutError) as error:
            return str(error) or type(error).__name__


class _LocalNames(AbstractResolver):
    """Every ``*.localhost`` is this machine (RFC 6761), whatever the system's resolver thinks."""

    def __init__(self) -> None:
        self._others = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if not host.endswith(".localhost"):
            return await self._others.resolve(host, port, family)
        return [
            ResolveResult(
                hostname=host, host=HOST, port=port, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        await self._others.close()
