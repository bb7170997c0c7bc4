"""Holds, sells, frees and returns the pieces of an order; repeated or late events change nothing.

The reservation's document decides by compare-and-set; what follows for the products is done after
it, once per product, and again by whoever comes next if the process dies in between.
"""

from collections.abc import Callable
from dataclasses import dataclass

from shared.contracts.orders import OrderState
from shared.contracts.products import ReservationLine
from shared.kernel.clock import Clock
from shared.kernel.ids import OrderId, ProductId
from shared.products.holds import hold_of, is_free, with_hold, with_return, without_hold
from shared.products.model import Hold, Product
from shared.products.ports import Products, Reservations
from shared.products.reservations import (
    COMMITTED,
    PENDING,
    RESERVED,
    RESTOCKED,
    Reservation,
    cancelled,
    committed,
    done,
    merged,
    pending,
    rejected,
    reserved,
    tombstone,
)
from shared.products.use_cases.editing import TRIES, busy
from shared.runtime.telemetry import guard


@dataclass(frozen=True, slots=True)
class StockKeeper:
    """Keeps the stock of orders."""

    products: Products
    reservations: Reservations
    clock: Clock

    def reserve(self, order: OrderState) -> Reservation:
        """Holds everything the order wants, or nothing."""
        order_id = OrderId(order.id)
        reservation = self.reservations.get(order_id)
        if reservation is None:
            fresh = pending(order_id, merged(order.lines), self.clock.now())
            added = self.reservations.add(fresh)
            reservation = fresh if added else self._current(order_id)
        return self.resume(reservation)

    def resume(self, reservation: Reservation) -> Reservation:
        """Does what is left to do: holds the pieces of a pending one, frees what is to be freed."""
        if reservation.state == PENDING:
            reservation = self._attempt(reservation)
        return self._finish(reservation)

    def settle(self, order: OrderState) -> None:
        """Sells the held pieces; an order that was cancelled or rejected sells nothing."""
        for _ in range(TRIES):
            reservation = self.reserve(order)
            after = committed(reservation, self.clock.now())
            if after is None:
                guard("repeated_event")
                return
            if self.reservations.save(reservation, after):
                self._finish(after)
                return
        raise busy()

    def release(self, order: OrderState) -> None:
        """Frees the held pieces, or puts sold ones back; before a reservation it prevents one."""
        order_id = OrderId(order.id)
        for _ in range(TRIES):
            reservation = self.reservations.get(order_id)
            if reservation is None:
                if self.reservations.add(tombstone(order_id, merged(order.lines))):
                    return
                continue
            after = cancelled(reservation, self.clock.now())
            if after is None or self.reservations.save(reservation, after):
                self._finish(after or reservation)
                return
        raise busy()

    def _attempt(self, reservation: Reservation) -> Reservation:
        taken: dict[str, Hold] = {}
        short: list[ReservationLine] = []
        for line in reservation.lines:
            hold, missing = self._hold(reservation.order_id, line, is_only_asking=bool(short))
            if hold:
                taken[line.product_id] = hold
            if missing:
                short.append(ReservationLine(product_id=line.product_id, quantity=missing))
        now = self.clock.now()
        after = rejected(reservation, short, now) if short else reserved(reservation, taken)
        if self.reservations.save(reservation, after):
            if short:
                guard("oversell")
            return after
        return self._current(reservation.order_id)

    def _hold(
        self, order_id: OrderId, line: ReservationLine, *, is_only_asking: bool
    ) -> tuple[Hold | None, int]:
        """The order's hold on a product, or how many pieces are missing for it."""
        for _ in range(TRIES):
            product = self.products.get(ProductId(line.product_id))
            if product and (hold := hold_of(product, order_id)):
                return hold, 0
            if product is None or not is_free(product, line.quantity):
                free = product.available if product and not product.deleted else 0
                return None, line.quantity - free
            if is_only_asking:
                return None, 0
            held = with_hold(product, order_id, line.quantity)
            if self.products.save(product, held):
                return held.holds[-1], 0
        raise busy()

    def _finish(self, reservation: Reservation) -> Reservation:
        """What the state means for the products; a state that is old news only loses strays."""
        if reservation.state in {PENDING, RESERVED}:
            return reservation
        for line in reservation.lines:
            self._change(ProductId(line.product_id), _effect(reservation, line))
        if reservation.open_since:
            self.reservations.save(reservation, done(reservation))
        return reservation

    def _change(self, product_id: ProductId, change: Callable[[Product], Product]) -> None:
        for _ in range(TRIES):
            product = self.products.get(product_id)
            if product is None:
                return
            after = change(product)
            if after is product or self.products.save(product, after):
                return
        raise busy()

    def _current(self, order_id: OrderId) -> Reservation:
        reservation = self.reservations.get(order_id)
        assert reservation  # noqa: S101 - reservations are never deleted
        return reservation


def _effect(reservation: Reservation, line: ReservationLine) -> Callable[[Product], Product]:
    order_id = reservation.order_id
    is_sold = reservation.state in {COMMITTED, RESTOCKED}
    sold = reservation.taken.get(line.product_id) if is_sold else None

    def change(product: Product) -> Product:
        after = without_hold(product, order_id, sold)
        if reservation.state == RESTOCKED and reservation.open_since:
            after = with_return(after, order_id, line.quantity)
        return after

    return change
