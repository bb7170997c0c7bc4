"""The account page and the pages behind mailed links: forms as a browser sends them."""

import json

import pytest

from functions.auth.change_password import change_password
from functions.auth.delete_account import delete_account
from functions.auth.get_profile import get_profile
from functions.auth.request_password_reset import request_password_reset
from functions.auth.request_verification import request_verification
from functions.auth.reset_password import reset_password
from functions.auth.update_profile import update_profile
from functions.auth.verify_email import verify_email
from functions.storefront.show_forgot_password import show_forgot_password
from functions.storefront.show_login import show_login
from functions.storefront.show_reset_password import show_reset_password
from functions.storefront.show_verify_email import show_verify_email
from shared.runtime.identity import Caller
from tests.functions.auth.world import EMAIL, PASSWORD, Auth, caller_of
from tests.functions.web import FORM, call, fill_ports, location, page, post_form

NOBODY = Caller()


@pytest.fixture
def auth(monkeypatch):
    auth = Auth()
    fill_ports(monkeypatch, auth.ports)
    return auth


@pytest.fixture
def ada(auth):
    """She, in her first session."""
    return caller_of(auth.register())


def post(function, path, caller, body, method="POST"):
    return call(function, method, path, caller, json.dumps(body).encode())


def test_the_account_page_has_everything_about_the_account(auth, ada):
    shown = page(get_profile, "/profile", ada)
    assert "Not verified yet" in shown
    for form in ("/auth/me", "/auth/me/verification", "/auth/me/password"):
        assert f'action="{form}"' in shown
    assert 'href="/sessions"' in shown
    for context in ("auth", "products", "cart", "orders", "payments", "notifications"):
        assert f'href="/api/export/{context}"' in shown
    assert 'name="role"' not in shown
    assert 'name="blocked"' not in shown


@pytest.mark.parametrize("field", ["role", "blocked", "email", "email_verified", "password_hash"])
def test_the_profile_changes_nothing_but_what_it_offers(auth, ada, field):
    before = auth.user()
    body = json.dumps({"name": "X", field: "admin"}).encode()
    answer = call(update_profile, "PATCH", "/api/auth/me", ada, body)
    assert (answer.status, json.loads(answer.body)["errors"].keys()) == (422, {field})
    assert auth.user() == before


def test_an_address_is_verified_by_the_forms_of_the_pages(auth, ada):
    answer = post_form(request_verification, "/auth/me/verification", ada, {})
    assert (answer.status, location(answer)) == (303, "/profile?done=verification")
    assert f"on its way to {EMAIL}" in page(get_profile, location(answer), ada)
    token = auth.mailed()
    shown = page(show_verify_email, f"/verify-email?token={token}", NOBODY)
    assert f'value="{token}"' in shown
    assert not auth.user().email_verified
    answer = post_form(verify_email, "/auth/verify-email", NOBODY, {"token": token})
    assert (answer.status, location(answer)) == (303, "/verify-email?done=yes")
    assert "is verified" in page(show_verify_email, location(answer), NOBODY)
    shown = page(get_profile, "/profile", ada)
    assert "/auth/me/verification" not in shown
    assert "Not verified" not in shown


def test_a_password_is_reset_by_the_forms_of_the_pages(auth, ada):
    assert 'href="/forgot-password"' in page(show_login, "/login", NOBODY)
    assert 'action="/auth/password-reset"' in page(show_forgot_password, "/forgot-password", NOBODY)
    answer = post_form(request_password_reset, "/auth/password-reset", NOBODY, {"email": EMAIL})
    assert (answer.status, location(answer)) == (303, "/forgot-password?done=yes")
    assert "If there is an account" in page(show_forgot_password, location(answer), NOBODY)
    token = auth.mailed()
    shown = page(show_reset_password, f"/reset-password?token={token}", NOBODY)
    assert f'value="{token}"' in shown
    form = {"token": token, "password": "another horse"}
    answer = post_form(reset_password, "/auth/password-reset/confirm", NOBODY, form)
    assert (answer.status, location(answer)) == (303, "/reset-password?done=yes")
    assert 'href="/login"' in page(show_reset_password, location(answer), NOBODY)
    auth.log_in("another horse")


@pytest.mark.parametrize("function", [show_reset_password, show_verify_email])
def test_a_page_of_a_link_shows_no_form_without_a_token_and_escapes_one(auth, function):
    path = f"/{function.__name__.removeprefix('show_').replace('_', '-')}"
    assert 'name="token"' not in page(function, path, NOBODY)
    assert "<b>x" not in page(function, f"{path}?token=%22%3E%3Cb%3Ex", NOBODY)


def test_a_password_is_changed_by_a_form(auth, ada):
    form = {"current_password": PASSWORD, "new_password": "another horse"}
    answer = post_form(change_password, "/auth/me/password", ada, form)
    assert (answer.status, location(answer)) == (303, "/profile?done=password")
    assert "Your password is changed" in page(get_profile, location(answer), ada)
    auth.log_in("another horse")


def test_an_account_is_deleted_by_a_form(auth, ada):
    form = {"_method": "DELETE", "password": "wrong"}
    answer = post_form(delete_account, "/auth/me", ada, form)
    assert answer.status == 401
    assert "does not belong to this account" in answer.body.decode()
    answer = post_form(delete_account, "/auth/me", ada, form | {"password": PASSWORD})
    assert (answer.status, location(answer)) == (303, "/")
    assert sum("Max-Age=0" in value for _, value in answer.headers) == 3
    assert auth.users.by_id == {}


def test_the_calls_answer_with_their_status_and_no_body(auth, ada):
    reset = "/api/auth/password-reset"
    known = post(request_password_reset, reset, None, {"email": EMAIL})
    unknown = post(request_password_reset, reset, None, {"email": "nobody@example.org"})
    assert (known.status, known.body) == (unknown.status, unknown.body) == (202, b"")
    token = auth.mailed()
    body = {"token": token, "password": "another horse"}
    assert post(reset_password, f"{reset}/confirm", None, body).status == 204
    refused = post(reset_password, f"{reset}/confirm", None, body)
    problem = json.loads(refused.body)
    assert (refused.status, problem["code"]) == (422, "invalid_link")
    assert problem["errors"].keys() == {"token"}
    assert token not in refused.body.decode()
    assert post(request_verification, "/api/auth/me/verification", ada, {}).status == 202
    verify = "/api/auth/verify-email"
    for _ in range(2):
        assert post(verify_email, verify, None, {"token": auth.mailed()}).status == 204
    again = call(request_verification, "POST", "/api/auth/me/verification", ada)
    assert (again.status, json.loads(again.body)["code"]) == (409, "already_verified")
    body = {"current_password": "another horse", "new_password": PASSWORD}
    assert post(change_password, "/api/auth/me/password", ada, body).status == 204
    refused = post(delete_account, "/api/auth/me", ada, {"password": "wrong"}, "DELETE")
    assert (refused.status, json.loads(refused.body)["code"]) == (401, "wrong_credentials")
    body = {"password": PASSWORD}
    assert post(delete_account, "/api/auth/me", ada, body, "DELETE").status == 204


@pytest.mark.parametrize(
    ("function", "path", "body", "field"),
    [
        (change_password, "/me/password", {"current_password": PASSWORD}, "new_password"),
        (
            change_password,
            "/me/password",
            {"current_password": PASSWORD, "new_password": "seven77"},
            "new_password",
        ),
        (reset_password, "/password-reset/confirm", {"token": "x", "password": "1"}, "password"),
        (reset_password, "/password-reset/confirm", {"password": "another horse"}, "token"),
        (request_password_reset, "/password-reset", {"email": ""}, "email"),
        (verify_email, "/verify-email", {"token": "x" * 201}, "token"),
    ],
)
def test_a_bad_field_is_named_and_changes_nothing(auth, ada, function, path, body, field):
    before, links = auth.user(), dict(auth.links.by_id)
    answer = post(function, f"/api/auth{path}", ada, body)
    assert (answer.status, json.loads(answer.body)["errors"].keys()) == (422, {field})
    assert (auth.user(), auth.links.by_id) == (before, links)


def test_nobody_without_a_login_changes_an_account(auth, ada):
    body = {"current_password": PASSWORD, "new_password": "another horse"}
    assert post(change_password, "/api/auth/me/password", None, body).status == 401
    assert post(request_verification, "/api/auth/me/verification", None, {}).status == 401
    body = {"password": PASSWORD}
    assert post(delete_account, "/api/auth/me", None, body, "DELETE").status == 401
    auth.log_in()


def test_a_refused_reset_form_keeps_no_password(auth, ada):
    form = "token=x&password=another+horse"
    path = "/auth/password-reset/confirm"
    answer = call(reset_password, "POST", path, None, form.encode(), CONTENT_TYPE=FORM)
    assert answer.status == 422
    assert "another horse" not in answer.body.decode()
    assert "no longer good" in answer.body.decode()
