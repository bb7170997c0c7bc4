"""GET /admin/events: the newest events as Kafka has them."""

from typing import Annotated

from msgspec import Meta

from shared.ops.browsing import EventPage, page_of, topics_to_read
from shared.ops.kafka import KafkaEventLog
from shared.ops.ports import EventLog
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.schema import PageQuery


class EventsQuery(PageQuery, frozen=True, kw_only=True):
    """``type``: a topic, e.g. ``order.paid``; ``subject``: the id of an order, a product, ..."""

    type: Annotated[str, Meta(max_length=100)] = ""
    subject: Annotated[str, Meta(max_length=200)] = ""


@http("GET", "/admin/events", access=Access.ADMIN)
def list_events(query: EventsQuery, log: Annotated[EventLog, KafkaEventLog]) -> EventPage:
    """The newest events (the last 200 of each partition), of all topics or one."""
    events = log.newest(topics_to_read(query.type.strip()), query.subject.strip())
    return page_of(events, query.page, query.page_size)
