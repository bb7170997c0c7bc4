"""The OpenAPI document."""

import json
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from knative.render.openapi.errors import PROBLEM_SCHEMA, error_responses, errors_of
from knative.render.openapi.signature import Signature, signature_of
from shared.runtime.declare import JSON, Http, Spec
from shared.runtime.identity import Access
from shared.runtime.request import API_PREFIX

Part = dict[str, Any]

_REF = "#/components/schemas/{name}"
_DESCRIPTION = (
    "The API of Popshop. Money is in minor units, times are RFC 3339 in UTC, ids are strings. "
    "Every answer carries `X-Request-Id`. Paths below `/api/admin` exist on the back office's "
    "host alone."
)
_SCHEMES = {
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-access"},
    "refresh": {"type": "apiKey", "in": "cookie", "name": "__Host-refresh"},
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
}
_SESSION: list[Part] = [{"session": []}, {"bearer": []}]
_SECURITY: dict[Access, list[Part]] = {
    Access.PUBLIC: [{}],
    Access.GUEST: [{}, *_SESSION],
    Access.USER: _SESSION,
    Access.ADMIN: _SESSION,
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
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    # ``id``: types such as ``Annotated`` ones need not be hashable.
    schema_by_type = {id(kind): found for kind, found in zip(types, schemas, strict=True)}
    paths: dict[str, Part] = {}
    for spec, signature in described:
        known = _Schemas(schema_by_type, components)
        path, method, operation = _operation(spec, signature, known)
        paths.setdefault(path, {})[method] = operation
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Popshop", "version": "1.0.0", "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": context} for context in sorted({spec.context for spec, _ in described})],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted((components | {"Problem": PROBLEM_SCHEMA}).items())),
            "responses": error_responses(),
            "securitySchemes": _SCHEMES,
        },
    }
    return json.dumps(document, indent=1) + "\n"


def is_described(spec: Spec) -> bool:
    """Whether the function has a route of the API."""
    trigger = spec.trigger
    return isinstance(trigger, Http) and trigger.is_api and trigger.access is not Access.INTERNAL


class _Schemas:
    """The schema of each type, references followed where the fields themselves are wanted."""

    def __init__(self, by_type: dict[int, Part], components: Part) -> None:
        self._by_type = by_type
        self._components = components

    def of(self, kind: Any) -> Part:  # noqa: ANN401 - any type
        return self._by_type[id(kind)]

    def object_of(self, kind: Any) -> Part:  # noqa: ANN401
        schema: Part = self._components[self.of(kind)["$ref"].rpartition("/")[2]]
        return schema


def _operation(spec: Spec, signature: Signature, schemas: _Schemas) -> tuple[str, str, Part]:
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
    if parameters := [*_variables(signature, schemas), *_query(signature, schemas)]:
        operation["parameters"] = parameters
    if content := _request_content(trigger, signature, schemas):
        is_optional = bool(signature.body and signature.body.is_optional)
        operation["requestBody"] = {"required": not is_optional, "content": content}
    operation["responses"] = _success(trigger, signature, schemas) | errors_of(trigger, signature)
    return _path(trigger.path), trigger.method.lower(), operation


def _path(path: str) -> str:
    return API_PREFIX + re.sub(r"\{(\w+)\.\.\.\}", r"{\1}", path)


def _variables(signature: Signature, schemas: _Schemas) -> list[Part]:
    return [
        {"name": item.name, "in": "path", "required": True, "schema": schemas.of(item.hint)}
        for item in signature.path
    ]


def _query(signature: Signature, schemas: _Schemas) -> list[Part]:
    if signature.query is None:
        return []
    fields = schemas.object_of(signature.query)
    required = set(fields.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema}
        for name, schema in fields["properties"].items()
    ]


def _request_content(trigger: Http, signature: Signature, schemas: _Schemas) -> Part:
    if signature.body:
        return {JSON: {"schema": schemas.of(signature.body.hint)}}
    if not signature.takes_upload:
        return {}
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    form = {"type": "object", "properties": {"image": file}, "required": ["image"]}
    raw: Part = {kind: {"schema": {}} for kind in trigger.consumes if kind != JSON}
    return raw | {"multipart/form-data": {"schema": form}}


def _success(trigger: Http, signature: Signature, schemas: _Schemas) -> Part:
    status = trigger.status
    if signature.result is None and status == HTTPStatus.OK:
        status = HTTPStatus.NO_CONTENT
    response: Part = {"description": HTTPStatus(status).phrase}
    if signature.has_json:
        response["content"] = {JSON: {"schema": schemas.of(signature.result)}}
    elif signature.result is not None:
        response["content"] = {"*/*": {"schema": {}}}
    return {str(int(status)): response}
