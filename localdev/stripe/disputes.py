"""Disputes: the holder asks the bank for the money back, and the bank decides."""

import msgspec

from localdev.stripe.moment import Moment
from localdev.stripe.records import Charge, Dispute
from localdev.stripe.step import Happening, Step

NEEDS_RESPONSE, WON, LOST = "needs_response", "won", "lost"

_replace = msgspec.structs.replace


class DisputeRefusedError(Exception):
    """There is nothing to dispute, or nothing to decide."""


def disputed(charge: Charge, reason: str, moment: Moment) -> Step[Dispute]:
    """All that is left of the charge is disputed, and so cannot be refunded."""
    left = charge.amount - charge.amount_refunded
    if left == 0 or charge.failure is not None or charge.is_held:
        raise DisputeRefusedError(
            f"Nothing of charge {charge.id} can be disputed: it failed, was given back, or is "
            "disputed already."
        )
    dispute = Dispute(
        id=moment.new_id("dp"),
        created=moment.now,
        intent=charge.intent,
        charge=charge.id,
        amount=left,
        currency=charge.currency,
        reason=reason,
    )
    after = _replace(charge, is_disputed=True, is_held=True)
    return Step(dispute, (after,), (Happening("charge.dispute.created", dispute),))


def decided(dispute: Dispute, charge: Charge, *, is_won: bool) -> Step[Dispute]:
    """The bank's decision; what was won may be refunded again."""
    if dispute.status != NEEDS_RESPONSE:
        raise DisputeRefusedError(f"Dispute {dispute.id} is {dispute.status} already.")
    after = _replace(dispute, status=WON if is_won else LOST)
    closed = Happening("charge.dispute.closed", after, {"status": dispute.status})
    if not is_won:
        return Step(after, happenings=(closed,))
    back = Happening("charge.dispute.funds_reinstated", after)
    return Step(after, (_replace(charge, is_held=False),), (closed, back))
