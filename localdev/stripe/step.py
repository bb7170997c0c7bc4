"""What a transition makes: records to keep, things to tell, and a decline for the caller."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from localdev.stripe.forms import Json
from localdev.stripe.records import Failure, Record

R_co = TypeVar("R_co", bound=Record, covariant=True)


@dataclass(frozen=True, slots=True)
class Happening:
    """An event to be: its type, what it is about, and the changed fields as they were."""

    type: str
    about: Record
    previous: Json | None = None


@dataclass(frozen=True, slots=True)
class Step(Generic[R_co]):
    """The outcome of one transition: what it was ``about``, and ``others`` it made or changed."""

    about: R_co
    others: tuple[Record, ...] = ()
    happenings: tuple[Happening, ...] = ()
    declined: Failure | None = None
