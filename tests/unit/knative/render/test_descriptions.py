import json

import pytest
from openapi_spec_validator import validate

from knative.render.asyncapi import asyncapi_json
from knative.render.openapi.document import openapi_json
from knative.render.readme import BEGIN, END, table, with_table
from tests.unit.knative.render import declared


@pytest.fixture(scope="module")
def document():
    return json.loads(openapi_json(declared.SHOP))


def test_the_openapi_document_is_valid(document):
    validate(document)


def test_only_routes_of_the_api_are_described(document):
    assert set(document["paths"]) == {
        "/api/things",
        "/api/things/{thing_id}",
        "/api/admin/things",
        "/api/calls",
    }


def test_an_operation_is_named_like_its_function(document):
    operation = document["paths"]["/api/things"]["get"]
    assert (operation["operationId"], operation["summary"]) == ("list_things", "Does it.")
    assert operation["tags"] == ["stock"]


def test_a_query_becomes_parameters(document):
    parameters = {p["name"]: p for p in document["paths"]["/api/things"]["get"]["parameters"]}
    assert set(parameters) == {"search", "page", "page_size"}
    assert parameters["search"]["required"]
    assert not parameters["page_size"]["required"]
    assert parameters["page_size"]["schema"]["maximum"] == 100


def test_bodies_and_results_have_their_schemas(document):
    operation = document["paths"]["/api/things/{thing_id}"]["patch"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/ThingChange"}
    result = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert result == {"$ref": "#/components/schemas/Thing"}
    assert document["components"]["schemas"]["ThingChange"]["additionalProperties"] is False


def test_an_empty_answer_has_no_content(document):
    deleted = document["paths"]["/api/things/{thing_id}"]["delete"]["responses"]
    assert deleted["204"]["description"] == "No Content"
    assert "content" not in deleted["204"]


def test_an_upload_takes_its_types_and_a_form(document):
    content = document["paths"]["/api/admin/things"]["post"]["requestBody"]["content"]
    assert set(content) == {"text/csv", "multipart/form-data"}


def test_errors_follow_from_the_signature(document):
    public_list = document["paths"]["/api/things"]["get"]["responses"]
    assert set(public_list) == {"200", "400", "422", "429", "503"}
    change = document["paths"]["/api/things/{thing_id}"]["patch"]["responses"]
    assert {"401", "404", "409", "413", "415"} <= set(change)


def test_who_may_call_is_the_security(document):
    assert document["paths"]["/api/things"]["get"]["security"] == [{}]
    assert {} in document["paths"]["/api/things/{thing_id}"]["patch"]["security"]
    assert {} not in document["paths"]["/api/calls"]["post"]["security"]


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from references(item)


def test_the_asyncapi_document_names_producers_and_reactions():
    document = json.loads(asyncapi_json(declared.SHOP))
    assert document["asyncapi"] == "3.0.0"
    assert document["channels"]["order-paid"]["address"] == "order.paid"
    operations = document["operations"]
    assert operations["orders-publishes-order-paid"]["action"] == "send"
    assert operations["cart-note-thing-on-order-paid"]["action"] == "receive"
    message = document["components"]["messages"]["OrderPaid"]
    assert message["name"] == "popshop.order.paid.v1"
    for reference in references(document):
        place = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_the_readme_table_has_a_row_per_function():
    rows = table(declared.SHOP)
    assert "| [stock.list_things](functions/stock/list_things.py) | GET /api/things |" in rows
    assert "on order.paid, order.cancelled, stock.reserved | Kafka |" in rows
    assert "every 5 minutes | the scheduler |" in rows
    assert rows.count("\n") == len(declared.SHOP) + 2


def test_the_readme_keeps_what_is_around_its_table():
    text = with_table(f"before\n{BEGIN}\nold\n{END}\nafter\n", declared.SHOP)
    assert text.startswith(f"before\n{BEGIN}\n| function |")
    assert text.endswith(f"{END}\nafter\n")
    assert "old" not in text
    with pytest.raises(ValueError, match=r"README\.md needs the lines"):
        with_table("no markers", declared.SHOP)
