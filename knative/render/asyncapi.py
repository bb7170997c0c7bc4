"""AsyncAPI 3: the topics, their messages, who publishes and who reacts."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from knative.render.eventing import BOOTSTRAP_SERVERS, payloads, sink_name
from knative.render.examples import DATE_TIME, Examples, example_id, with_times
from shared.contracts.event import context_of, source_of, topic_of, type_of
from shared.runtime.declare import On, Spec

Part = dict[str, Any]

_TEXT = {"type": "string"}
_HEADERS = {
    "ce_specversion": {"const": "1.0"},
    "ce_id": _TEXT,
    "ce_subject": {**_TEXT, "description": "The aggregate's id."},
    "ce_partitionkey": {**_TEXT, "description": "The aggregate's id: order is per aggregate."},
    "ce_time": {**_TEXT, "format": "date-time"},
    "ce_aggregateversion": {**_TEXT, "description": "The aggregate's version; the newest counts."},
    "ce_popshopsig": {**_TEXT, "description": "HMAC-SHA256 by the producing context, in hex."},
    "ce_traceparent": _TEXT,
}
_OPTIONAL = frozenset({"ce_traceparent"})


def asyncapi_json(specs: Iterable[Spec]) -> str:
    """``asyncapi.json``: one channel per topic, one operation per producer and reaction."""
    events = payloads()
    schemas, found = msgspec.json.schema_components(
        events, ref_template="#/components/schemas/{name}"
    )
    components = with_times(found)
    examples = Examples(components)
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Popshop events",
            "version": "1.0.0",
            "description": "CloudEvents 1.0 in Kafka's binary mode, delivered at least once.",
        },
        "defaultContentType": "application/json",
        "servers": {"kafka": {"host": BOOTSTRAP_SERVERS, "protocol": "kafka"}},
        "channels": {sink_name(topic_of(event)): _channel(event) for event in events},
        "operations": _sends(events) | _receives(specs),
        "components": {
            "messages": {
                event.__name__: _message(event, schema, examples)
                for event, schema in zip(events, schemas, strict=True)
            },
            "schemas": dict(sorted(components.items())),
        },
    }
    return json.dumps(document, indent=1) + "\n"


def _channel(event: type) -> Part:
    name = event.__name__
    return {
        "address": topic_of(event),
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
    }


def _message(event: type, schema: Part, examples: Examples) -> Part:
    headers = {"ce_type": {"const": type_of(event)}, "ce_source": {"const": source_of(event)}}
    headers |= _HEADERS
    return {
        "name": type_of(event),
        "summary": (event.__doc__ or "").strip(),
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "properties": headers,
            "required": [name for name in headers if name not in _OPTIONAL],
        },
        "payload": schema,
        "examples": [_example(event, examples.answer(schema))],
    }


def _example(event: type, payload: Part) -> Part:
    subject = example_id(topic_of(event))
    return {
        "name": topic_of(event),
        "headers": {
            "ce_type": type_of(event),
            "ce_source": source_of(event),
            "ce_specversion": "1.0",
            "ce_id": example_id("event"),
            "ce_subject": subject,
            "ce_partitionkey": subject,
            "ce_time": DATE_TIME,
            "ce_aggregateversion": str(payload["version"]),
            "ce_popshopsig": hashlib.sha256(b"example").hexdigest(),
        },
        "payload": payload | {"id": subject} if "id" in payload else payload,
    }


def _sends(events: Sequence[type]) -> Part:
    return {
        f"{context_of(event)}-publishes-{sink_name(topic_of(event))}": {
            "action": "send",
            "channel": {"$ref": f"#/channels/{sink_name(topic_of(event))}"},
            "tags": [{"name": context_of(event)}],
        }
        for event in events
    }


def _receives(specs: Iterable[Spec]) -> Part:
    return {
        f"{spec.service_name}-on-{sink_name(topic)}": {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{sink_name(topic)}"},
            "summary": spec.summary.partition("\n")[0],
            "tags": [{"name": spec.context}],
        }
        for spec in specs
        if isinstance(spec.trigger, On)
        for topic in spec.trigger.topics
    }
