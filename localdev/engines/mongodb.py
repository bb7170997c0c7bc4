"""MongoDB: a given address, mongod, or SecantusDB."""

from typing import Any

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

from localdev.cluster.ports import HOST
from localdev.engines.engine import Engine, given_engine
from localdev.engines.place import Place, tool
from localdev.engines.server import Launch, OwnEngine

_FAULTS = (PyMongoError,)
_PROBE_MS = 3000
_REPLICA_SET = "popshop"
_NOT_INITIALISED = 94


def given(place: Place) -> Engine | None:
    """MONGO_URL."""
    url = place.environ.get("MONGO_URL")
    return given_engine("MONGO_URL", url, _probe, _FAULTS) if url else None


def mongod(place: Place) -> Engine | None:
    """A mongod on the path, as a replica set of one (majority concerns need one)."""
    program = place.find("mongod")
    if program is None:
        return None
    port = place.port("mongod")
    options = ["--bind_ip", HOST, "--port", str(port.port), "--replSet", _REPLICA_SET]
    return OwnEngine(
        place,
        Launch(
            server="mongod",
            log="mongodb",
            url=f"mongodb://{HOST}:{port.port}/?directConnection=true",
            ports=[port],
            argv=[program, "--dbpath", str(place.data("mongod")), *options],
            probe=_probe_replica_set,
            faults=_FAULTS,
        ),
    )


def secantusdb(place: Place) -> Engine:
    """The wheel. Without --sync-on-commit a kill -9 loses acknowledged writes (measured)."""
    port, data = place.port("secantusdb"), place.data("secantusdb")
    # A file of our own, or it reads whatever secantusd.toml the user has.
    settings = place.home / "secantusd.toml"
    settings.write_text("")
    argv = [tool("secantusd-py"), "--config", str(settings), "--storage-path", str(data)]
    options = ["--host", HOST, "--port", str(port.port), "--cache-size", "512M", "--sync-on-commit"]
    return OwnEngine(
        place,
        Launch(
            server="SecantusDB",
            log="mongodb",
            # Retryable writes prune thousands of records per write there (measured: ten times
            # slower).
            url=f"mongodb://{HOST}:{port.port}/?retryWrites=false",
            ports=[port],
            argv=[*argv, *options],
            probe=_probe,
            faults=_FAULTS,
        ),
    )


def _probe(url: str) -> str:
    with _client(url) as client:
        return str(client.server_info()["version"])


def _probe_replica_set(url: str) -> str:
    """Makes the set, or moves it to the port that it has now."""
    with _client(url) as client:
        if not client.admin.command("hello").get("isWritablePrimary"):
            _settle(client, url.partition("://")[2].partition("/")[0])
            raise PyMongoError("the replica set has no primary yet")
        return str(client.server_info()["version"])


def _settle(client: "pymongo.MongoClient[dict[str, Any]]", address: str) -> None:
    members = [{"_id": 0, "host": address}]
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != _NOT_INITIALISED:
            raise
        client.admin.command("replSetInitiate", {"_id": _REPLICA_SET, "members": members})
        return
    if [member["host"] for member in config["members"]] != [address]:
        moved = {**config, "version": config["version"] + 1, "members": members}
        client.admin.command("replSetReconfig", moved, force=True)


def _client(url: str) -> "pymongo.MongoClient[dict[str, Any]]":
    return pymongo.MongoClient(
        url,
        serverSelectionTimeoutMS=_PROBE_MS,
        connectTimeoutMS=_PROBE_MS,
        socketTimeoutMS=_PROBE_MS,
    )
