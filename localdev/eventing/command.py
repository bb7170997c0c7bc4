"""What the three command lines share: one loop, ended by SIGTERM or SIGINT, errors as one line."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress

from kafka.errors import KafkaError

from knative.validate import UnreadableManifestError
from localdev.cluster.manifests import ManifestError


def run_until_stopped(work: Coroutine[None, None, None]) -> None:
    """Runs ``work``; a signal cancels it. Leaves with 1 and the reason for what cannot work."""
    try:
        asyncio.run(_supervise(work))
    except (ManifestError, UnreadableManifestError, KafkaError, OSError) as error:
        sys.exit(f"{error}")


def say_ready() -> None:
    """Tells whoever started this process."""
    print("ready", flush=True)


async def _supervise(work: Coroutine[None, None, None]) -> None:
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
