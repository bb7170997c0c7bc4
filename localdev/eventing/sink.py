"""``python -m localdev.eventing.sink``: the KafkaSink ingress for the sinks of the manifests."""

import argparse
import asyncio
from pathlib import Path

from aiohttp import web

from localdev.eventing.announcements import Announcer
from localdev.eventing.command import run_until_stopped, say_ready
from localdev.eventing.ingress import AcknowledgedProducer, Ingress
from localdev.eventing.manifests import load_eventing
from localdev.eventing.topics import create_topics
from localdev.telemetry.exporter import exporter, tracer_of

_SHUTDOWN_SECONDS = 5.0


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="localdev.eventing.sink", description=__doc__)
    parser.add_argument("--manifests", type=Path, required=True, help="folder with KafkaSinks")
    parser.add_argument("--bootstrap", required=True, help="Kafka's HOST:PORT")
    parser.add_argument("--port", type=int, required=True, help="loopback port to listen on")
    run_until_stopped(_serve(parser.parse_args()))


async def _serve(options: argparse.Namespace) -> None:
    sinks = load_eventing(options.manifests).sinks
    create_topics(options.bootstrap, sinks)
    producer = AcknowledgedProducer(options.bootstrap)
    producer.warm(sink.topic for sink in sinks)
    announcer = Announcer()
    spans = exporter()
    app = Ingress(sinks, producer, announcer, tracer_of("sink", spans)).app()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", options.port).start()
        say_ready()
        await asyncio.Event().wait()
    finally:
        announcer.stop()
        await runner.cleanup()
        if spans:
            await spans.close()
        producer.close()


if __name__ == "__main__":
    main()
