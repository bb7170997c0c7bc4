"""``python -m localdev.eventing.ping``: ticks for every PingSource of the manifests."""

import argparse
import asyncio
import random
import uuid
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from cronsim import CronSim

from localdev.eventing.addresses import Addresses
from localdev.eventing.command import run_until_stopped, say_ready
from localdev.eventing.events import CONTENT_TYPE, CloudEvent
from localdev.eventing.manifests import load_eventing
from localdev.eventing.sender import HttpPost, Policy, Sender, Sleep
from localdev.eventing.spec import Ping
from shared.runtime.logs import log

TYPE = "dev.knative.sources.ping"
_RETRIED = frozenset({404, 413, 425, 429, 502, 503, 504})
# eventing pkg/adapter/mtping/runner.go
POLICY = Policy(retry=5, backoff_seconds=0.05, is_retried=_RETRIED.__contains__)
_JITTER_SECONDS = 0.5
_DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
Now = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


def next_tick(ping: Ping, after: datetime) -> datetime:
    """The first tick after a moment, in UTC."""
    zone: tzinfo | None = ZoneInfo(ping.timezone) if ping.timezone else None
    schedule = _DESCRIPTORS.get(ping.schedule, ping.schedule).replace("?", "*")
    return next(CronSim(schedule, after.astimezone(zone))).astimezone(UTC)


def tick_event(ping: Ping, at: datetime) -> CloudEvent:
    """The event of a tick that is sent ``at``."""
    attributes = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "type": TYPE,
        "source": f"/apis/v1/namespaces/{ping.namespace}/pingsources/{ping.name}",
        "time": at.isoformat().replace("+00:00", "Z"),
    }
    if ping.content_type:
        attributes[CONTENT_TYPE] = ping.content_type
    data = b64decode(ping.data_base64) if ping.data_base64 else ping.data.encode()
    return CloudEvent(attributes | ping.overrides, data or None)


class Ticker:
    """One PingSource. A slow send does not hold back the next tick; missed ticks are gone."""

    def __init__(
        self, ping: Ping, url: str, sender: Sender, now: Now = _now, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._ping = ping
        self._url = url
        self._sender = sender
        self._now = now
        self._sleep = sleep

    async def run(self) -> None:
        """Ticks for ever."""
        last = self._now()
        async with asyncio.TaskGroup() as sends:
            while True:
                tick = next_tick(self._ping, max(last, self._now()))
                while (left := (tick - self._now()).total_seconds()) > 0:
                    await self._sleep(left)
                last = tick
                sends.create_task(self.send())

    async def send(self) -> None:
        """One tick: a random wait, so that many sources do not strike together, then the event."""
        await self._sleep(random.uniform(0, _JITTER_SECONDS))
        event = tick_event(self._ping, self._now())
        headers = {"Kn-Namespace": self._ping.namespace}
        outcome = await self._sender.deliver(event, self._url, POLICY, headers)
        if not outcome.is_delivered:
            log("warning", "tick lost", source=self._ping.name, error=outcome.reason)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="localdev.eventing.ping", description=__doc__)
    parser.add_argument("--manifests", type=Path, required=True, help="folder with PingSources")
    parser.add_argument("--services", required=True, help="URL of the activator")
    parser.add_argument("--sinks", default="", help="URL of the KafkaSink ingress")
    run_until_stopped(_tick(parser.parse_args()))


async def _tick(options: argparse.Namespace) -> None:
    pings = load_eventing(options.manifests).pings
    addresses = Addresses(options.services, options.sinks)
    post = HttpPost()
    try:
        async with asyncio.TaskGroup() as tickers:
            for ping in pings:
                url = addresses.of(ping.destination).url
                tickers.create_task(Ticker(ping, url, Sender(post)).run())
            tickers.create_task(asyncio.Event().wait())
            say_ready()
    finally:
        await post.close()


if __name__ == "__main__":
    main()
