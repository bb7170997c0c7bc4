"""``python -m localdev.eventing.dispatcher``: carries every KafkaSource of the manifests."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from kafka.errors import KafkaError

from localdev.cluster.state import write_json
from localdev.eventing.addresses import Addresses
from localdev.eventing.announcements import listen
from localdev.eventing.command import run_until_stopped, say_ready
from localdev.eventing.courier import Courier
from localdev.eventing.engine import COMMIT_SECONDS, Engine
from localdev.eventing.groups import Groups
from localdev.eventing.log_reader import LogReader
from localdev.eventing.manifests import load_eventing
from localdev.eventing.sender import HttpPost, Sender
from localdev.telemetry.exporter import exporter, tracer_of
from shared.runtime.logs import log

_STATUS_SECONDS = 1.0


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="localdev.eventing.dispatcher", description=__doc__)
    parser.add_argument("--manifests", type=Path, required=True, help="folder with KafkaSources")
    parser.add_argument("--bootstrap", required=True, help="Kafka's HOST:PORT")
    parser.add_argument("--services", required=True, help="URL of the activator")
    parser.add_argument("--sinks", required=True, help="URL of the KafkaSink ingress")
    parser.add_argument("--status", type=Path, help="file to write the consumer lag to")
    parser.add_argument("--commit-seconds", type=float, default=COMMIT_SECONDS)
    run_until_stopped(_carry(parser.parse_args()))


async def _carry(options: argparse.Namespace) -> None:
    sources = load_eventing(options.manifests).sources
    addresses = Addresses(options.services, options.sinks)
    post = HttpPost()
    sender, spans = Sender(post), exporter()
    tracer = tracer_of("dispatcher", spans)
    engine = Engine(
        [(source, Courier(source, addresses, sender, tracer)) for source in sources],
        LogReader(options.bootstrap),
        Groups(options.bootstrap),
    )
    try:
        await engine.prepare(sources)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(engine.run())
            tasks.create_task(listen(options.sinks, engine.heard))
            tasks.create_task(_every(options.commit_seconds, engine.commit))
            if options.status:
                tasks.create_task(_every(_STATUS_SECONDS, lambda: _report(engine, options.status)))
            say_ready()
    finally:
        await engine.stop()
        await post.close()
        if spans:
            await spans.close()


async def _every(seconds: float, act: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await act()
        except KafkaError as error:
            log("warning", "Kafka does not answer", error=str(error))


async def _report(engine: Engine, file: Path) -> None:
    groups = engine.lag()
    write_json(file, {"consumer_lag": sum(groups.values()), "groups": groups})


if __name__ == "__main__":
    main()
