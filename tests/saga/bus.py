"""An in-memory Kafka with outboxes: events reach every consumer in some order, once or more."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from shared.contracts.event import EventMeta, context_of, source_of, topic_of, type_of
from shared.kernel.ids import new_id
from shared.runtime.declare import On, spec_of

Function = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Delivery:
    """One event on its way to one reaction, or a webhook on its way to its route."""

    function: Function
    payload: Any

    def __str__(self) -> str:
        return f"{type(self.payload).__name__} -> {spec_of(self.function).name}"


class Told(list[Any]):
    """A fake's list of what it told, which passes everything on."""

    def __init__(self, publish: Callable[[Any], None]) -> None:
        super().__init__()
        self._publish = publish

    def append(self, item: Any) -> None:
        super().append(item)
        self._publish(item)

    def __iadd__(self, items: Iterable[Any]) -> Self:  # type: ignore[misc]  # wider than a list's
        for item in items:
            self.append(item)
        return self


@dataclass
class Bus:
    """``waiting`` are deliveries to be made; ``left`` the events that wait for their sweep.

    ``crashes`` says what becomes of the next publications: "lost" ones only wait in the outbox,
    "unpulled" ones were published and wait there all the same.
    """

    reactions: tuple[Function, ...]
    waiting: list[Delivery] = field(default_factory=list)
    left: list[Any] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)

    def publish(self, payload: Any) -> None:
        crash = self.crashes.pop(0) if self.crashes else None
        if crash:
            self.left.append(payload)
        if crash != "lost":
            self._send(payload)

    def sweep(self, context: str) -> None:
        """What a context's sweep publishes."""
        found = [payload for payload in self.left if context_of(type(payload)) == context]
        self.left = [payload for payload in self.left if payload not in found]
        for payload in found:
            self._send(payload)

    def _send(self, payload: Any) -> None:
        self.waiting += [
            Delivery(function, payload)
            for function in self.reactions
            if type(payload) in _payloads(function)
        ]


def meta_of(payload: Any, now: datetime) -> EventMeta:
    """The envelope of an event."""
    kind = type(payload)
    return EventMeta(
        id=new_id(),
        type=type_of(kind),
        topic=topic_of(kind),
        source=source_of(kind),
        subject="",
        version=payload.version,
        time=now,
    )


def _payloads(function: Function) -> tuple[type, ...]:
    trigger = spec_of(function).trigger
    assert isinstance(trigger, On)
    return trigger.payloads
