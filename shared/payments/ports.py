"""What payments needs from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from shared.contracts.payments import PaymentState
from shared.kernel.ids import OrderId, PaymentId, UserId
from shared.payments.model import Intent, Order, Payment, Refund

A = TypeVar("A")


class Orders(Protocol):
    """The copies of the orders."""

    def keep(self, order: Order) -> bool:
        """Stores the state if it is newer than the one kept; whether it was."""

    def get(self, order_id: OrderId) -> Order | None:
        """The order as far as it is known here."""

    def wait_until_decided(self, order_id: OrderId, seconds: float) -> Order | None:
        """The order once it is known and no longer pending, or what is known when time is up."""


class Payments(Protocol):
    """The payments, one per order."""

    def get(self, order_id: OrderId) -> Payment | None:
        """The payment of an order."""

    def by_id(self, payment_id: PaymentId) -> Payment | None:
        """The payment with this id."""

    def by_intent(self, intent_id: str) -> Payment | None:
        """The payment with this intent at the provider."""

    def add(self, payment: Payment) -> bool:
        """Stores a first payment; false if its order has one."""

    def save(self, before: Payment, after: Payment, events: Sequence[PaymentState] = ()) -> bool:
        """Stores ``after`` and tells the others, if the payment still has ``before``'s version."""

    def unsettled(self, before: datetime, limit: int) -> list[Payment]:
        """Payments with something left to do, untouched since ``before``, oldest first."""

    def of_user(self, user_id: UserId) -> list[Payment]:
        """All of somebody's payments, oldest first."""

    def sweep(self) -> int:
        """Publishes what was left behind; how many events."""


class PaymentGateway(Protocol):
    """The payment provider; every method raises ``Unavailable`` when it cannot be reached."""

    def open(self, payment: Payment) -> Intent:
        """The one intent of the payment's order, made now or before."""

    def get(self, intent_id: str) -> Intent:
        """The intent as it is now."""

    def cancel(self, intent_id: str) -> Intent:
        """The intent after trying to cancel it; one that succeeded stays so."""

    def refund(self, payment: Payment, refund: Refund) -> Intent:
        """The intent after this refund, made now or before.

        Raises ``RefundRefused`` for one that the provider will never make.
        """


class WebhookReader(Protocol):
    """Reads what the provider tells us."""

    def intent_of(self, body: bytes, signature: str, now: datetime) -> str | None:
        """The id of the intent that a message is about; ``None`` if it does not concern us.

        Raises ``BadSignature`` unless the very bytes were signed with our secret just now.
        """


class CardForm(Protocol):
    """What a browser needs to talk to the provider itself."""

    @property
    def publishable_key(self) -> str:
        """Names the shop; no secret."""

    @property
    def api_base(self) -> str:
        """Where to confirm; empty means the provider's own script does."""

    @property
    def content_security_policy(self) -> str:
        """The policy of the one page that may talk to the provider."""


class Answers(Protocol):
    """What was answered under an Idempotency-Key."""

    def claim(self, key: str, fingerprint: str, kind: type[A], now: datetime) -> A | None:
        """The answer given before, ``None`` if none was.

        Raises ``IdempotencyMismatch`` when the key came with another body.
        """

    def keep(self, key: str, answer: A) -> A:
        """Keeps the answer unless there is one; the one that is kept."""
