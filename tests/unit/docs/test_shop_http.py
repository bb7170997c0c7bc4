"""``docs/shop.http`` is true: every request in it is one that the shop describes."""

import json
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from jsonschema import Draft202012Validator

from tests.e2e.http_file import FILE, Request, Setting, filler, read

GATEWAY = FILE.parents[1] / "knative/gateway"
DOCUMENT = json.loads((GATEWAY / "openapi.json").read_text())
PARTS = list(read(FILE.read_text()))
OWN = ("{{shop}}", "{{admin}}")
REQUESTS = [part for part in PARTS if isinstance(part, Request) and part.url.startswith(OWN)]
every_request = pytest.mark.parametrize("request_", REQUESTS, ids=str)


def filled(request):
    """With what the top of the file says, and any text for what comes from answers."""
    known = {part.name: part.value for part in PARTS if isinstance(part, Setting)}
    plain = {name: "some" if "{{" in value else value for name, value in known.items()}
    return request.filled(filler(plain, {}))


def operation_of(request):
    path = urlsplit(request.url).path
    for template, methods in DOCUMENT["paths"].items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        if re.fullmatch(pattern, path) and request.method.lower() in methods:
            return methods[request.method.lower()]
    raise AssertionError(f"no function answers {request}")


@every_request
def test_a_request_is_for_a_route_that_exists(request_):
    assert operation_of(filled(request_))


@every_request
def test_a_request_asks_what_the_route_takes(request_):
    asked = {name for name, _ in parse_qsl(urlsplit(filled(request_).url).query)}
    taken = {one.get("name") for one in operation_of(filled(request_)).get("parameters", ())}
    assert asked <= taken


@every_request
def test_a_request_sends_what_the_route_takes(request_):
    request = filled(request_)
    content = operation_of(request).get("requestBody", {}).get("content")
    if not request.body:
        assert not operation_of(request).get("requestBody", {}).get("required")
        return
    media_type = request.headers["Content-Type"]
    assert media_type in content
    if media_type == "application/json":
        schema = {"components": DOCUMENT["components"], "allOf": [content[media_type]["schema"]]}
        faults = Draft202012Validator(schema).iter_errors(json.loads(request.body))
        assert [fault.message for fault in faults] == []


def test_the_back_offices_calls_go_to_its_host():
    wrong = [str(one) for one in REQUESTS if "}}/api/admin/" in one.url and OWN[1] not in one.url]
    assert not wrong


def test_variables_are_set_before_they_are_used():
    known: set[str] = set()
    for part in PARTS:
        texts = (
            [part.value]
            if isinstance(part, Setting)
            else [part.url, part.body, *part.headers.values()]
        )
        used = {use.partition(".")[0] for text in texts for use in re.findall(r"{{(.+?)}}", text)}
        assert used <= known, f"{part}: {used - known}"
        known.add(part.name)


def test_the_journey_visits_every_context():
    visited = {tag for one in REQUESTS for tag in operation_of(filled(one))["tags"]}
    assert visited >= {"auth", "products", "cart", "orders", "payments", "notifications", "ops"}
