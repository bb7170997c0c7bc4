from typing import Any

import pytest
from pymongo.errors import OperationFailure, PyMongoError

from localdev.engines import mongodb

URL = "mongodb://127.0.0.1:4000/?directConnection=true"


class Mongod:
    """A mongod that holds a replica set's configuration, as far as the probe asks for it."""

    def __init__(self, config: dict[str, Any] | None, address: str = "127.0.0.1:4000") -> None:
        self.config, self.address = config, address
        self.admin = self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def server_info(self):
        return {"version": "8.0.4"}

    def command(self, name, value=None, *, force=False):
        return getattr(self, name)(value, force)

    def hello(self, _, __):
        members = [] if self.config is None else [item["host"] for item in self.config["members"]]
        return {"isWritablePrimary": members == [self.address]}

    def replSetGetConfig(self, _, __):  # noqa: N802 - the command's name
        if self.config is None:
            raise OperationFailure("no replset config has been received", 94)
        return {"config": self.config}

    def replSetInitiate(self, config, _):  # noqa: N802 - the command's name
        assert self.config is None
        self.config = {"version": 1, **config}

    def replSetReconfig(self, config, force):  # noqa: N802 - the command's name
        assert force, "a removed member takes nothing else"
        assert self.config is not None
        assert config["version"] > self.config["version"]
        self.config = config


def moved_from(address: str) -> dict[str, Any]:
    return {"_id": "popshop", "version": 3, "members": [{"_id": 0, "host": address}]}


@pytest.mark.parametrize("config", [None, moved_from("127.0.0.1:3999")], ids=["new", "moved"])
def test_the_set_is_made_or_moved_to_the_port_it_has_now(monkeypatch, config):
    server = Mongod(config)
    monkeypatch.setattr(mongodb, "_client", lambda _: server)
    with pytest.raises(PyMongoError, match="no primary yet"):
        mongodb._probe_replica_set(URL)
    assert mongodb._probe_replica_set(URL) == "8.0.4"


def test_a_set_that_is_electing_is_left_alone(monkeypatch):
    server = Mongod(moved_from("127.0.0.1:4000"))
    monkeypatch.setattr(mongodb, "_client", lambda _: server)
    monkeypatch.setattr(server, "hello", lambda *_: {"isWritablePrimary": False})
    with pytest.raises(PyMongoError, match="no primary yet"):
        mongodb._probe_replica_set(URL)
    assert server.config == moved_from("127.0.0.1:4000")
