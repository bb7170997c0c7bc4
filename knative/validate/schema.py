"""Does a manifest have the shape its kind prescribes? Unknown fields and kinds are refused."""

import difflib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knative.validate.crds import SchemaIndex, crd_folder, crd_index, strict
from knative.validate.documents import Document
from knative.validate.models import MODELS
from knative.validate.monitoring import MONITORING
from knative.validate.problem import Finding
from knative.validate.strimzi import STRIMZI

if TYPE_CHECKING:  # jsonschema costs 0.15 s: loaded with the first manifest, not with the module
    from jsonschema import Draft202012Validator, ValidationError

# The oldest Kubernetes that the pinned Knative releases run on.
KUBERNETES_VERSION = "1.34"
_LONGEST_VALUE = 60
_CUSTOM_GROUPS = (".knative.dev", ".strimzi.io", "monitoring.coreos.com")


def schema_findings(document: Document) -> Iterator[Finding]:
    """What the manifest's schema refuses, by position in the document."""
    group = document.group
    names = (document.body.get("apiVersion"), document.body.get("kind"))
    if not all(name and isinstance(name, str) for name in names):
        yield Finding("", "apiVersion and kind are required, as text")
    elif group == "knative.dev" or group.endswith(_CUSTOM_GROUPS):
        yield from _custom(document)
    else:
        yield from _core(document)


def known_knative_kinds() -> SchemaIndex:
    """The strict schemas in use: those of the CRDs if there are any, else the own models."""
    folder = crd_folder()
    return crd_index(folder) if folder else _own_models()


@cache
def _own_models() -> SchemaIndex:
    return _strict(MODELS)


@cache
def _operators_kinds() -> SchemaIndex:
    return _strict(STRIMZI | MONITORING)


def _strict(models: SchemaIndex) -> SchemaIndex:
    return {key: strict(key[1], schema) for key, schema in models.items()}


def _custom(document: Document) -> Iterator[Finding]:
    key = (document.api_version, document.kind)
    known = known_knative_kinds() | _operators_kinds()
    if key not in known:
        yield Finding("", _unknown_kind(document, known))
        return
    errors = _validator(crd_folder(), key).iter_errors(document.body)
    yield from (_finding(error) for error in sorted(errors, key=lambda error: error.json_path))


@cache
def _validator(folder: Path | None, key: tuple[str, str]) -> "Draft202012Validator":
    from jsonschema import Draft202012Validator  # noqa: PLC0415  see the top

    knative = crd_index(folder) if folder else _own_models()
    return Draft202012Validator((knative | _operators_kinds())[key])


def _core(document: Document) -> Iterator[Finding]:
    import kubernetes_validate  # noqa: PLC0415  imports jsonschema, see the top

    try:
        kubernetes_validate.validate(document.body, KUBERNETES_VERSION, strict=True)
    except kubernetes_validate.SchemaNotFoundError:
        yield Finding("", _unknown_kind(document, known_knative_kinds()))
    except kubernetes_validate.ValidationError as error:
        yield _finding(error)


def _unknown_kind(document: Document, known: SchemaIndex) -> str:
    same_kind = sorted(version for version, kind in known if kind == document.kind)
    hint = f"; {document.kind} exists in {', '.join(same_kind)}" if same_kind else ""
    if not crd_folder() and not hint:
        hint = "; set KNATIVE_CRDS to a folder with Knative's CRDs for kinds not rendered here"
    return f"unknown kind {document.kind} of {document.api_version}{hint}"


def _finding(error: "ValidationError") -> Finding:
    return Finding(field_path(error.absolute_path), _explain(error))


def field_path(parts: Iterable[str | int]) -> str:
    """`spec.containers[0].image` from its parts."""
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _explain(error: "ValidationError") -> str:
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        return _explain_unknown_fields(error.instance, error.schema)
    if error.validator == "type":
        expected: Any = error.validator_value
        names = expected if isinstance(expected, str) else " or ".join(expected)
        return f"{_short(error.instance)} must be {names}, it is {_type_name(error.instance)}"
    return error.message


def _explain_unknown_fields(instance: dict[str, Any], schema: object) -> str:
    fields = schema.get("properties", {}) if isinstance(schema, dict) else {}
    return "; ".join(
        f"unknown field {name!r}" + _suggestion(name, fields)
        for name in instance
        if name not in fields
    )


def _suggestion(name: str, fields: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(fields), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "..."


def _type_name(value: object) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer"}
    return "null" if value is None else names.get(type(value), type(value).__name__)
