"""Looks into the schemas of an OpenAPI document."""

import re
from collections.abc import Iterator
from typing import Any

Part = dict[str, Any]


def erased(path: str) -> str:
    """A path without the names of its variables, which are no part of the contract."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def operation_of(document: Part, method: str, path: str) -> Part | None:
    """The operation of a method and an API path, whatever its variables are called."""
    for found, operations in document["paths"].items():
        if erased(found) == erased(path) and method.lower() in operations:
            operation: Part = operations[method.lower()]
            return operation
    return None


def followed(document: Part, part: Part) -> Part:
    """What a reference points to, or the part itself."""
    while "$ref" in part:
        name = part["$ref"].removeprefix("#/")
        part = document
        for step in name.split("/"):
            part = part[step]
    return part


def variants(document: Part, schema: Part) -> Iterator[Part]:
    """The schemas that a value may have, references followed."""
    schema = followed(document, schema)
    options = schema.get("anyOf") or schema.get("oneOf")
    if not options:
        yield schema
        return
    for option in options:
        yield from variants(document, option)


def field_of(document: Part, schema: Part, dotted: str) -> tuple[Part, bool] | None:
    """The schema of a field and whether it must be there; ``None`` when it is not described."""
    name, _, rest = dotted.partition(".")
    is_list = name.endswith("[]")
    for variant in variants(document, schema):
        found = variant.get("properties", {}).get(name.removesuffix("[]"))
        if found is None:
            continue
        if is_list:
            found = next(
                (v["items"] for v in variants(document, found) if "items" in v), {"type": "null"}
            )
        if rest:
            return field_of(document, found, rest)
        return found, name in variant.get("required", ())
    return None


def access_of(operation: Part) -> str:
    """Who may call, as the security says: role names stand beside the session."""
    security = operation["security"]
    roles = {role for option in security for roles in option.values() for role in roles}
    if roles:
        return "/".join(sorted(roles))
    if {} not in security:
        return "user"
    return "guest" if len(security) > 1 else "public"
