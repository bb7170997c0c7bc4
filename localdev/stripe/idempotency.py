"""Idempotency keys (https://docs.stripe.com/api/idempotent_requests)."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from localdev.stripe.call import Answer, Call
from localdev.stripe.errors import Refused
from localdev.stripe.forms import Json
from localdev.stripe.machine import UnexpectedStateError
from localdev.stripe.store import KeptAnswer

_MAX_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as sent; ``original`` is the request whose answer is repeated."""

    status: int
    body: bytes
    original: str | None = None


def check_key(key: str | None) -> str | None:
    """The key of a request, ``None`` where there is none."""
    if key and len(key) > _MAX_LENGTH:
        raise Refused(
            f"Idempotency keys can have at most {_MAX_LENGTH} characters; yours has {len(key)}."
        )
    return key or None


def fingerprint(method: str, path: str, params: Json) -> str:
    """What must be the same whenever a key is used again."""
    canonical = json.dumps([method, path, params], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def answer_once(operation: Callable[[Call], Answer], call: Call, mark: str) -> Given:
    """Does the operation and keeps its answer, or gives the one kept; both durable on return."""
    store, key = call.account.store, call.key
    with store.transaction():
        kept = store.kept_answer(call.access.value, key) if key else None
        if kept is not None:
            return _repeated(kept, mark, key)
        answer = _perform(operation, call)
        given = Given(answer.status, encoded(answer.body))
        if key:
            to_keep = KeptAnswer(mark, call.request_id, given.status, given.body)
            store.keep_answer(call.access.value, key, to_keep)
        return given


def encoded(body: Json) -> bytes:
    """JSON as Stripe writes it."""
    return json.dumps(body, indent=2).encode()


def _perform(operation: Callable[[Call], Answer], call: Call) -> Answer:
    """A refusal before anything began is raised: it keeps no answer and no record."""
    try:
        return operation(call)
    except UnexpectedStateError as error:
        refused = call.refuse(error)
        return Answer(refused.status, refused.body)
    except Refused as refused:
        if not refused.is_kept:
            raise
        return Answer(refused.status, refused.body)


def _repeated(kept: KeptAnswer, mark: str, key: str | None) -> Given:
    if kept.fingerprint != mark:
        raise Refused(
            "Keys for idempotent requests can only be used with the same endpoint and parameters "
            f"they were first used with. Try using a key other than '{key}' if you meant to "
            "execute a different request.",
            kind="idempotency_error",
        )
    return Given(kept.status, kept.body, original=kept.request_id)
