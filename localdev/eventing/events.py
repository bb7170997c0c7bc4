"""CloudEvents 1.0 as attributes and exact bytes, in HTTP binary and structured mode.

The data is never decoded and encoded again: signatures cover its bytes.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, unquote

import msgspec

STRUCTURED = "application/cloudevents+json"
_STRUCTURED_PREFIX = "application/cloudevents"
CONTENT_TYPE = "datacontenttype"
REQUIRED = ("specversion", "id", "source", "type")
_NAME = re.compile(r"[a-z0-9]+")
# CloudEvents HTTP binding 3.1.3.2: these stay; space, quote, percent and the rest are encoded.
_SAFE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')


class NotACloudEventError(ValueError):
    """What was sent is no CloudEvent 1.0; says why."""


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """All context attributes and extensions as text, and the data's bytes (``None``: no data)."""

    attributes: dict[str, str]
    data: bytes | None

    def with_attributes(self, added: Mapping[str, str]) -> "CloudEvent":
        """The event with attributes added or replaced."""
        return CloudEvent(self.attributes | dict(added), self.data)


def checked(event: CloudEvent) -> CloudEvent:
    """The event itself; raises ``NotACloudEventError`` if CloudEvents 1.0 does not allow it."""
    attributes = event.attributes
    missing = [name for name in REQUIRED if not attributes.get(name)]
    if missing:
        raise NotACloudEventError(f"required attribute missing: {', '.join(missing)}")
    if attributes["specversion"] != "1.0":
        raise NotACloudEventError(f"specversion {attributes['specversion']!r} is not 1.0")
    for name in attributes:
        if not _NAME.fullmatch(name):
            raise NotACloudEventError(f"{name!r} is no attribute name (lower-case a-z, 0-9)")
    _check_time(attributes.get("time"))
    return event


def is_structured(content_type: str) -> bool:
    """Whether a content type says that the whole event is in the body."""
    return content_type.lower().startswith(_STRUCTURED_PREFIX)


def from_http(headers: Iterable[tuple[str, str]], body: bytes) -> CloudEvent:
    """The event of a request. Raises ``NotACloudEventError``."""
    named = [(name.lower(), value) for name, value in headers]
    content_type = next((value for name, value in named if name == "content-type"), "")
    if is_structured(content_type):
        return from_structured(content_type, body)
    attributes = {name[3:]: unquote(value) for name, value in named if name.startswith("ce-")}
    if content_type:
        attributes[CONTENT_TYPE] = content_type
    return checked(CloudEvent(attributes, body or None))


def http_headers(event: CloudEvent) -> dict[str, str]:
    """The headers of the event in binary mode; the body is its data."""
    headers = {
        f"ce-{name}": quote(value, safe=_SAFE)
        for name, value in event.attributes.items()
        if name != CONTENT_TYPE
    }
    if content_type := event.attributes.get(CONTENT_TYPE):
        headers["content-type"] = content_type
    return headers


def from_structured(content_type: str, body: bytes) -> CloudEvent:
    """The event of a JSON document. Raises ``NotACloudEventError``."""
    if not content_type.lower().startswith(STRUCTURED):
        raise NotACloudEventError(f"{content_type!r} is not spoken here, only {STRUCTURED}")
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError as error:
        raise NotACloudEventError(f"not a JSON object: {error}") from error
    data, encoded = members.pop("data", None), members.pop("data_base64", None)
    values = {name: msgspec.json.decode(raw) for name, raw in members.items()}
    attributes = {name: _text(name, value) for name, value in values.items() if value is not None}
    if encoded is not None:
        return checked(CloudEvent(attributes, _decoded(encoded)))
    if data is None:
        return checked(CloudEvent(attributes, None))
    if _is_json(attributes.get(CONTENT_TYPE)):
        attributes.setdefault(CONTENT_TYPE, "application/json")
        return checked(CloudEvent(attributes, bytes(data)))
    text = msgspec.json.decode(data)
    return checked(CloudEvent(attributes, text.encode() if isinstance(text, str) else bytes(data)))


def to_structured(event: CloudEvent) -> bytes:
    """The event as one JSON document (content type ``STRUCTURED``)."""
    members: dict[str, object] = dict(event.attributes)
    if event.data is not None and not _is_json(event.attributes.get(CONTENT_TYPE)):
        members["data_base64"] = b64encode(event.data).decode()
    elif event.data is not None:
        members["data"] = msgspec.Raw(event.data)
    return msgspec.json.encode(members)


def _text(name: str, value: object) -> str:
    """Attributes are text, whole numbers or booleans (CloudEvents JSON format 2.2)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise NotACloudEventError(f"attribute {name} must be text, a whole number or a boolean")


def _decoded(encoded: msgspec.Raw) -> bytes:
    try:
        return b64decode(msgspec.json.decode(encoded, type=str), validate=True)
    except (msgspec.ValidationError, ValueError) as error:
        raise NotACloudEventError(f"data_base64 is not base64: {error}") from error


def _is_json(content_type: str | None) -> bool:
    media_type = (content_type or "application/json").partition(";")[0].strip().lower()
    return media_type.endswith(("/json", "+json"))


def _check_time(text: str | None) -> None:
    if text is None:
        return
    try:
        has_offset = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        has_offset = False
    if not has_offset:
        raise NotACloudEventError(f"time {text!r} is no RFC 3339 time")
