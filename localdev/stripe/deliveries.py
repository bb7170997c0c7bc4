"""The webhooks still to be sent: durable, so that a crash sends one again rather than never."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

# Seconds after each failed attempt; the last repeats. Stripe's own schedule (hours) is of no use
# to somebody who waits for the page to change.
_WAITS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
_SELECT = "SELECT id, event_id, due, attempts, since FROM deliveries"
_GIVEN_UP_AFTER_SECONDS = 3 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event to one endpoint; ``since`` and ``due`` are Unix seconds."""

    id: int
    event_id: str
    due: float
    attempts: int
    since: float


def next_due(delivery: Delivery, now: float) -> float | None:
    """When to try again after a failure at ``now``; ``None`` after three days."""
    due = now + _WAITS[min(delivery.attempts, len(_WAITS) - 1)]
    return due if due - delivery.since < _GIVEN_UP_AFTER_SECONDS else None


class Deliveries:
    """The table of deliveries; every change is durable when the call returns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, event_id: str, dues: Iterable[float], now: float) -> None:
        """One delivery for each due time."""
        self._connection.executemany(
            "INSERT INTO deliveries (event_id, due, since) VALUES (?, ?, ?)",
            [(event_id, due, now) for due in dues],
        )

    def due(self, now: float, without: Iterable[int], limit: int) -> list[Delivery]:
        """What should be sent now, the longest due first."""
        busy = ", ".join(str(one) for one in without)
        rows = self._connection.execute(
            f"{_SELECT} WHERE due <= ? AND id NOT IN ({busy}) ORDER BY due, id LIMIT ?",
            (now, limit),
        )
        return [Delivery(*row) for row in rows]

    def seconds_to_next(self, now: float) -> float | None:
        """How long nothing will be due; ``None`` if nothing waits."""
        row = self._connection.execute(
            "SELECT MIN(due) FROM deliveries WHERE due > ?", (now,)
        ).fetchone()
        return None if row[0] is None else float(row[0]) - now

    def waiting(self, event_id: str | None = None) -> int:
        """How many are still to be sent, of all events or of one."""
        where, values = ("", ()) if event_id is None else (" WHERE event_id = ?", (event_id,))
        row = self._connection.execute(
            f"SELECT COUNT(*) FROM deliveries{where}",  # noqa: S608 - text from above
            values,
        ).fetchone()
        return int(row[0])

    def done(self, delivery: Delivery) -> None:
        """It arrived, or is given up."""
        self._connection.execute("DELETE FROM deliveries WHERE id = ?", (delivery.id,))

    def failed(self, delivery: Delivery, now: float) -> None:
        """It did not arrive; the schedule says what next."""
        due = next_due(delivery, now)
        if due is None:
            self.done(delivery)
            return
        self._connection.execute(
            "UPDATE deliveries SET due = ?, attempts = attempts + 1 WHERE id = ?",
            (due, delivery.id),
        )
