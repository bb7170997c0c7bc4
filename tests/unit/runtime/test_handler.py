import io
import json
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from shared.contracts.auth import UserRegistered
from shared.contracts.event import NewEvent
from shared.kernel.ids import GuestId, UserId
from shared.runtime.answers import Response
from shared.runtime.declare import spec_of
from shared.runtime.events import event_headers
from shared.runtime.forms import form_value, nest
from shared.runtime.handler import answer, wsgi_application
from shared.runtime.identity import Caller, sign_identity
from shared.runtime.outbox import Outbox
from tests.unit.runtime import declared

KEY = "ab" * 32
GUEST = Caller(guest_id=GuestId("guest-1"))
ADMIN = Caller(user_id=UserId("root"), role="admin")
SHOPPER = Caller(user_id=UserId("ada"), role="user")


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setenv("IDENTITY_KEY", KEY)
    monkeypatch.setenv("EVENT_KEY_AUTH", KEY)


def call(
    function: Any,
    method: str,
    path: str,
    body: bytes = b"",
    query: str = "",
    caller: Any = None,
    **headers: Any,
) -> Response:
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    environ |= {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json",
    }
    environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    if "content_type" in headers:
        environ["CONTENT_TYPE"] = headers["content_type"]
    if caller:
        signed = sign_identity(caller, method, path, KEY, 30)
        environ["HTTP_X_SHOP_IDENTITY"] = signed
    return answer(spec_of(function), environ)


def put(body: Any, **more: Any) -> Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    more.setdefault("caller", GUEST)
    return call(declared.put_on_shelf, "PUT", "/api/shelf/a", raw, **more)


def problem(response: Response) -> dict[str, Any]:
    assert ("Content-Type", "application/problem+json") in response.headers
    document: dict[str, Any] = json.loads(response.body)
    assert document["status"] == response.status
    return document


def test_a_valid_call_answers_json_with_location_cookie_and_request_id():
    response = put({"quantity": 3}, x_request_id="r-1")
    headers = dict(response.headers)
    assert response.status == 201
    assert json.loads(response.body) == {"row": "a", "guest": "guest-1", "quantity": 3}
    assert headers["Location"] == "/api/shelf/a"
    assert headers["Set-Cookie"].startswith("seen=1; Max-Age=60; Path=/; Secure; SameSite=Lax")
    assert headers["X-Request-Id"] == "r-1"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, None),
        (b"{", 400, None),
        (b"[1]", 422, "body"),
        ({}, 422, "quantity"),
        ({"quantity": 0}, 422, "quantity"),
        ({"quantity": 100}, 422, "quantity"),
        ({"quantity": "3"}, 422, "quantity"),
        ({"quantity": {"$gt": 0}}, 422, "quantity"),
        ({"quantity": 1, "role": "admin"}, 422, "role"),
        ({"quantity": 1, "note": {"$ne": ""}}, 422, "note"),
    ],
)
def test_bad_bodies_name_the_field_and_change_nothing(body, status, field):
    response = put(body)
    document = problem(response)
    assert response.status == status
    assert field is None or field in document["errors"]


def test_every_wrong_field_is_named_at_once():
    errors = problem(put({"quantity": 0, "note": 1, "extra": True}))["errors"]
    assert set(errors) == {"quantity", "note", "extra"}


def test_other_content_types_and_large_bodies_are_refused():
    assert problem(put({"quantity": 1}, content_type="text/plain"))["status"] == 415
    assert problem(put(b" " * 70_000))["code"] == "too_large"


def test_unknown_paths_and_methods():
    assert call(declared.list_shelves, "GET", "/api/nothing").status == 404
    response = call(declared.list_shelves, "POST", "/api/shelves")
    assert response.status == 405
    assert ("Allow", "GET") in response.headers


def test_queries_are_typed_and_closed():
    assert json.loads(call(declared.list_shelves, "GET", "/api/shelves", query="limit=7").body) == {
        "limit": 7
    }
    for query in ("limit=x", "limit=1000", "other=1", "limit=1&limit=2"):
        assert call(declared.list_shelves, "GET", "/api/shelves", query=query).status == 422


def test_access_is_checked_for_each_role():
    for caller, status in ((None, 401), (GUEST, 401), (SHOPPER, 403), (ADMIN, 200)):
        assert call(declared.open_vault, "GET", "/api/vault", caller=caller).status == status


@pytest.mark.parametrize("forged", ["x", "e30=.AAAA", ".", "..."])
def test_a_forged_identity_is_refused(forged):
    response = call(declared.open_vault, "GET", "/api/vault", x_shop_identity=forged)
    assert problem(response)["code"] == "login_required"


def test_an_identity_of_another_route_is_refused():
    signed = sign_identity(ADMIN, "GET", "/api/shelves", KEY, 30)
    response = call(declared.open_vault, "GET", "/api/vault", x_shop_identity=signed)
    assert response.status == 401


def test_an_expired_identity_is_refused():
    signed = sign_identity(ADMIN, "GET", "/api/vault", KEY, -1)
    assert call(declared.open_vault, "GET", "/api/vault", x_shop_identity=signed).status == 401


def test_a_refusal_carries_its_code_and_members():
    document = problem(put({"quantity": 1, "note": "full"}))
    assert (document["status"], document["cart"]) == (409, {"lines": []})


def test_an_engine_that_is_down_is_503_with_retry_after():
    response = put({"quantity": 1, "note": "down"})
    assert response.status == 503
    assert dict(response.headers)["Retry-After"] == "2"


def test_a_crash_tells_nothing_inside_but_logs_it(capsys):
    response = put({"quantity": 1, "note": "crash"})
    assert response.status == 500
    assert b"secret" not in response.body
    assert "secret detail" in capsys.readouterr().err


def test_healthz_needs_nothing_and_head_has_no_body():
    assert call(declared.open_vault, "GET", "/healthz").body == b"ok"
    assert call(declared.list_shelves, "HEAD", "/api/shelves").body == b""


def test_the_wsgi_application_tells_the_length():
    sent: list[Any] = []
    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    environ["PATH_INFO"] = "/api/shelves"
    body = b"".join(
        wsgi_application(spec_of(declared.list_shelves))(environ, lambda *args: sent.append(args))
    )
    assert ("Content-Length", str(len(body))) in sent[0][1]


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("12.99", "1299"),
        ("12", "1200"),
        ("0.5", "50"),
        ("12,50", "1250"),
        ("x", "x"),
        ("1.999",) * 2,
    ],
)
def test_an_amount_is_typed_in_whole_units(typed, minor):
    assert form_value({"price.amount_major": typed}) == {"price": {"amount": minor}}


def test_an_empty_field_is_left_out_but_empties_what_is_changed():
    form = {"_method": "PATCH", "phone": "", "name": "Ann"}
    assert form_value(form) == {"name": "Ann"}
    assert form_value(form, is_change=True) == {"phone": "", "name": "Ann"}


def test_dotted_form_fields_nest():
    assert nest({"a.b": "1", "a.c": "2", "d": "3"}) == {"a": {"b": "1", "c": "2"}, "d": "3"}


# ---- events


def an_event(**changes: Any) -> tuple[dict[str, str], bytes]:
    payload = UserRegistered(id="u1", email="ada@example.org", name="Ada", version=1)
    entry = Outbox(None, None).entry(  # type: ignore[arg-type]  # an entry needs neither
        NewEvent(payload=payload, subject="u1", version=1)
    )
    headers = {
        name.replace("-", "_"): value
        for name, value in event_headers(entry, KEY).items()
        if name.startswith("ce-")
    }
    return headers | changes, entry["data"].encode()


def deliver(headers: dict[str, str], body: bytes) -> Response:
    return call(declared.greet_user, "POST", "/", body, **headers)


def test_a_signed_event_reaches_the_reaction():
    declared.SEEN.clear()
    headers, body = an_event()
    assert deliver(headers, body).status == 204
    meta, user = declared.SEEN[0]
    assert (meta.topic, meta.version, user.email) == ("user.registered", 1, "ada@example.org")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"ce_popshopsig": "00"}, 422),
        ({"ce_subject": "u2"}, 422),
        ({"ce_aggregateversion": "2"}, 422),
        ({"ce_type": "popshop.order.paid.v1"}, 422),
        ({"ce_source": "/popshop/orders"}, 422),
        ({"ce_specversion": "0.3"}, 400),
        ({"ce_id": ""}, 400),
    ],
)
def test_forged_and_foreign_events_are_refused_for_good(changes, status):
    declared.SEEN.clear()
    headers, body = an_event(**changes)
    assert deliver(headers, body).status == status
    assert declared.SEEN == []


def test_an_event_with_other_bytes_is_refused():
    headers, body = an_event()
    assert deliver(headers, body.replace(b"Ada", b"Eve")).status == 422


def test_an_event_about_something_unknown_is_refused_for_good_and_not_tried_again():
    headers, body = an_event()
    answer = call(declared.greet_the_lost, "POST", "/", body, **headers)
    assert answer.status == 422
    assert b"Nobody is called Ada." in answer.body


def test_a_schedule_takes_ticks_alone():
    tick = {"ce_id": "1", "ce_source": "/apis/v1/x", "ce_specversion": "1.0"}
    wind = declared.wind_clock
    good = call(wind, "POST", "/", b"{}", ce_type="dev.knative.sources.ping", **tick)
    assert good.status == 204
    assert call(wind, "POST", "/", b"{}", ce_type="other", **tick).status == 422
    assert call(wind, "GET", "/").status == 405
