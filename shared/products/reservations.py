"""The reservation of an order: its states, and which of them may follow which.

    pending -> reserved -> committed -> restocked
    pending -> rejected
    pending, reserved -> released

One that begins as released is a tombstone: the cancellation came first.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.contracts.orders import OrderLine
from shared.contracts.products import ReservationLine
from shared.kernel.ids import OrderId
from shared.products.model import Hold

PENDING, RESERVED, REJECTED = "pending", "reserved", "rejected"
RELEASED, COMMITTED, RESTOCKED = "released", "committed", "restocked"
_CANCELLED = {PENDING: RELEASED, RESERVED: RELEASED, COMMITTED: RESTOCKED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """The hold of one order over all its products.

    ``taken`` are the holds by product, known once reserved. ``open_since`` is set while something
    is left to do on the products: a crash there is finished by a repeated event or the sweep.
    """

    order_id: OrderId
    state: str = PENDING
    lines: list[ReservationLine]
    short: list[ReservationLine] = field(default_factory=list)
    taken: dict[str, Hold] = field(default_factory=dict)
    open_since: datetime | None = None
    version: int = 1


def merged(lines: Iterable[OrderLine]) -> list[ReservationLine]:
    """One line per product, in the order of their ids: two lines of one product are one hold."""
    quantities: dict[str, int] = {}
    for line in lines:
        quantities[line.product_id] = quantities.get(line.product_id, 0) + line.quantity
    return [
        ReservationLine(product_id=product_id, quantity=quantity)
        for product_id, quantity in sorted(quantities.items())
    ]


def pending(order_id: OrderId, lines: list[ReservationLine], now: datetime) -> Reservation:
    """A reservation before anything is held."""
    return Reservation(order_id=order_id, lines=lines, open_since=now)


def tombstone(order_id: OrderId, lines: list[ReservationLine]) -> Reservation:
    """Of an order cancelled before its reservation began: a late reserve holds nothing."""
    return Reservation(order_id=order_id, state=RELEASED, lines=lines)


def reserved(reservation: Reservation, taken: dict[str, Hold]) -> Reservation:
    """Everything is held."""
    return _step(reservation, RESERVED, None, taken=taken)


def rejected(reservation: Reservation, short: list[ReservationLine], now: datetime) -> Reservation:
    """Something is missing; what is held already must go back."""
    return _step(reservation, REJECTED, now, short=short)


def committed(reservation: Reservation, now: datetime) -> Reservation | None:
    """The pieces are sold; ``None`` unless they are reserved."""
    return _step(reservation, COMMITTED, now) if reservation.state == RESERVED else None


def cancelled(reservation: Reservation, now: datetime) -> Reservation | None:
    """Free again, or back on the shelf; ``None`` when nothing is reserved or sold."""
    state = _CANCELLED.get(reservation.state)
    return _step(reservation, state, now) if state else None


def done(reservation: Reservation) -> Reservation:
    """The same, with nothing left to do on the products."""
    return replace(reservation, open_since=None, version=reservation.version + 1)


def _step(
    reservation: Reservation, state: str, open_since: datetime | None, **changes: object
) -> Reservation:
    after = replace(reservation, state=state, open_since=open_since, **changes)  # type: ignore[arg-type]  # each is a field
    return replace(after, version=reservation.version + 1)
