"""MongoDB: a given address, mongod, or SecantusDB."""

from collections.abc import Sequence
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
# WiredTiger takes this above what the program asks for.
_COMMITS_TO_THE_SYSTEM = {"WIREDTIGER_CONFIG": "transaction_sync=(enabled=true,method=none)"}


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


def secantusd_rs(place: Place) -> Engine | None:
    """SecantusDB's server in Rust on the path, for load: a fifth of the wheel's CPU per write.

    Only if asked for: a unique key that an update gives up stays taken there, and one that it takes
    is not kept from others (0.5.3-beta.196; 15 of the ports' 1286 contract tests find it).
    """
    program = place.find("secantusd-rs")
    # A log file is allocated whole, and a connection takes a session.
    options = ["--log-file-max", "10MB", "--session-max", "4000"]
    if program is None:
        return None
    return _secantus(place, "secantusd-rs", "SecantusDB in Rust", [program, *options])


def secantusdb(place: Place) -> Engine:
    """The wheel: its server in Python."""
    return _secantus(place, "secantusdb", "SecantusDB", [tool("secantusd-py")])


def _secantus(place: Place, name: str, server: str, program: Sequence[str]) -> Engine:
    """SecantusDB. Without --sync-on-commit a kill -9 loses acknowledged writes (measured).

    A commit is handed to the operating system and not waited for on the disk: that outlives a
    kill -9 (measured, and in tests/chaos) but not a power cut, and costs a quarter less CPU.
    """
    port, data = place.port(name), place.data(name)
    # A file of our own, or it reads whatever secantusd.toml the user has.
    settings = place.home / "secantusd.toml"
    settings.write_text("")
    options = ["--config", str(settings), "--storage-path", str(data), "--cache-size", "512M"]
    options += ["--host", HOST, "--port", str(port.port), "--sync-on-commit"]
    return OwnEngine(
        place,
        Launch(
            server=server,
            log="mongodb",
            # Retryable writes prune thousands of records per write there (measured: ten times
            # slower).
            url=f"mongodb://{HOST}:{port.port}/?retryWrites=false",
            ports=[port],
            argv=[*program, *options],
            environ=_COMMITS_TO_THE_SYSTEM,
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
