"""What a signature says about a call: variables, query, body, upload, result."""

import types
import typing
from dataclasses import dataclass
from typing import Any

from shared.runtime.answers import Content, Redirect, Reply
from shared.runtime.declare import Spec
from shared.runtime.wiring import Parameter, parameters_of


@dataclass(frozen=True, slots=True)
class Signature:
    """The parts of a call that a client sees; ``result`` is ``None`` for an empty answer.

    ``asks_info``: the function sees cookies and headers.
    """

    path: tuple[Parameter, ...]
    query: Any
    body: Parameter | None
    takes_upload: bool
    result: Any
    may_tell_location: bool = False
    asks_info: bool = False

    @property
    def types(self) -> list[Any]:
        """Every type that needs a schema."""
        wanted = [item.hint for item in self.path]
        wanted += [self.query] if self.query else []
        wanted += [self.body.hint] if self.body else []
        return wanted + ([self.result] if self.has_json else [])

    @property
    def has_json(self) -> bool:
        """Whether a success carries a JSON document."""
        return self.result not in {None, Content}


def signature_of(spec: Spec) -> Signature:
    """The signature of a declared function."""
    parameters = parameters_of(spec)
    by_kind = {item.kind: item for item in parameters}
    query = by_kind.get("query")
    answer = typing.get_type_hints(spec.function)["return"]
    return Signature(
        path=tuple(item for item in parameters if item.kind == "path"),
        query=query.hint if query else None,
        body=by_kind.get("body"),
        takes_upload="upload" in by_kind,
        result=_result(answer),
        may_tell_location="Reply[" in str(answer),
        asks_info="info" in by_kind,
    )


def _result(hint: Any) -> Any:  # noqa: ANN401 - any type
    """What is left for a client of the API: redirects are for pages."""
    if hint in {type(None), Redirect}:
        return None
    if typing.get_origin(hint) is Reply:
        return _result(typing.get_args(hint)[0])
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        kinds = [kind for kind in map(_result, typing.get_args(hint)) if kind is not None]
        return kinds[0] if len(kinds) == 1 else (hint if kinds else None)
    return hint
