"""Examples for JSON schemas: the ones declared, else made from the name and kind of each field.

The same schema gives the same example, whatever machine or day renders it.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

Part = dict[str, Any]

DATE_TIME = "2026-11-25T12:00:00Z"
# What people meet under these names anywhere in the shop.
_VALUES: dict[str, Any] = {
    "address": "1 Market Street, Springfield",
    "amount": 1299,
    "available": 12,
    "average": 4.5,
    "category": "kitchen",
    "city": "Springfield",
    "client_secret": "pi_example_secret_example",
    "code": "WELCOME10",
    "country": "US",
    "currency": "USD",
    "current_password": "correct horse battery",
    "delta": 5,
    "description": "Holds 80 ml and stays warm.",
    "detail": "What happened and what to do, for people.",
    "email": "ann@example.com",
    "expected_total": 3499,
    "height": 800,
    "image": "(binary)",
    "line1": "1 Market Street",
    "line2": "2nd floor",
    "max": 9900,
    "max_price": 5000,
    "message": "must be at least 0",
    "min": 500,
    "min_price": 500,
    "name": "Ann Example",
    "new_password": "staple battery horse",
    "number": "P-1001",
    "page_size": 20,
    "password": "correct horse battery",
    "percent_off": 10,
    "phone": "+1 555 0100",
    "postal_code": "12345",
    "publishable_key": "pk_test_example",
    "quantity": 2,
    "rating": 5,
    "search": "cup",
    "sku": "CUP-001",
    "stock": 12,
    "text": "Keeps the coffee warm.",
    "title": "Espresso cup",
    "token": "the-token-of-the-mail",
    "tracking": "1Z999AA10123456784",
    "up_to": 3,
    "user_agent": "Mozilla/5.0",
    "width": 800,
}
# The state of a thing, by the thing.
_STATES = {
    "CheckedOut": "pending",
    "ImportView": "done",
    "OrderView": "paid",
    "PaymentDetails": "requires_payment_method",
    "PaymentToConfirm": "requires_payment_method",
    "PaymentView": "succeeded",
}
# Sums that fit each other: two cups and the parcel.
_AMOUNTS = {
    "discount": 0,
    "line_total": 3000,
    "price": 1500,
    "shipping": 499,
    "subtotal": 3000,
    "tax": 0,
    "total": 3499,
    "unit_price": 1500,
}
_USUALLY_NULL = frozenset({"coupon", "reason", "status_reason"})
# Optional fields that tell more than their default, or one of which is needed.
_WORTH_SENDING = frozenset({"currency", "percent_off", "quantity"})
_DEEPEST = 8


class Examples:
    """Makes examples; ``components`` are the schemas that references name."""

    def __init__(self, components: Mapping[str, Part]) -> None:
        self._components = components

    def answer(self, schema: Part, name: str = "") -> Any:  # noqa: ANN401 - any JSON value
        """What the shop could send: every field is there."""
        return self._of(schema, name, is_request=False, depth=0)

    def request(self, schema: Part, name: str = "") -> Any:  # noqa: ANN401
        """What a client could send: what is required, or one field if nothing is."""
        return self._of(schema, name, is_request=True, depth=0)

    def _of(self, schema: Part, name: str, *, is_request: bool, depth: int) -> Any:  # noqa: ANN401
        schema = self._chosen(schema, name)
        declared = [*schema.get("examples", ()), *schema.get("enum", ())]
        if declared or "const" in schema:
            return declared[0] if declared else schema["const"]
        kind = schema.get("type")
        if kind == "object":
            found = self._object(schema, is_request=is_request, depth=depth + 1)
            return found | _fitting(found, schema.get("title", ""), name)
        if kind == "array":
            return self._array(schema, name, is_request=is_request, depth=depth + 1)
        return _scalar(schema, name)

    def _chosen(self, schema: Part, name: str) -> Part:
        """The schema behind references, of several the first."""
        if "$ref" in schema:
            return self._chosen(self._components[schema["$ref"].rpartition("/")[2]], name)
        options = schema.get("anyOf") or schema.get("oneOf")
        if not options:
            return schema
        if name in _USUALLY_NULL and {"type": "null"} in options:
            return {"type": "null"}
        return self._chosen(options[0], name)

    def _object(self, schema: Part, *, is_request: bool, depth: int) -> Part:
        fields: Part = schema.get("properties", {})
        names = list(fields)
        if is_request:
            required = set(schema.get("required", ()))
            wanted = required | (_WORTH_SENDING & set(names)) or set(names[:1])
            names = [name for name in names if name in wanted]
        return {
            name: self._of(fields[name], name, is_request=is_request, depth=depth) for name in names
        }

    def _array(self, schema: Part, name: str, *, is_request: bool, depth: int) -> list[Any]:
        items = schema.get("items")
        if not items or depth > _DEEPEST:
            return []
        one = self._of(items, name.removesuffix("s"), is_request=is_request, depth=depth)
        return [one] * max(1, int(schema.get("minItems", 0)))


def _fitting(example: Part, title: str, name: str) -> Part:
    """The fields that depend on what an object is, or on where it stands."""
    fields: Part = {}
    if title in _STATES and isinstance(example.get("status"), str):
        fields["status"] = _STATES[title]
    if name in _AMOUNTS and example.keys() == {"amount", "currency"}:
        fields["amount"] = _AMOUNTS[name]
    return fields


def _scalar(schema: Part, name: str) -> Any:  # noqa: ANN401
    kind, known = schema.get("type"), _VALUES.get(name)
    if kind == "integer":
        return _within(schema, known if isinstance(known, int) else 1)
    if kind == "number":
        return _within(schema, known if isinstance(known, int | float) else 1.0)
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    if kind == "string":
        return _text(schema, name, known)
    return {}


def _within(schema: Part, number: float) -> float:
    low: float = schema.get("minimum", schema.get("exclusiveMinimum", number - 1) + 1)
    high: float = schema.get("maximum", number)
    return max(low, min(number, high))


def _text(schema: Part, name: str, known: object) -> str:
    kind = schema.get("format")
    if kind == "date-time":
        return DATE_TIME
    if kind == "date" or name in {"from", "to"}:
        return DATE_TIME[:10]
    if kind == "uri" or name.endswith("url"):
        return f"https://shop.example/{name.replace('_', '-')}"
    if name == "id" or name.endswith("_id"):
        return example_id(name)
    text = known if isinstance(known, str) else name.replace("_", " ") or "text"
    return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]


def example_id(name: str) -> str:
    """An id in the shop's form (UUIDv7), the same for the same name."""
    digits = hashlib.sha256(name.encode()).hexdigest()
    return f"01990000-{digits[:4]}-7{digits[4:7]}-8{digits[7:10]}-{digits[10:22]}"


def with_times(components: Mapping[str, Part]) -> dict[str, Part]:
    """The schemas, times marked as such: msgspec says only that they are text."""
    return {name: _with_times_in(schema) for name, schema in components.items()}


def _with_times_in(schema: Part) -> Part:
    fields = schema.get("properties")
    if not fields:
        return schema
    marked = {name: _marked(field) if _is_time(name) else field for name, field in fields.items()}
    return schema | {"properties": marked}


def _is_time(name: str) -> bool:
    return name == "at" or name.endswith("_at")


def _marked(schema: Part) -> Part:
    if schema.get("type") == "string":
        return schema | {"format": "date-time"}
    if "anyOf" in schema:
        return schema | {"anyOf": [_marked(option) for option in schema["anyOf"]]}
    return schema
