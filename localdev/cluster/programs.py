"""The command lines of the child processes (each is a program of its own, see its --help)."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from localdev.cluster.addresses import Addresses
from localdev.cluster.children import Program
from localdev.cluster.processes import python, tool_environ
from localdev.cluster.state import State
from shared.runtime.telemetry import ENDPOINT

_WEBHOOK = ("payments-receive-stripe-webhook", "/api/payments/webhook")
DISPATCHER_STATUS = "dispatcher.json"


def stripe_program(state: State, addresses: Addresses, keys: Mapping[str, str]) -> Program:
    """The Stripe fake; its webhooks go to the payments function."""
    options = {
        "port": str(addresses.stripe.port),
        "state": str(state.root / "stripe.sqlite"),
        "secret-key": keys["secret-key"],
        "publishable-key": keys["publishable-key"],
        "webhook-secret": keys["webhook-secret"],
        "webhook-url": addresses.service(*_WEBHOOK),
    }
    return _module("stripe", "localdev.stripe", options)


def mail_program(state: State, addresses: Addresses) -> Program:
    """The inbox that all mail ends in."""
    options = {
        "smtp-port": str(addresses.smtp.port),
        "http-port": str(addresses.mail.port),
        "state": str(state.root / "mail.json"),
    }
    return _module("mail", "localdev.mail", options)


def sink_program(manifests: Path, addresses: Addresses, bootstrap: str, telemetry: str) -> Program:
    """KafkaSinks: functions publish here. ``telemetry``: URL to send spans to, empty for none."""
    port = str(addresses.sink.port)
    options = {"manifests": str(manifests), "bootstrap": bootstrap, "port": port}
    return _module("sink", "localdev.eventing.sink", options, {ENDPOINT: telemetry})


def source_programs(
    manifests: Path, state: State, addresses: Addresses, bootstrap: str, telemetry: str
) -> Iterator[Program]:
    """KafkaSources and PingSources: they wake functions, so the activator must be there."""
    options = {"manifests": str(manifests), "services": addresses.services}
    yield _module("ping", "localdev.eventing.ping", options)
    options |= {
        "bootstrap": bootstrap,
        "sinks": addresses.sinks,
        "status": str(state.root / DISPATCHER_STATUS),
    }
    told = {ENDPOINT: telemetry}
    yield _module("dispatcher", "localdev.eventing.dispatcher", options, told)


def _module(
    name: str, module: str, options: Mapping[str, str], environ: Mapping[str, str] | None = None
) -> Program:
    flags = [part for option, value in options.items() for part in (f"--{option}", value)]
    return Program(name, python("-m", module, *flags), tool_environ() | dict(environ or {}))
