"""CloudEvents over HTTP: exact bytes, every attribute, and what is no event."""

import pytest

from localdev.eventing.events import (
    CloudEvent,
    NotACloudEventError,
    from_http,
    http_headers,
    to_structured,
)
from localdev.eventing.events import from_structured as structured

BINARY = {
    "Ce-Specversion": "1.0",
    "CE-ID": "e1",
    "ce-type": "t",
    "ce-source": "/s",
    "ce-popshopsig": "ab",
    "Content-Type": "application/json",
    "X-Other": "1",
}
JSON = "application/cloudevents+json"


def test_binary_mode_keeps_attributes_and_bytes() -> None:
    event = from_http(BINARY.items(), b'{"a":  1.0}')
    assert event.data == b'{"a":  1.0}'
    assert event.attributes == {
        "specversion": "1.0",
        "id": "e1",
        "type": "t",
        "source": "/s",
        "popshopsig": "ab",
        "datacontenttype": "application/json",
    }


def test_header_values_are_percent_encoded_both_ways() -> None:
    event = from_http((BINARY | {"ce-subject": "caf%C3%A9%20%22x%22"}).items(), b"")
    assert event.attributes["subject"] == 'café "x"'
    assert http_headers(event)["ce-subject"] == "caf%C3%A9%20%22x%22"


def test_urls_and_base64_pass_as_they_are() -> None:
    event = CloudEvent(
        {"knativeerrordest": "http://a.b/c?d=e&f", "knativeerrordata": "ab+/=="}, b""
    )
    assert http_headers(event) == {
        "ce-knativeerrordest": "http://a.b/c?d=e&f",
        "ce-knativeerrordata": "ab+/==",
    }


def test_an_empty_body_is_no_data() -> None:
    assert from_http(BINARY.items(), b"").data is None


@pytest.mark.parametrize("name", ["Ce-Specversion", "CE-ID", "ce-type", "ce-source"])
def test_a_required_attribute_that_is_missing_is_named(name: str) -> None:
    headers = {key: value for key, value in BINARY.items() if key != name}
    with pytest.raises(NotACloudEventError, match=name[3:].lower()):
        from_http(headers.items(), b"")


@pytest.mark.parametrize(
    "wrong",
    [
        {"Ce-Specversion": "0.3"},
        {"ce-my-extension": "1"},
        {"ce-time": "yesterday"},
        {"ce-time": "2026-11-25T10:00:00"},
    ],
)
def test_what_cloudevents_forbids_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(NotACloudEventError):
        from_http((BINARY | wrong).items(), b"")


def test_structured_json_data_keeps_its_bytes() -> None:
    body = (
        b'{"specversion":"1.0","id":"1","type":"t","source":"s","n":3,"b":true,"data":{"a" : 1.0}}'
    )
    event = structured(JSON, body)
    assert event.data == b'{"a" : 1.0}'
    assert event.attributes["n"] == "3"
    assert event.attributes["b"] == "true"
    assert event.attributes["datacontenttype"] == "application/json"


def test_structured_text_and_base64_data_are_decoded() -> None:
    head = b'{"specversion":"1.0","id":"1","type":"t","source":"s",'
    text = structured(JSON, head + b'"datacontenttype":"text/plain","data":"hi\\n"}')
    raw = structured(JSON, head + b'"data_base64":"/wA="}')
    assert text.data == b"hi\n"
    assert raw.data == b"\xff\x00"


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"id":{}}', b'{"specversion":"1.0"}', b""])
def test_broken_structured_events_are_refused(body: bytes) -> None:
    with pytest.raises(NotACloudEventError):
        structured(JSON, body)


def test_batches_are_refused() -> None:
    with pytest.raises(NotACloudEventError, match="batch"):
        from_http([("content-type", "application/cloudevents-batch+json")], b"[]")


@pytest.mark.parametrize(
    ("content_type", "data"),
    [("application/json", b'{"a" : 1}'), ("text/plain", b"hi"), ("image/png", b"\xff"), ("", None)],
)
def test_structured_mode_round_trips(content_type: str, data: bytes | None) -> None:
    attributes = {"specversion": "1.0", "id": "1", "type": "t", "source": "s"}
    if content_type:
        attributes["datacontenttype"] = content_type
    event = CloudEvent(attributes, data)
    assert structured(JSON, to_structured(event)) == event
