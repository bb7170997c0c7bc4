"""What goes over the wire in one operation: parameters, bodies, answers, with examples."""

import re
from http import HTTPStatus
from typing import Any

from knative.render.examples import Examples
from knative.render.openapi.signature import Signature
from shared.runtime.declare import JSON, Http, Spec

Part = dict[str, Any]

_MULTIPART = "multipart/form-data"
_MEDIA_TYPE = re.compile(r"^[a-z]+/[a-z0-9.+-]+$")
_FILES = {
    "text/csv": "sku,title,description,category,price,stock\nCUP-001,Espresso cup,Small,kitchen,1299,12\n",  # noqa: E501
    "application/x-ndjson": '{"sku": "CUP-001", "title": "Espresso cup", "description": "Small", '
    '"category": "kitchen", "price": 1299, "stock": 12}\n',
}
# What is signed comes as bytes, though it is JSON: a message of Stripe's.
_MESSAGE: Part = {
    "id": "evt_example",
    "object": "event",
    "type": "payment_intent.succeeded",
    "data": {"object": {"id": "pi_example", "object": "payment_intent"}},
}
_KEY_PARAMETER: Part = {"$ref": "#/components/parameters/IdempotencyKey"}
PARAMETERS: Part = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "The same key with the same body gives the same answer.",
        "schema": {"type": "string", "maxLength": 200},
        "example": "4f8f5a1e-checkout-1",
    }
}
HEADERS: Part = {
    "RequestId": {
        "description": "Names this request in the logs.",
        "schema": {"type": "string"},
        "example": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    },
    "RetryAfter": {
        "description": "Seconds to wait before the next try.",
        "schema": {"type": "integer"},
        "example": 2,
    },
    "Location": {
        "description": "Where the thing that was made is.",
        "schema": {"type": "string"},
        "example": "/api/orders/01990000-0000-7000-8000-000000000000",
    },
}
REQUEST_ID: Part = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}


class Schemas:
    """The schema of each type, references followed where the fields themselves are wanted."""

    def __init__(self, by_type: dict[int, Part], components: dict[str, Part]) -> None:
        self._by_type = by_type
        self._components = components
        self.examples = Examples(components)

    def of(self, kind: Any) -> Part:  # noqa: ANN401 - any type
        """The schema, mostly a reference."""
        return self._by_type[id(kind)]

    def object_of(self, kind: Any) -> Part:  # noqa: ANN401
        """The schema itself."""
        return self._components[self.of(kind)["$ref"].rpartition("/")[2]]


def parameters(spec: Spec, signature: Signature, schemas: Schemas) -> list[Part]:
    """Path variables, the query, and the key of calls that may be repeated."""
    found = [*_variables(signature, schemas), *_query(signature, schemas)]
    # A function that looks at the key honours it.
    is_keyed = "idempotency_key" in spec.function.__code__.co_names
    return [*found, _KEY_PARAMETER] if is_keyed else found


def _variables(signature: Signature, schemas: Schemas) -> list[Part]:
    return [
        {
            "name": item.name,
            "in": "path",
            "required": True,
            "schema": (schema := schemas.of(item.hint)),
            "example": schemas.examples.request(schema, item.name),
        }
        for item in signature.path
    ]


def _query(signature: Signature, schemas: Schemas) -> list[Part]:
    if signature.query is None:
        return []
    fields = schemas.object_of(signature.query)
    required = set(fields.get("required", ()))
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": schema,
            "example": schema.get("default") or schemas.examples.request(schema, name),
        }
        for name, schema in fields["properties"].items()
    ]


def request_content(trigger: Http, signature: Signature, schemas: Schemas) -> Part:
    """The media types of a body with their schemas; empty when there is none."""
    if signature.body:
        schema = schemas.of(signature.body.hint)
        return {JSON: {"schema": schema, "example": schemas.examples.request(schema)}}
    if not signature.takes_upload:
        return {}
    if trigger.consumes == (JSON,):
        return {JSON: {"schema": {"type": "object"}, "example": _MESSAGE}}
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    form = {"type": "object", "properties": {"image": file}, "required": ["image"]}
    raw: Part = {kind: _file(kind) for kind in trigger.consumes if kind != JSON}
    return raw | {_MULTIPART: {"schema": form, "example": schemas.examples.request(form)}}


def _file(media_type: str) -> Part:
    example = _FILES.get(media_type)
    return {"schema": {"type": "string"}} | ({"example": example} if example else {})


def success(spec: Spec, trigger: Http, signature: Signature, schemas: Schemas) -> Part:
    """The answer when all goes well, by status."""
    status = trigger.status
    if signature.result is None and status == HTTPStatus.OK:
        status = HTTPStatus.NO_CONTENT
    response: Part = {"description": HTTPStatus(status).phrase, "headers": dict(REQUEST_ID)}
    if signature.may_tell_location and status in {HTTPStatus.CREATED, HTTPStatus.ACCEPTED}:
        response["headers"]["Location"] = {"$ref": "#/components/headers/Location"}
    if signature.has_json:
        schema = schemas.of(signature.result)
        response["content"] = {JSON: {"schema": schema, "example": schemas.examples.answer(schema)}}
    elif signature.result is not None:
        response["content"] = {_media_type(spec): {"schema": {}}}
    told = {str(int(status)): response}
    if trigger.again:
        told[str(trigger.again)] = response | {"description": HTTPStatus(trigger.again).phrase}
    return told


def _media_type(spec: Spec) -> str:
    """The media type that the function's code names; any, if it names none."""
    constants = spec.function.__code__.co_consts
    named = [text for text in constants if isinstance(text, str) and _MEDIA_TYPE.match(text)]
    return named[0] if len(named) == 1 else "*/*"
