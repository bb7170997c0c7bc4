"""One API call: its parameters, who makes it, and how the answer looks to them."""

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from localdev.stripe.account import Account
from localdev.stripe.errors import Refused, no_such
from localdev.stripe.forms import Json
from localdev.stripe.machine import UnexpectedStateError
from localdev.stripe.moment import Moment
from localdev.stripe.objects import failure_object
from localdev.stripe.parameters import Parameters
from localdev.stripe.reading import expand
from localdev.stripe.records import Charge, Dispute, Event, Failure, Intent, Method, Record, Refund
from localdev.stripe.step import Step

R = TypeVar("R", bound=Record)

_PAYMENT_REQUIRED = 402
# As Stripe names them in "No such …" and in the parameter of the path.
_NAMES: dict[type[Record], tuple[str, str]] = {
    Charge: ("charge", "id"),
    Dispute: ("dispute", "dispute"),
    Event: ("event", "id"),
    Intent: ("payment_intent", "intent"),
    Method: ("PaymentMethod", "payment_method"),
    Refund: ("refund", "id"),
}


class Access(Enum):
    """Which key came along."""

    SECRET = "secret"  # noqa: S105 - the kind of key, not the key
    PUBLISHABLE = "publishable"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the JSON object that goes with it."""

    status: int
    body: Json


@dataclass(frozen=True, slots=True)
class Call:
    """A call after its key was checked. ``record_id`` comes from the path."""

    account: Account
    params: Parameters
    access: Access
    request_id: str
    key: str | None = None
    record_id: str = ""
    moment: Moment = field(default_factory=Moment)

    def named(self, kind: type[R]) -> R:
        """The record that the path names."""
        return self.find(kind, self.record_id, _NAMES[kind][1])

    def find(self, kind: type[R], record_id: str, param: str, status: int = 404) -> R:
        """A record, or Stripe's refusal of an id that is not there."""
        found = self.account.store.find(kind, record_id)
        if found is None:
            raise no_such(_NAMES[kind][0], record_id, param, status)
        return found

    def view(self, record: Record) -> Json:
        """The object as this caller may see it, expanded as asked."""
        if isinstance(record, Intent) and self.access is Access.PUBLISHABLE:
            seen = self.account.objects.public(record)
        elif isinstance(record, Event):
            seen = self.account.event_object(record.id)
        else:
            seen = self.account.objects.whole(record)
        expand(self.account, seen, self.params.texts("expand"))
        return seen

    def finish(self, *steps: Step[Record]) -> Answer:
        """Applies the steps; answers what the last one was about, or the decline it ended in."""
        for step in steps:
            self.account.apply(step, self.moment, self.request_id, self.key)
        last = steps[-1]
        if last.declined is not None:
            return self._declined(last.declined, last.about)
        return Answer(200, self.view(last.about))

    def refuse(self, error: UnexpectedStateError) -> Refused:
        """The answer to a call that the intent's state forbids."""
        return Refused(
            str(error),
            code="payment_intent_unexpected_state",
            payment_intent=self.view(error.intent),
            is_kept=True,
        )

    def _declined(self, failure: Failure, intent: Record) -> Answer:
        error = failure_object(failure) | {"payment_intent": self.view(intent)}
        return Answer(_PAYMENT_REQUIRED, {"error": error})
