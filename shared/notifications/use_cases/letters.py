"""What is written to whom: which event makes which letter, and what it says."""

from shared.contracts.auth import LinkRequested, UserState
from shared.contracts.event import topic_of
from shared.contracts.orders import OrderCancelled, OrderState
from shared.contracts.payments import PaymentState
from shared.kernel.errors import Invalid
from shared.kernel.ids import UserId
from shared.notifications.model import Letter, order_key
from shared.notifications.ports import Inboxes, Links

# By the purpose of a link: the storefront's page that it opens, and the subject.
_LINKS = {
    "verify_email": ("verify-email", "Confirm your e-mail address"),
    "reset_password": ("reset-password", "Choose a new password"),
}
_SUBJECTS = {
    "order_paid": "Order {number}: thank you, it is paid",
    "order_shipped": "Order {number} is on its way",
    "order_cancelled": "Order {number} was cancelled",
}


def link_letter(link: LinkRequested, mail_id: str, links: Links) -> Letter:
    """The link that somebody asked for, to the address of that moment."""
    if link.purpose not in _LINKS:
        known = ", ".join(_LINKS)
        raise Invalid({"purpose": f"must be one of {known}, not {link.purpose!r}"})
    page, subject = _LINKS[link.purpose]
    return Letter(
        id=mail_id,
        kind=link.purpose,
        to=link.email,
        name=link.name,
        subject=subject,
        facts={"link": links.account(page, link.id), "expires_at": link.expires_at},
    )


def order_letter(
    order: OrderState, mail_id: str, reader: UserState, links: Links, inboxes: Inboxes
) -> Letter:
    """What became of an order; the event says what."""
    kind = topic_of(type(order)).replace(".", "_")
    is_cancelled = isinstance(order, OrderCancelled)
    return Letter(
        id=mail_id,
        kind=kind,
        to=reader.email,
        name=reader.name,
        subject=_SUBJECTS[kind].format(number=order.number),
        facts={
            "order": order,
            "link": links.order(order.id),
            "was_paid": is_cancelled and _was_paid(order, inboxes),
        },
    )


def refund_letter(
    payment: PaymentState, mail_id: str, reader: UserState, links: Links, inboxes: Inboxes
) -> Letter:
    """How much of a payment has gone back."""
    number = order_number(payment, inboxes)
    return Letter(
        id=mail_id,
        kind="payment_refunded",
        to=reader.email,
        name=reader.name,
        subject=f"Money back for order {number}" if number else "Money back for your order",
        facts={"payment": payment, "number": number, "link": links.order(payment.order_id)},
    )


def order_number(payment: PaymentState, inboxes: Inboxes) -> str | None:
    """The number of the order that a payment is for, as the order's own news told it."""
    user_id = UserId(payment.user_id)
    news = inboxes.find(user_id, order_key("order.confirmed", payment.order_id))
    return news.payload.get("number") if news else None


def _was_paid(order: OrderState, inboxes: Inboxes) -> bool:
    """Whether the order was paid before, as far as it has been told here."""
    return inboxes.find(UserId(order.user_id), order_key("order.paid", order.id)) is not None
