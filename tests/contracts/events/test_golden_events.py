"""One golden file per event type: what a published type looks like, envelope and signature too.

A published type never changes its shape. A test that fails here says that consumers which are
already deployed, and records that are still in the topics, would not agree with the code.
"""

import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

import shared.contracts
from shared.contracts.event import context_of, source_of, topic_of, type_of
from shared.runtime.events import BadSignature, event_headers, read_event
from shared.runtime.request import Request

FOLDER = Path(__file__).parent
KEY = "5eed" * 16


def is_published(thing: object) -> bool:
    return isinstance(thing, type) and "__popshop_topic__" in vars(thing)


PUBLISHED = {
    type_of(thing): thing
    for module in pkgutil.iter_modules(shared.contracts.__path__)
    for thing in vars(importlib.import_module(f"shared.contracts.{module.name}")).values()
    if is_published(thing)
}
each_type = pytest.mark.parametrize("name", sorted(PUBLISHED))


def golden(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def payload_of(name: str, data: dict[str, Any]) -> Any:
    return msgspec.convert(data, PUBLISHED[name])


def entry_of(name: str, data: bytes, headers: dict[str, str]) -> dict[str, Any]:
    """The outbox entry of an event; what happened to it, as its headers say."""
    payload = PUBLISHED[name]
    return {
        "id": headers["ce-id"],
        "topic": topic_of(payload),
        "type": type_of(payload),
        "source": source_of(payload),
        "subject": headers["ce-subject"],
        "version": int(headers["ce-aggregateversion"]),
        "time": headers["ce-time"],
        "data": data.decode(),
        "traceparent": headers["ce-traceparent"],
    }


def read(name: str, headers: dict[str, str], body: bytes) -> tuple[Any, Any]:
    environ = {
        f"HTTP_{key.upper().replace('-', '_')}": value
        for key, value in headers.items()
        if key.startswith("ce-")
    }
    environ |= {"REQUEST_METHOD": "POST", "CONTENT_TYPE": "application/json"}
    payload = PUBLISHED[name]
    return read_event(Request(environ), (payload,), {context_of(payload): KEY}, body)


def test_every_type_has_a_golden_and_every_golden_a_type():
    assert {file.stem for file in FOLDER.glob("*.json")} == set(PUBLISHED)


@each_type
def test_todays_code_writes_exactly_the_golden(name):
    known = golden(name)
    body = msgspec.json.encode(payload_of(name, known["data"]))
    assert json.loads(body) == known["data"]
    assert body == msgspec.json.encode(known["data"]), "the order of the fields has changed"
    assert event_headers(entry_of(name, body, known["headers"]), KEY) == known["headers"]


@each_type
def test_the_golden_is_read_back(name):
    known = golden(name)
    headers, data = known["headers"], known["data"]
    meta, payload = read(name, headers, msgspec.json.encode(data))
    assert payload == payload_of(name, data)
    assert (meta.id, meta.type, meta.source) == (headers["ce-id"], name, headers["ce-source"])
    assert (meta.subject, meta.traceparent) == (headers["ce-subject"], headers["ce-traceparent"])
    assert str(meta.version) == headers["ce-aggregateversion"]
    assert meta.time.isoformat() == headers["ce-time"].replace("Z", "+00:00")


@each_type
def test_fields_of_tomorrow_are_ignored_at_any_depth(name):
    known = golden(name)
    body = msgspec.json.encode(with_more(known["data"]))
    headers = event_headers(entry_of(name, body, known["headers"]), KEY)
    _, payload = read(name, headers, body)
    assert payload == payload_of(name, known["data"])


def with_more(value: Any) -> Any:
    """The same JSON with an unknown field in every object."""
    if isinstance(value, dict):
        return {key: with_more(one) for key, one in value.items()} | {"of_tomorrow": [1]}
    return [with_more(one) for one in value] if isinstance(value, list) else value


@each_type
def test_the_signature_covers_the_data_and_the_envelope(name):
    known = golden(name)
    headers, body = known["headers"], msgspec.json.encode(known["data"])
    changed = [
        (headers, body.replace(b"{", b"{ ", 1)),
        (headers | {"ce-id": "another"}, body),
        (headers | {"ce-subject": "another"}, body),
        (headers | {"ce-aggregateversion": "99"}, body),
    ]
    for changed_headers, changed_body in changed:
        with pytest.raises(BadSignature):
            read(name, changed_headers, changed_body)
