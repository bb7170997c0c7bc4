"""S3: a given address, minio, nanio, or (asked for) moto. The URL carries the keys."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from urllib.parse import quote, unquote, urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException

from localdev.cluster.ports import HOST, Reservation
from localdev.cluster.state import read_json, write_json
from localdev.engines.children import run_child
from localdev.engines.engine import Engine, EngineError, given_engine
from localdev.engines.place import Place, tool
from localdev.engines.server import Launch, OwnEngine

# ValueError: the client refuses an address it cannot read.
_FAULTS = (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError)
_PROBE_SECONDS, _VERSION_SECONDS = 3.0, 10.0


@dataclass(frozen=True, slots=True)
class Store:
    """An S3 engine's URL taken apart; ``endpoint`` has the scheme and no login."""

    endpoint: str
    access_key: str
    secret_key: str


def store_at(url: str) -> Store:
    """What an S3 client needs to know, from the URL of an engine."""
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    return Store(
        endpoint=f"{parts.scheme}://{address}",
        access_key=unquote(parts.username or ""),
        secret_key=unquote(parts.password or ""),
    )


def given(place: Place) -> Engine | None:
    """S3_ENDPOINT with S3_ACCESS_KEY and S3_SECRET_KEY."""
    endpoint = place.environ.get("S3_ENDPOINT")
    if not endpoint:
        return None
    try:
        keys = {"access": place.environ["S3_ACCESS_KEY"], "secret": place.environ["S3_SECRET_KEY"]}
    except KeyError as error:
        raise EngineError(f"S3_ENDPOINT is given, so {error.args[0]} must be, too") from error
    scheme, _, host = endpoint.rstrip("/").rpartition("://")
    url = _url(scheme or "http", host, keys)
    return given_engine("S3_ENDPOINT", url, lambda url: _probe(url) or "unknown", _FAULTS)


def minio(place: Place) -> Engine | None:
    """A minio on the path."""
    program = place.find("minio")
    if program is None:
        return None
    port, keys = place.port("minio"), _keys(place)
    argv = [program, "server", str(place.data("minio")), "--address", f"{HOST}:{port.port}"]
    environ = {
        "MINIO_ROOT_USER": keys["access"],
        "MINIO_ROOT_PASSWORD": keys["secret"],
        "MINIO_BROWSER": "off",
    }
    return _start(place, port, ["minio", _minio_version(program)], argv, environ)


def nanio(place: Place) -> Engine:
    """The wheel."""
    port, keys = place.port("nanio"), _keys(place)
    argv = [tool("nanio"), "serve", "--data-dir", str(place.data("nanio")), "--no-access-log"]
    options = ["--host", HOST, "--port", str(port.port), "--log-level", "warning"]
    environ = {"NANIO_ACCESS_KEY": keys["access"], "NANIO_SECRET_KEY": keys["secret"]}
    return _start(place, port, ["nanio", version("nanio")], [*argv, *options], environ)


def moto(place: Place) -> Engine:
    """In memory, and it checks no signature: for tests of what nanio cannot do."""
    port = place.port("moto")
    argv = [tool("moto_server"), "-H", HOST, "-p", str(port.port)]
    return _start(place, port, ["moto", version("moto")], argv, {})


def _start(
    place: Place,
    port: Reservation,
    named: Sequence[str],
    argv: Sequence[str],
    environ: Mapping[str, str],
) -> Engine:
    server, known_version = named
    return OwnEngine(
        place,
        Launch(
            server=server,
            log="s3",
            url=_url("http", f"{HOST}:{port.port}", _keys(place)),
            ports=[port],
            argv=argv,
            environ=environ,
            probe=lambda url: _probe(url) or known_version,
            faults=_FAULTS,
        ),
    )


def _keys(place: Place) -> dict[str, str]:
    """The store's own keys, made once."""
    file = place.home / "s3-keys.json"
    keys: dict[str, str] = read_json(file, {})
    if not keys:
        keys = {"access": secrets.token_hex(8), "secret": secrets.token_hex(20)}
        write_json(file, keys)
    return keys


def _url(scheme: str, host: str, keys: Mapping[str, str]) -> str:
    return f"{scheme}://{quote(keys['access'], safe='')}:{quote(keys['secret'], safe='')}@{host}"


def _minio_version(program: str) -> str:
    _, said = run_child([program, "--version"], _VERSION_SECONDS)
    found = re.search(r"RELEASE\.\S+", said)
    return found.group() if found else "unknown"


def _probe(url: str) -> str:
    """Raises until the keys are accepted; S3 tells nobody its version."""
    store = store_at(url)
    endpoint = urlsplit(store.endpoint)
    with urllib3.PoolManager(timeout=_PROBE_SECONDS, retries=False) as pool:
        client = Minio(
            endpoint.netloc,
            access_key=store.access_key,
            secret_key=store.secret_key,
            secure=endpoint.scheme == "https",
            http_client=pool,
        )
        client.list_buckets()
    return ""
