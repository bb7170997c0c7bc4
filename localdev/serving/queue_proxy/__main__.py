"""One queue-proxy as a process of its own: ``python -m localdev.serving.queue_proxy``."""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence

from localdev.serving.queue_proxy.probes import Probe
from localdev.serving.queue_proxy.proxy import Limits, QueueProxy


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until SIGTERM or SIGINT, then drains; a second signal ends it with status 1."""
    options = _parser().parse_args(arguments)
    asyncio.run(_serve(options))
    return 0


async def _serve(options: argparse.Namespace) -> None:
    proxy = QueueProxy(_limits(options), options.probe, "127.0.0.1", options.app_port)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, stopping)
    await proxy.start(options.port)
    await proxy.start_admin(options.admin_port)
    print("ready", flush=True)
    await stopping.wait()
    await proxy.drain()
    await proxy.shutdown()


def _stop(stopping: asyncio.Event) -> None:
    if stopping.is_set():
        os._exit(1)
    stopping.set()


def _limits(options: argparse.Namespace) -> Limits:
    return Limits(
        concurrency=options.concurrency,
        timeout_seconds=options.timeout,
        response_start_seconds=options.response_start,
        idle_seconds=options.idle,
        is_full_duplex=options.full_duplex,
        quiet_seconds=options.quiet,
    )


def _probe(text: str) -> Probe | None:
    """A container's ``readinessProbe`` as JSON; ``none``: always ready."""
    return None if text == "none" else Probe.of(json.loads(text))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m localdev.serving.queue_proxy", description=__doc__
    )
    parser.add_argument("--port", type=int, required=True, help="takes requests")
    parser.add_argument("--admin-port", type=int, required=True, help="takes GET /wait-for-drain")
    parser.add_argument("--app-port", type=int, required=True, help="where the application listens")
    parser.add_argument("--concurrency", type=int, default=0, help="0: unlimited")
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds for a request")
    parser.add_argument("--response-start", type=float, default=0.0, help="seconds; 0: off")
    parser.add_argument("--idle", type=float, default=0.0, help="seconds; 0: off")
    parser.add_argument("--quiet", type=float, default=30.0, help="seconds of a drain")
    parser.add_argument("--full-duplex", action="store_true", help="answer before the body's end")
    parser.add_argument(
        "--probe", type=_probe, default=None, help="readinessProbe as JSON, or none"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
