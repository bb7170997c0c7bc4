"""Events on the wire: CloudEvents 1.0 in HTTP binary mode, signed by the producing context.

``popshopsig`` is an HMAC-SHA256 over id, type, source, subject, version and the data's exact bytes
with the producing context's key, so that nobody else can post a reaction an event.
"""

import base64
import functools
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import msgspec

from shared.contracts.event import EventMeta, context_of, source_of, topic_of, type_of
from shared.kernel.errors import Invalid, Malformed
from shared.kernel.keys import is_signed, signing
from shared.runtime.request import Request
from shared.runtime.validate import convert

SCHEDULE_TYPE = "dev.knative.sources.ping"
_REQUIRED = ("ce-id", "ce-type", "ce-source", "ce-specversion")


class BadSignature(Invalid):
    """The event was not signed by the context it names."""

    code = "bad_signature"


def sign_event(
    key: str,
    *,
    id: str,  # noqa: A002 - CloudEvents' own names
    type: str,  # noqa: A002
    source: str,
    subject: str,
    version: int,
    data: bytes,
) -> str:
    """The hex signature of an event, by the key that signs (see ``shared.kernel.keys``)."""
    signed = "\n".join((id, type, source, subject, str(version))).encode() + b"\n" + data
    return hmac.new(signing(key), signed, hashlib.sha256).hexdigest()


def event_headers(entry: dict[str, Any], key: str) -> dict[str, str]:
    """The HTTP headers of an outbox entry (see ``shared.runtime.outbox.Outbox.entry``)."""
    data = entry["data"].encode()
    named = {name: entry[name] for name in ("id", "type", "source", "subject", "version")}
    headers = {
        "ce-specversion": "1.0",
        "ce-id": entry["id"],
        "ce-type": entry["type"],
        "ce-source": entry["source"],
        "ce-subject": entry["subject"],
        "ce-time": entry["time"],
        "ce-partitionkey": entry["subject"],
        "ce-aggregateversion": str(entry["version"]),
        "ce-popshopsig": sign_event(key, data=data, **named),
        "content-type": "application/json",
    }
    return headers | ({"ce-traceparent": trace} if (trace := entry["traceparent"]) else {})


def read_event(
    request: Request, payloads: tuple[type, ...], keys: dict[str, str], body: bytes
) -> tuple[EventMeta, Any]:
    """The checked envelope and typed payload of a delivery.

    ``keys`` maps context to its event key. Raises ``Malformed`` for what is no CloudEvent,
    ``Invalid`` for another type or source, a bad signature or a payload that breaks its type: all
    permanent, so the event goes to the dead letters at once.
    """
    headers = dict(request.headers_with_prefix("ce-"))
    _check_envelope(headers, request)
    payload = _payload_type(headers, payloads)
    meta = _meta(headers, payload)
    signature = functools.partial(
        sign_event,
        id=meta.id,
        type=meta.type,
        source=meta.source,
        subject=meta.subject,
        version=meta.version,
        data=body,
    )
    if not is_signed(headers.get("ce-popshopsig", ""), keys[context_of(payload)], signature):
        raise BadSignature({"popshopsig": f"not signed by {meta.source}"})
    try:
        data = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise Malformed(f"The event's data is not valid JSON: {error}") from error
    return meta, convert(data, payload, field="data")


class DeadEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event that could not be delivered, with what Knative adds about the failure.

    ``attributes`` are those of the event (without ``ce-``), its signature included, so that it can
    be delivered again as it was. ``code`` is the last HTTP status, ``None`` when there was none.
    """

    attributes: dict[str, str]
    data: bytes
    destination: str
    code: int | None
    error: str


def read_dead_event(request: Request, body: bytes) -> DeadEvent:
    """The dead event of a delivery from the dead-letter topic.

    Its signature is not checked: a forged event ends here too, and is only shown.
    """
    headers = dict(request.headers_with_prefix("ce-"))
    _check_envelope(headers, request)
    attributes = {name.removeprefix("ce-"): value for name, value in headers.items()}
    code = attributes.pop("knativeerrorcode", "")
    return DeadEvent(
        destination=attributes.pop("knativeerrordest", ""),
        code=int(code) if code.isascii() and code.isdigit() else None,
        error=_decoded(attributes.pop("knativeerrordata", "")),
        attributes=attributes,
        data=body,
    )


def _decoded(error_data: str) -> str:
    """Knative writes the answer's first 1024 bytes in base64."""
    try:
        return base64.b64decode(error_data, validate=True).decode("utf-8", "replace")
    except ValueError:
        return error_data


def check_tick(request: Request) -> None:
    """Refuses anything that is not a PingSource event."""
    headers = dict(request.headers_with_prefix("ce-"))
    _check_envelope(headers, request)
    if headers["ce-type"] != SCHEDULE_TYPE:
        raise Invalid({"type": f"expected {SCHEDULE_TYPE}, got {headers['ce-type']}"})


def _check_envelope(headers: dict[str, str], request: Request) -> None:
    if request.media_type.startswith("application/cloudevents"):
        raise Malformed("Send the CloudEvent in binary mode: its signature covers the exact bytes.")
    missing = [name for name in _REQUIRED if not headers.get(name)]
    if missing:
        raise Malformed(f"Not a CloudEvent: {', '.join(missing)} missing.")
    if headers["ce-specversion"] != "1.0":
        raise Malformed(f"CloudEvents {headers['ce-specversion']} is not spoken here, only 1.0.")


def _payload_type(headers: dict[str, str], payloads: tuple[type, ...]) -> type:
    for payload in payloads:
        if type_of(payload) == headers["ce-type"]:
            if headers["ce-source"] != source_of(payload):
                raise Invalid({"source": f"expected {source_of(payload)}"})
            return payload
    expected = ", ".join(type_of(payload) for payload in payloads)
    raise Invalid({"type": f"expected {expected}, got {headers['ce-type']}"})


def _meta(headers: dict[str, str], payload: type) -> EventMeta:
    version = headers.get("ce-aggregateversion", "")
    if not (version.isascii() and version.isdigit()):
        raise Invalid({"aggregateversion": "must be a whole number"})
    try:
        time = datetime.fromisoformat(headers.get("ce-time", ""))
    except ValueError as error:
        raise Invalid({"time": "must be an RFC 3339 time"}) from error
    return EventMeta(
        id=headers["ce-id"],
        type=headers["ce-type"],
        topic=topic_of(payload),
        source=headers["ce-source"],
        subject=headers.get("ce-subject", ""),
        version=int(version),
        time=time if time.tzinfo else time.replace(tzinfo=UTC),
        traceparent=headers.get("ce-traceparent", ""),
    )
