"""Every call that clients rely on is there, takes and gives what it should, for whom it should."""

import json
from pathlib import Path

import pytest

from tests.contracts.wire.calls import ADMIN, CALLS, KEYED, PAGES, PUBLIC, Call
from tests.contracts.wire.shapes import access_of, field_of, followed, operation_of, variants

GATEWAY = Path(__file__).parents[3] / "knative/gateway"
DOCUMENT = json.loads((GATEWAY / "openapi.json").read_text())
ROUTES = json.loads((GATEWAY / "routes.json").read_text())
JSON = "application/json"
PROBLEM = "application/problem+json"
READS = "GET"

every_call = pytest.mark.parametrize("call", CALLS, ids=str)


def described(call: Call):
    operation = operation_of(DOCUMENT, call.method, f"/api{call.path}")
    assert operation, f"no function answers {call.method} /api{call.path}"
    return operation


def content_of(part):
    return followed(DOCUMENT, part).get("content", {})


@every_call
def test_a_call_is_for_whom_it_should_be(call):
    assert access_of(described(call)) == call.access


@every_call
def test_a_call_answers_with_its_status(call):
    successes = [status for status in described(call)["responses"] if status.startswith("2")]
    assert str(call.status) in successes


@every_call
def test_a_call_takes_its_fields(call):
    operation = described(call)
    content = content_of(operation.get("requestBody", {}))
    kinds = call.media_types.split() or ([JSON] if call.takes else [])
    if call.method != READS:
        assert set(kinds) <= set(content)
    for name in call.takes.split():
        schema = content[kinds[0]]["schema"]
        found = field_of(DOCUMENT, schema, name.removesuffix("?"))
        assert found, f"{call} takes no {name}"
        is_required = not name.endswith("?")
        assert found[1] is is_required, f"{call}: is {name} required?"
    if call.takes and kinds == [JSON]:
        body = next(variants(DOCUMENT, content[JSON]["schema"]))
        assert body["additionalProperties"] is False
        told = {name.removesuffix("?") for name in call.takes.split()}
        needed = set(body.get("required", ()))
        assert needed <= told, f"{call} asks for more than clients were told of"


@every_call
def test_a_call_asks_for_its_query(call):
    parameters = {
        item["name"]: item
        for item in (followed(DOCUMENT, one) for one in described(call).get("parameters", []))
        if item["in"] == "query"
    }
    asked = {name.removesuffix("?"): not name.endswith("?") for name in call.asks.split()}
    assert set(asked) <= set(parameters)
    needed = {name for name, item in parameters.items() if item.get("required")}
    assert needed == {name for name, is_required in asked.items() if is_required}


@every_call
def test_a_call_gives_its_fields(call):
    content = content_of(described(call)["responses"][str(call.status)])
    if call.method == READS and call.media_types:
        assert set(call.media_types.split()) <= set(content)
    if call.status == 204:
        assert not content
    missing = [
        name
        for name in call.gives.split()
        if not field_of(DOCUMENT, content.get(JSON, {}).get("schema", {}), name)
    ]
    assert not missing, f"{call} does not give {missing}"


@every_call
def test_a_call_tells_its_refusals(call):
    responses = described(call)["responses"]
    expected = {429, 503}
    if call.access != PUBLIC:
        expected |= {401}
    if call.access == ADMIN or call.method != READS:
        expected |= {403}
    if "{" in call.path:
        expected |= {404}
    if call.takes or (call.media_types and call.method != READS):
        expected |= {400, 413, 415, 422}
    if call.asks:
        expected |= {422}
    assert {str(status) for status in expected} <= set(responses)
    for status in expected:
        assert PROBLEM in content_of(responses[str(status)])


@pytest.mark.parametrize("call", [call for call in CALLS if str(call) in KEYED], ids=str)
def test_a_call_that_is_repeated_by_key_says_so(call):
    parameters = [followed(DOCUMENT, one) for one in described(call).get("parameters", [])]
    assert ("header", "Idempotency-Key") in {(item["in"], item["name"]) for item in parameters}


def test_a_checkout_says_where_the_order_is():
    (checkout,) = [call for call in CALLS if str(call) == "POST /cart/checkout"]
    created = described(checkout)["responses"]["201"]
    assert "Location" in followed(DOCUMENT, created)["headers"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_there_for_whom_it_should_be(path):
    access = [row["access"] for row in ROUTES if (row["method"], row["path"]) == ("GET", path)]
    assert access == [PAGES[path]]


def test_orders_are_placed_by_checkouts_alone():
    assert operation_of(DOCUMENT, "POST", "/api/orders") is None
    assert not [row for row in ROUTES if (row["method"], row["path"]) == ("POST", "/api/orders")]


def test_a_payment_that_was_begun_before_is_answered_apart_from_a_new_one():
    begin = next(call for call in CALLS if str(call) == "POST /payments")
    responses = described(begin)["responses"]
    assert {"200", "201"} <= set(responses)
    assert responses["200"]["content"] == responses["201"]["content"]
