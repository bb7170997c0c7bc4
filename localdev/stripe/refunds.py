"""Refunds: never more than what was charged and has not been given back."""

from dataclasses import dataclass

import msgspec

from localdev.stripe.cards import card_named
from localdev.stripe.currencies import written
from localdev.stripe.errors import Refused
from localdev.stripe.forms import Json
from localdev.stripe.moment import Moment
from localdev.stripe.records import Charge, Refund
from localdev.stripe.step import Happening, Step

PENDING = "pending"
FAILED = "failed"

_replace = msgspec.structs.replace


@dataclass(frozen=True, slots=True)
class Asked:
    """A refund as asked for; no amount means all that is left."""

    amount: int | None
    reason: str | None
    metadata: dict[str, str]


def refunded(charge: Charge, asked: Asked, moment: Moment) -> Step[Refund]:
    """The refund and the charge after it."""
    left = charge.amount - charge.amount_refunded
    amount = left if asked.amount is None else asked.amount
    _check(charge, amount, left)
    card = card_named(charge.method.card)
    refund = Refund(
        id=moment.new_id("re"),
        created=moment.now,
        intent=charge.intent,
        charge=charge.id,
        amount=amount,
        currency=charge.currency,
        status=card.refund_status,
        becomes=card.refund_becomes,
        transaction=moment.new_id("txn"),
        metadata=asked.metadata,
        reason=asked.reason,
    )
    after = _replace(charge, amount_refunded=charge.amount_refunded + amount)
    happenings = (
        Happening("refund.created", refund),
        Happening("charge.refunded", after, _refunded_fields(charge)),
    )
    return Step(refund, (after,), happenings)


def settled(refund: Refund, charge: Charge) -> Step[Refund]:
    """What becomes of the refund of a test card for late outcomes; a failed one is owed again."""
    assert refund.becomes is not None  # noqa: S101 - only such are settled
    is_failed = refund.becomes == FAILED
    after = _replace(
        refund,
        status=refund.becomes,
        becomes=None,
        failure_reason="unknown" if is_failed else None,
    )
    changed = {"status": refund.status}
    updated = Happening("refund.updated", after, changed)
    if not is_failed:
        return Step(after, happenings=(updated,))
    owed = _replace(charge, amount_refunded=charge.amount_refunded - refund.amount)
    failed = Happening("refund.failed", after)
    return Step(
        after, (owed,), (updated, Happening("charge.refund.updated", after, changed), failed)
    )


def relabelled(refund: Refund, metadata: dict[str, str]) -> Step[Refund]:
    """The refund with other metadata: the only thing about it that can be changed."""
    after = _replace(refund, metadata=metadata)
    previous = {"metadata": refund.metadata}
    return Step(after, happenings=(Happening("refund.updated", after, previous),))


def _refunded_fields(charge: Charge) -> Json:
    return {
        "amount_refunded": charge.amount_refunded,
        "refunded": charge.amount_refunded == charge.amount,
    }


def _check(charge: Charge, amount: int, left: int) -> None:
    if charge.is_held:
        raise Refused(
            f"Charge {charge.id} has been charged back; cannot issue a refund.",
            code="charge_disputed",
            is_kept=True,
        )
    if left == 0:
        raise Refused(
            f"Charge {charge.id} has already been refunded.",
            code="charge_already_refunded",
            is_kept=True,
        )
    if amount > left:
        whole = "charge amount" if left == charge.amount else "unrefunded amount on charge"
        asked, most = written(amount, charge.currency), written(left, charge.currency)
        raise Refused(
            f"Refund amount ({asked}) is greater than {whole} ({most})",
            param="amount",
            is_kept=True,
        )
