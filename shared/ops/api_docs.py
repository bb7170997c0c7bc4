"""The API for people to read: an OpenAPI document turned into contexts, calls and fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

Part = dict[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a body or a query; ``kind`` in words, e.g. ``list of OrderView``."""

    name: str
    kind: str
    is_required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A call; examples are JSON text, empty when nothing is sent; ``refusals`` by status."""

    method: str
    path: str
    summary: str
    who: str
    asks: list[Field]
    media_types: list[str]
    takes: list[Field]
    sent: str
    status: str
    gives: list[Field]
    answered: str
    refusals: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The calls of a context."""

    name: str
    description: str
    operations: list[Operation]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDocs:
    """All calls of the API, by context."""

    groups: list[Group]


def read_api(text: bytes) -> ApiDocs:
    """The API that an OpenAPI document describes, each context's calls by path."""
    document: Part = msgspec.json.decode(text)
    groups = {tag["name"]: Group(operations=[], **tag) for tag in document["tags"]}
    for path, calls in document["paths"].items():
        for method in _METHODS:
            if method in calls:
                call = calls[method]
                groups[call["tags"][0]].operations.append(_operation(document, method, path, call))
    return ApiDocs(groups=list(groups.values()))


def _operation(document: Part, method: str, path: str, call: Part) -> Operation:
    responses = {status: _followed(document, part) for status, part in call["responses"].items()}
    status = min(responses)
    body = call.get("requestBody", {}).get("content", {})
    request, answer = _first(body), _first(responses[status].get("content", {}))
    parameters = [_followed(document, one) for one in call.get("parameters", ())]
    return Operation(
        method=method.upper(),
        path=path,
        summary=call["summary"],
        who=_who(call["security"]),
        asks=[
            Field(name=one["name"], kind=_kind(one["schema"]), is_required=one["required"])
            for one in parameters
        ],
        media_types=list(body),
        takes=_fields(document, request.get("schema", {})),
        sent=_pretty(request),
        status=status,
        gives=_fields(document, answer.get("schema", {})),
        answered=_pretty(answer),
        refusals={code: one["description"] for code, one in responses.items() if code > status},
    )


def _first(content: Mapping[str, Part]) -> Part:
    return next(iter(content.values()), {})


def _followed(document: Part, part: Part) -> Part:
    if "$ref" not in part:
        return part
    found = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def _who(security: list[Part]) -> str:
    if any(role == "admin" for option in security for roles in option.values() for role in roles):
        return "Administrators"
    if {} not in security:
        return "Users"
    return "Guests and users" if len(security) > 1 else "Everybody"


def _fields(document: Part, schema: Part) -> list[Field]:
    """The fields of an object; of one that may be left out as a whole, too."""
    options = [_followed(document, one) for one in schema.get("anyOf", [schema])]
    found = next((one for one in options if "properties" in one), {})
    required = found.get("required", ())
    return [
        Field(name=name, kind=_kind(field), is_required=name in required)
        for name, field in found.get("properties", {}).items()
    ]


def _kind(schema: Part) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2].rpartition(".")[2])
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(msgspec.json.encode(value).decode() for value in schema["enum"])
    if "items" in schema:
        return f"list of {_kind(schema['items'])}"
    return str(schema.get("format") or schema.get("type", "anything"))


def _pretty(content: Part) -> str:
    """An example as text; a file as it is."""
    example = content.get("example", "")
    if isinstance(example, str):
        return example
    return msgspec.json.format(msgspec.json.encode(example)).decode()
