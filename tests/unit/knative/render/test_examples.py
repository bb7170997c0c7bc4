"""Examples: made from schemas, always the same, and true to the schemas of the whole shop."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate as validate_openapi

from knative.render.asyncapi import asyncapi_json
from knative.render.discover import ROOT, discover
from knative.render.examples import Examples
from knative.render.openapi.document import openapi_json

OPENAPI = json.loads(openapi_json(discover()))
ASYNCAPI = json.loads(asyncapi_json(discover()))
OPERATIONS = [
    (f"{method} {path}", operation)
    for path, methods in OPENAPI["paths"].items()
    for method, operation in methods.items()
]
every_operation = pytest.mark.parametrize(
    "operation", [pytest.param(operation, id=name) for name, operation in OPERATIONS]
)
Part = dict[str, Any]


def followed(part: Part) -> Part:
    while "$ref" in part:
        found: Any = OPENAPI
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def check(schema: Part, example: Any, document: Part = OPENAPI) -> None:
    whole = {"components": document["components"], "allOf": [schema]}
    faults = [error.message for error in Draft202012Validator(whole).iter_errors(example)]
    assert not faults, f"{example}: {faults}; declare Meta(examples=[...]) at the field"


def contents(operation: Part) -> Iterator[tuple[str, Part]]:
    yield from followed(operation.get("requestBody", {})).get("content", {}).items()
    for response in operation["responses"].values():
        yield from followed(response).get("content", {}).items()


def examples_of(content: Part) -> list[Any]:
    many = [item["value"] for item in content.get("examples", {}).values()]
    return [*many, content["example"]] if "example" in content else many


def test_the_whole_document_is_valid():
    validate_openapi(OPENAPI)


def test_rendering_elsewhere_gives_the_same_text():
    texts = []
    for seed in ("1", "2"):
        program = "from knative.render.__main__ import *; print(rendered_files(ROOT))"
        argv, environ = [sys.executable, "-c", program], {"PYTHONHASHSEED": seed}
        texts.append(subprocess.run(argv, cwd=ROOT, env=environ, check=True, capture_output=True))
    assert texts[0].stdout == texts[1].stdout


@every_operation
def test_what_is_sent_has_an_example_true_to_its_schema(operation):
    for media_type, content in contents(operation):
        examples = examples_of(content)
        assert examples or content["schema"] == {}, f"{media_type} has no example"
        for example in examples:
            check(content["schema"], example)


@every_operation
def test_parameters_have_an_example_true_to_their_schema(operation):
    for parameter in map(followed, operation.get("parameters", [])):
        check(parameter["schema"], parameter["example"])


@every_operation
def test_every_answer_names_the_request(operation):
    for response in map(followed, operation["responses"].values()):
        assert "X-Request-Id" in response["headers"]
    for status in ("429", "503"):
        assert "Retry-After" in followed(operation["responses"][status])["headers"]


def test_every_context_is_described():
    assert all(tag["description"].endswith(".") for tag in OPENAPI["tags"])


def test_every_security_scheme_is_there_and_described():
    used = {
        name for _, operation in OPERATIONS for option in operation["security"] for name in option
    }
    assert used <= set(OPENAPI["components"]["securitySchemes"])
    assert all(one["description"] for one in OPENAPI["components"]["securitySchemes"].values())


@pytest.mark.parametrize("name", ASYNCAPI["components"]["messages"])
def test_an_event_has_an_example_true_to_its_schemas(name):
    message = ASYNCAPI["components"]["messages"][name]
    (example,) = message["examples"]
    check(message["headers"], example["headers"], ASYNCAPI)
    check(message["payload"], example["payload"], ASYNCAPI)


FIELDS = {
    "email": {"type": "string", "maxLength": 254},
    "quantity": {"type": "integer", "minimum": 1, "maximum": 1},
    "colour": {"enum": ["blue", "red"]},
    "paid_at": {"type": "string", "format": "date-time"},
    "size": {"type": "string", "examples": ["XL"]},
    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
}
THING = {"type": "object", "properties": FIELDS, "required": ["email", "colour"]}
PART = {"type": "object", "properties": {"product_id": {"type": "string"}}}


def test_an_answers_example_has_every_field():
    example = Examples({"Part": PART}).answer(THING)
    assert example == {
        "email": "ann@example.com",
        "quantity": 1,
        "colour": "blue",
        "paid_at": "2026-11-25T12:00:00Z",
        "size": "XL",
        "parts": [{"product_id": example["parts"][0]["product_id"]}],
        "note": "note",
    }


def test_a_requests_example_has_what_is_needed():
    assert set(Examples({}).request(THING)) == {"email", "colour", "quantity"}
    changes = {"type": "object", "properties": {"title": {"type": "string"}, "text": {}}}
    assert set(Examples({}).request(changes)) == {"title"}
