"""The codes of problems, from the refusals that the shop's own modules declare."""

import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from typing import Any

from knative.render.discover import ROOT
from shared.kernel.errors import Invalid, Refusal
from shared.runtime.problem import status_of

_DECLARES_CODE = re.compile(r'^    code = "', re.MULTILINE)
# Answered to senders of events and to wrong methods, which the gateway never lets through.
_NEVER_SEEN = 405
# With an example's code go these fields.
_ERRORS = {"quantity": "Expected `int` >= 1"}


@cache
def codes_by_status() -> dict[int, dict[str, dict[str, Any]]]:
    """For each status an example of a problem by code, in the order of the codes."""
    found: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    for refusal in sorted(_refusals(), key=lambda kind: (kind.code, kind.__module__)):
        status = status_of(refusal.__new__(refusal))
        if status != _NEVER_SEEN:
            found[status].setdefault(refusal.code, _problem(refusal, status))
    return dict(found)


def _problem(refusal: type[Refusal], status: int) -> dict[str, Any]:
    problem = {
        "type": f"urn:popshop:problem:{refusal.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": (refusal.__doc__ or "").partition("\n")[0],
        "code": refusal.code,
    }
    return problem | ({"errors": _ERRORS} if issubclass(refusal, Invalid) else {})


def _refusals() -> Iterator[type[Refusal]]:
    """The refusals of ``shared``, the same set whatever else has been imported."""
    for path in sorted(ROOT.glob("shared/**/*.py")):
        if not _DECLARES_CODE.search(path.read_text(encoding="utf-8")):
            continue
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for kind in vars(importlib.import_module(name)).values():
            is_own = isinstance(kind, type) and kind.__module__ == name
            if is_own and issubclass(kind, Refusal) and "code" in vars(kind):
                yield kind
