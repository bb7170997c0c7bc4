"""A running stack, as `up` leaves it, and what a test may do to it from outside."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pymongo
import requests

from localdev.cluster.control import call
from tests.e2e.waiting import wait_until

ROOT = Path(__file__).parents[2]
_UP_SECONDS, _COMMAND_SECONDS = 240, 60
_STALE_SECONDS = 1.2


@dataclass(frozen=True)
class Stack:
    """One `python -m localdev up`, by its state folder."""

    state: Path

    @classmethod
    def up(cls, state: Path, *options: str) -> "Stack":
        """Starts it; the output of `up` is in the failure."""
        stack = cls(state)
        stack.command("up", "--detach", *options, patience_seconds=_UP_SECONDS)
        return stack

    def command(self, *words: str, patience_seconds: float = _COMMAND_SECONDS) -> str:
        """One `python -m localdev` command on this stack; its output."""
        argv = [sys.executable, "-m", "localdev", words[0], "--state", str(self.state), *words[1:]]
        done = subprocess.run(
            argv, cwd=ROOT, capture_output=True, text=True, timeout=patience_seconds, check=False
        )
        assert done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def down(self) -> None:
        """Ends it with everything it started."""
        for client in self._clients.values():
            client.close()
        self.command("down")

    def status(self) -> dict[str, Any]:
        """The document of `status --json`."""
        found: dict[str, Any] = json.loads(self.command("status", "--json"))
        return found

    @cached_property
    def facts(self) -> dict[str, Any]:
        """The status as it was at first: addresses, keys and logins do not change."""
        return self.status()

    def function(self, name: str) -> dict[str, Any]:
        """One function's line of the status."""
        return next(one for one in self.status()["functions"] if one["name"] == name)

    def database(self, context: str) -> "pymongo.database.Database[dict[str, Any]]":
        """A context's own database, to look into or to move a clock."""
        if context not in self._clients:
            url = self.secret(f"popshop-mongo-{context}", "url")
            self._clients[context] = pymongo.MongoClient(url, tz_aware=True)
        return self._clients[context].get_default_database()

    @cached_property
    def _clients(self) -> "dict[str, pymongo.MongoClient[dict[str, Any]]]":
        return {}

    def secret(self, name: str, key: str) -> str:
        """A key of one of the stack's Secrets."""
        return str(json.loads((self.state / "secrets.json").read_text())[name][key])

    def tick(self, service: str) -> None:
        """Wakes a scheduled function now, as its PingSource would."""
        headers = {
            "ce-id": "tick",
            "ce-type": "dev.knative.sources.ping",
            "ce-source": "/tests",
            "ce-specversion": "1.0",
        }
        answer = requests.post(f"{self.services}/_services/{service}/", headers=headers, timeout=60)
        assert answer.status_code == 204, answer.text

    @cached_property
    def services(self) -> str:
        """The activator's address."""
        return str(self.facts["services"])

    def stripe(self, method: str, path: str, **fields: Any) -> dict[str, Any]:
        """A call of the Stripe fake with the secret key; its answer, errors included."""
        stripe = self.facts["stripe"]
        answer = requests.request(
            method, stripe["api_base"] + path, auth=(stripe["secret_key"], ""), timeout=30, **fields
        )
        document: dict[str, Any] = answer.json()
        return document

    def wait_until_quiet(self, patience_seconds: float = 30.0) -> None:
        """Until every event has been delivered and every outbox is empty.

        The lag is told once a second, so it must be 0 for longer than that.
        """
        quiet_since = float("inf")

        def is_quiet() -> bool:
            nonlocal quiet_since
            asked_at, metrics = time.monotonic(), call(self.state, "status")["metrics"]
            if metrics["consumer_lag"] or metrics["outbox_oldest_seconds"]:
                quiet_since = float("inf")
            else:
                quiet_since = min(quiet_since, asked_at)
            return asked_at - quiet_since > _STALE_SECONDS

        wait_until(is_quiet, "events are delivered", patience_seconds)

    def wait_for_product(self, product: dict[str, Any]) -> None:
        """Until carts and orders know this product at this version."""
        known = {"_id": product["id"], "version": {"$gte": product["version"]}}
        copies = [self.database(context).products for context in ("cart", "orders")]
        wait_until(lambda: all(copy.find_one(known) for copy in copies), f"all know {known}")
