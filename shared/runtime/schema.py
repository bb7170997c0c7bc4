"""What requests may contain: strict structures and the constrained types they are made of."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

MAX_QUANTITY = 99


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of request bodies and queries: unknown fields and other types are refused."""


ShortText = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]
LongText = Annotated[str, Meta(max_length=10_000, pattern=r"^[^\x00]*$")]
Quantity = Annotated[int, Meta(ge=1, le=MAX_QUANTITY)]
MinorUnits = Annotated[int, Meta(ge=0, le=100_000_000)]
PageNumber = Annotated[int, Meta(ge=1, le=100_000)]
PageSize = Annotated[int, Meta(ge=1, le=100)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]


class PageQuery(Input, frozen=True, kw_only=True):
    """The query of every list."""

    page: PageNumber = 1
    page_size: PageSize = 20


class ReportQuery(Input, frozen=True, kw_only=True):
    """The days (UTC) from ``from`` to ``to``, both included; the last 30 when left out."""

    first: date | None = msgspec.field(default=None, name="from")
    last: date | None = msgspec.field(default=None, name="to")
    currency: Currency = "USD"


class Destination(Input, frozen=True, kw_only=True):
    """Where to go on to; anything but a local path becomes ``/`` (``request.local_path``)."""

    next: str = "/"
