"""The OpenAPI document."""

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from knative.render.examples import with_times
from knative.render.openapi.content import (
    HEADERS,
    PARAMETERS,
    Schemas,
    parameters,
    request_content,
    success,
)
from knative.render.openapi.errors import PROBLEM_SCHEMA, error_responses, errors_of
from knative.render.openapi.signature import Signature, signature_of
from shared.runtime.declare import Http, Spec
from shared.runtime.identity import Access
from shared.runtime.request import API_PREFIX

Part = dict[str, Any]

_REF = "#/components/schemas/{name}"
_DESCRIPTION = (
    "The API of Popshop. Money is in minor units, times are RFC 3339 in UTC, ids are strings. "
    "Every answer carries `X-Request-Id`. Paths below `/api/admin` exist on the back office's "
    "host alone."
)
_TAGS = {
    "admin": "Figures for the back office.",
    "auth": "Accounts, sessions and who may do what.",
    "cart": "A guest's or a user's cart, coupons, and the checkout that makes an order.",
    "notifications": "What happened to one's orders; also live, at `/ws/notifications`.",
    "ops": "What operators need: events, dead letters, the descriptions of this API.",
    "orders": "Orders from the checkout to the delivery, invoices and sales.",
    "payments": "Paying an order through Stripe, and giving money back.",
    "products": "The catalogue: products, pictures, stock, reviews, imports.",
}
_SCHEMES: Part = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-access",
        "description": "The access token of a login, good for 15 minutes.",
    },
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The same access token, for programs.",
    },
    "guest": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-guest",
        "description": "Names a visitor without an account; the first answer sets it.",
    },
    "refresh": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-refresh",
        "description": "Renews a session for seven days; `POST /api/auth/refresh` takes it.",
    },
}
# The names beside a scheme are the roles that are needed (OpenAPI 3.1, Security Requirement).
_SESSION: list[Part] = [{"session": []}, {"bearer": []}]
_SECURITY: dict[Access, list[Part]] = {
    Access.PUBLIC: [{}],
    Access.GUEST: [{}, {"guest": []}, *_SESSION],
    Access.USER: _SESSION,
    Access.ADMIN: [{"session": ["admin"]}, {"bearer": ["admin"]}],
}
_WHO = {
    Access.PUBLIC: "Everybody.",
    Access.GUEST: "Guests and users.",
    Access.USER: "Users.",
    Access.ADMIN: "Administrators.",
}


def openapi_json(specs: Sequence[Spec]) -> str:
    """``openapi.json``: every API route, ordered by path and method.

    Raises ``TypeError`` naming a function with a type that has no JSON schema.
    """
    described = [(spec, signature_of(spec)) for spec in specs if is_described(spec)]
    types = [kind for _, signature in described for kind in signature.types]
    schemas, found = msgspec.json.schema_components(types, ref_template=_REF)
    components = with_times(found)
    # ``id``: types such as ``Annotated`` ones need not be hashable.
    by_type = {id(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    known = Schemas(by_type, components)
    paths: dict[str, Part] = {}
    for spec, signature in described:
        path, method, operation = _operation(spec, signature, known)
        paths.setdefault(path, {})[method] = operation
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Popshop", "version": "1.0.0", "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [_tag(context) for context in sorted({spec.context for spec, _ in described})],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted((components | {"Problem": PROBLEM_SCHEMA}).items())),
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "responses": error_responses(),
            "securitySchemes": _SCHEMES,
        },
    }
    return json.dumps(document, indent=1) + "\n"


def is_described(spec: Spec) -> bool:
    """Whether the function has a route of the API."""
    trigger = spec.trigger
    return isinstance(trigger, Http) and trigger.is_api and trigger.access is not Access.INTERNAL


def _tag(context: str) -> Part:
    return {"name": context} | ({"description": _TAGS[context]} if context in _TAGS else {})


def _operation(spec: Spec, signature: Signature, schemas: Schemas) -> tuple[str, str, Part]:
    trigger = spec.trigger
    assert isinstance(trigger, Http)  # noqa: S101 - is_described
    summary, _, details = spec.summary.partition("\n")
    operation: Part = {
        "operationId": spec.name,
        "tags": [spec.context],
        "summary": summary,
        "description": f"{' '.join(details.split())} {_WHO[trigger.access]}".strip(),
        "security": _SECURITY[trigger.access],
    }
    if wanted := parameters(spec, signature, schemas):
        operation["parameters"] = wanted
    if content := request_content(trigger, signature, schemas):
        is_optional = bool(signature.body and signature.body.is_optional)
        operation["requestBody"] = {"required": not is_optional, "content": content}
    answers = success(spec, trigger, signature, schemas)
    operation["responses"] = answers | errors_of(trigger, signature)
    return _path(trigger.path), trigger.method.lower(), operation


def _path(path: str) -> str:
    return API_PREFIX + re.sub(r"\{(\w+)\.\.\.\}", r"{\1}", path)
