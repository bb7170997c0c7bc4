"""Honours the Idempotency-Key: same key and body, same answer."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

from shared.kernel.clock import Clock
from shared.kernel.errors import Invalid
from shared.payments.ports import Answers

A = TypeVar("A")

MAX_KEY_LENGTH = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request: who asks for what, under which key; ``body`` tells it from others."""

    route: str
    user_id: str
    key: str | None
    body: Any

    @property
    def place(self) -> str:
        """Where its answer is kept; one user's keys are no other's."""
        return _digest((self.route, self.user_id, self.key))

    @property
    def fingerprint(self) -> str:
        """Equal for equal bodies."""
        return _digest(self.body)


def answer_once(
    answers: Answers, asked: Asked, kind: type[A], make: Callable[[], A], clock: Clock
) -> A:
    """The answer given to this key before, or the one that ``make`` gives now.

    Refusals are not kept. ``make`` itself must be safe to repeat: a crash may come before keeping.
    """
    if asked.key is None:
        return make()
    if len(asked.key) > MAX_KEY_LENGTH:
        raise Invalid({"Idempotency-Key": f"at most {MAX_KEY_LENGTH} characters"})
    given = answers.claim(asked.place, asked.fingerprint, kind, clock.now())
    return given if given is not None else answers.keep(asked.place, make())


def _digest(value: Any) -> str:  # noqa: ANN401 - anything with a faithful repr
    return sha256(repr(value).encode()).hexdigest()
