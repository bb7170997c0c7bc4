"""What every event is: a topic, a producing context, a CloudEvents type and a payload.

The payload is the aggregate's public state at ``version``. A published type never changes shape;
consumers ignore unknown fields and keep the newest version.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

P = TypeVar("P", bound=type)

_TOPIC = "__popshop_topic__"
_CONTEXT = "__popshop_context__"


def event_type(topic: str, *, context: str) -> Callable[[P], P]:
    """Marks a payload dataclass as the payload of ``topic``, produced by ``context``."""

    def mark(payload: P) -> P:
        setattr(payload, _TOPIC, topic)
        setattr(payload, _CONTEXT, context)
        return payload

    return mark


def topic_of(payload: type) -> str:
    """The Kafka topic, e.g. ``order.created``."""
    return str(payload.__dict__[_TOPIC])


def context_of(payload: type) -> str:
    """The producing context, e.g. ``orders``."""
    return str(payload.__dict__[_CONTEXT])


def type_of(payload: type) -> str:
    """The CloudEvents type, e.g. ``popshop.order.created.v1``."""
    return f"popshop.{topic_of(payload)}.v1"


def source_of(payload: type) -> str:
    """The CloudEvents source, e.g. ``/popshop/orders``."""
    return f"/popshop/{context_of(payload)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMeta:
    """The envelope of a received event, checked and parsed."""

    id: str
    type: str
    topic: str
    source: str
    subject: str
    version: int
    time: datetime
    traceparent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event to publish: the payload, its aggregate and the aggregate's version."""

    payload: Any
    subject: str
    version: int
