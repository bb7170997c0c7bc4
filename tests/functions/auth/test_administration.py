"""What administrators see of accounts and do with them: as Python, as HTTP and as pages."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.auth.get_user import get_user
from functions.auth.list_users import list_users
from functions.auth.update_user import UserChange, update_user
from shared.auth.administration import OwnAccount
from shared.auth.model import Session, User
from shared.auth.mongo import MongoSessions, MongoUsers
from shared.auth.mongo_directory import MongoDirectory
from shared.auth.redis import RedisRevocations
from shared.kernel.clock import SystemClock
from shared.kernel.errors import NotFound
from shared.kernel.ids import SessionId, UserId
from shared.runtime.identity import Caller
from tests.fakes.auth import FakeClock, FakeDirectory, FakeRevocations, FakeSessions, FakeUsers
from tests.functions.web import call, fill_ports, location, page, part, post_form

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROOT = Caller(user_id=UserId("root"), role="admin")
ADA = Caller(user_id=UserId("ada"), role="user")
BACK_OFFICE = "admin.localhost"


@dataclass
class Office:
    """An administrator, a user, and the functions on fakes."""

    users: FakeUsers = field(default_factory=FakeUsers)
    sessions: FakeSessions = field(default_factory=FakeSessions)
    revocations: FakeRevocations = field(default_factory=FakeRevocations)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))

    def __post_init__(self) -> None:
        self.add("root", role="admin", name="Root")
        self.add("ada", name="Ada King")

    def add(self, user_id: str, **fields: Any) -> None:
        email = f"{user_id}@example.org"
        given: dict[str, Any] = {
            "id": user_id,
            "email": email,
            "password_hash": "hash",
            "name": user_id,
        } | fields
        self.users.add(User(created_at=NOW, **given))

    def log_in(self, user_id: str, count: int = 1) -> None:
        for number in range(count):
            self.sessions.add(
                Session(
                    id=SessionId(f"{user_id}-{number}"),
                    user_id=UserId(user_id),
                    created_at=NOW + timedelta(seconds=number),
                    last_seen_at=NOW,
                    expires_at=NOW + timedelta(days=7),
                )
            )

    def change(self, user_id: str, caller: Caller = ROOT, **changes: Any) -> User:
        update_user(
            UserId(user_id),
            UserChange(**changes),
            caller,
            self.users,
            self.sessions,
            self.revocations,
            self.clock,
        )
        return self.user(user_id)

    def user(self, user_id: str) -> User:
        return self.users.by_id[UserId(user_id)]

    def is_out(self, user_id: str) -> bool:
        """Whether an access token that was issued by now is void."""
        caller = Caller(user_id=UserId(user_id), session_id=SessionId("any"))
        return self.revocations.is_revoked(caller, int(NOW.timestamp()))


@pytest.fixture
def office(monkeypatch):
    office = Office()
    ports = {
        MongoUsers: office.users,
        MongoDirectory: FakeDirectory(office.users),
        MongoSessions: office.sessions,
        RedisRevocations: office.revocations,
        SystemClock: office.clock,
    }
    fill_ports(monkeypatch, ports)
    return office


def patch(user_id, body, caller=ROOT):
    return call(update_user, "PATCH", f"/api/admin/users/{user_id}", caller, body)


def test_blocking_ends_tokens_and_sessions_of_this_user_alone(office):
    office.log_in("ada", 3)
    office.log_in("root")
    assert office.change("ada", blocked=True).blocked
    assert office.is_out("ada")
    assert office.sessions.of_user(UserId("ada")) == []
    assert not office.is_out("root")
    assert office.sessions.of_user(UserId("root"))


def test_unblocking_gives_no_session_back(office):
    office.log_in("ada")
    office.change("ada", blocked=True)
    assert not office.change("ada", blocked=False).blocked
    assert office.sessions.of_user(UserId("ada")) == []


def test_another_role_ends_tokens_but_no_session(office):
    office.log_in("ada")
    assert office.change("ada", role="admin").role == "admin"
    assert office.is_out("ada")
    assert office.sessions.of_user(UserId("ada"))
    assert office.change("ada", role="user").role == "user"


def test_a_change_of_nothing_changes_and_ends_nothing(office):
    office.log_in("ada")
    before = office.user("ada")
    assert office.change("ada") == before
    assert not office.is_out("ada")
    assert office.sessions.of_user(UserId("ada"))


def test_asking_again_ends_what_a_failure_left_open(office):
    office.change("ada", blocked=True)
    office.revocations.users.clear()
    office.log_in("ada")
    version = office.user("ada").version
    assert office.change("ada", blocked=True).version == version
    assert office.is_out("ada")
    assert office.sessions.of_user(UserId("ada")) == []


def test_changes_at_the_same_time_are_both_kept(office, monkeypatch):
    office.add("bob")
    save = office.users.save

    def save_after_somebody_else(user):
        monkeypatch.setattr(office.users, "save", save)
        save(office.user("bob").changed(name="Robert"))
        return save(user)

    monkeypatch.setattr(office.users, "save", save_after_somebody_else)
    changed = office.change("bob", role="admin")
    assert (changed.name, changed.role, changed.version) == ("Robert", "admin", 3)


@pytest.mark.parametrize("change", [{"blocked": True}, {"role": "user"}])
def test_administrators_cannot_shut_themselves_out(office, change):
    office.log_in("root")
    before = office.user("root")
    with pytest.raises(OwnAccount):
        office.change("root", **change)
    assert office.user("root") == before
    assert not office.is_out("root")
    office.add("second", role="admin")
    second = Caller(user_id=UserId("second"), role="admin")
    assert office.change("root", second, **change) != before


def test_administrators_may_confirm_their_own_standing(office):
    assert office.change("root", role="admin", blocked=False).version == 1


def test_an_unknown_account_is_not_found(office):
    with pytest.raises(NotFound):
        get_user(UserId("nobody"), office.users)
    with pytest.raises(NotFound):
        office.change("nobody", blocked=True)
    assert office.revocations.users == {}


def test_only_administrators_administer(office):
    for path, function, method in (
        ("/api/admin/users", list_users, "GET"),
        ("/api/admin/users/root", get_user, "GET"),
        ("/api/admin/users/root", update_user, "PATCH"),
    ):
        assert call(function, method, path, ADA, b'{"blocked": true}').status == 403
        assert call(function, method, path, None, b'{"blocked": true}').status == 401
    assert not office.user("root").blocked


def test_an_account_is_told_as_the_contract_says(office):
    answer = patch("ada", b'{"role": "admin", "blocked": true}')
    assert answer.status == 200
    assert json.loads(answer.body) == {
        "user": {
            "id": "ada",
            "email": "ada@example.org",
            "name": "Ada King",
            "phone": "",
            "address": "",
            "role": "admin",
            "email_verified": False,
            "blocked": True,
            "created_at": "2026-11-25T12:00:00Z",
        }
    }
    shown = call(get_user, "GET", "/api/admin/users/ada", ROOT)
    assert json.loads(shown.body) == json.loads(answer.body)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"role": "owner"}', "role"),
        (b'{"role": null}', "role"),
        (b'{"blocked": "yes"}', "blocked"),
        (b'{"email": "x@example.org"}', "email"),
        (b'{"blocked": true, "password_hash": "x"}', "password_hash"),
    ],
)
def test_a_bad_change_is_named_and_changes_nothing(office, body, field):
    before = office.user("ada")
    answer = patch("ada", body)
    assert answer.status == 422
    assert json.loads(answer.body)["errors"].keys() == {field}
    assert office.user("ada") == before


def test_own_account_is_a_conflict_that_says_why(office):
    answer = patch("root", b'{"blocked": true}')
    problem = json.loads(answer.body)
    assert (answer.status, problem["code"]) == (409, "own_account")
    assert "your own account" in problem["detail"]
    assert patch("root", b'{"role": "user"}').status == 409


def test_the_list_is_searched_and_paged(office):
    for number in range(3):
        office.add(f"bob{number}", name="Bob King")
    answer = call(list_users, "GET", "/api/admin/users?search=king&page=2&page_size=3", ROOT)
    listed = json.loads(answer.body)
    assert [user["id"] for user in listed.pop("items")] == ["ada"]
    assert listed == {"page": 2, "page_size": 3, "total": 4}
    assert b"hash" not in answer.body
    refused = call(list_users, "GET", f"/api/admin/users?search={'a' * 255}&colour=red", ROOT)
    assert json.loads(refused.body)["errors"].keys() >= {"search"}


def test_the_page_lists_searches_and_turns_pages(office):
    office.add("bob", name="Bob King")
    shown = page(list_users, "/admin/users?search=king&page_size=1", ROOT, BACK_OFFICE)
    assert 'value="king"' in shown
    assert 'href="/admin/users/bob"' in shown
    assert 'href="/admin/users/ada"' not in shown
    assert "2 users" in shown
    assert 'rel="next" href="/admin/users?search=king&amp;page_size=1&amp;page=2"' in shown
    nobody = page(list_users, "/admin/users?search=zoe", ROOT, BACK_OFFICE)
    assert "Nobody is found" in nobody


def test_the_number_of_users_is_a_fragment(office):
    assert part(list_users, "/admin/users?page_size=1", ROOT, "user-count") == "2 users"


def test_a_user_is_blocked_and_unblocked_by_forms(office):
    shown = page(get_user, "/admin/users/ada", ROOT, BACK_OFFICE)
    assert 'id="blocked-true"' in shown
    form = {"_method": "PATCH", "blocked": "true"}
    answer = post_form(update_user, "/admin/users/ada", ROOT, form)
    assert (answer.status, location(answer)) == (303, "/admin/users/ada")
    assert office.user("ada").blocked
    shown = page(get_user, "/admin/users/ada", ROOT, BACK_OFFICE)
    assert 'id="blocked-false"' in shown
    assert 'id="blocked-true"' not in shown
    post_form(update_user, "/admin/users/ada", ROOT, form | {"blocked": "false"})
    assert not office.user("ada").blocked


def test_a_user_becomes_admin_and_user_again_by_forms(office):
    assert 'id="role-admin"' in page(get_user, "/admin/users/ada", ROOT, BACK_OFFICE)
    post_form(update_user, "/admin/users/ada", ROOT, {"_method": "PATCH", "role": "admin"})
    assert office.user("ada").role == "admin"
    assert 'id="role-user"' in page(get_user, "/admin/users/ada", ROOT, BACK_OFFICE)


def test_ones_own_page_offers_nothing_that_would_be_refused(office):
    shown = page(get_user, "/admin/users/root", ROOT, BACK_OFFICE)
    assert "your own account" in shown
    assert 'action="/admin/users/root"' not in shown


def test_text_of_people_is_escaped(office):
    ada = office.user("ada")
    office.users.save(ada.changed(name="<script>x</script>", address="<b>x</b>"))
    for shown in (
        page(list_users, "/admin/users", ROOT, BACK_OFFICE),
        page(get_user, "/admin/users/ada", ROOT, BACK_OFFICE),
    ):
        assert "<script>x" not in shown
        assert "<b>x" not in shown


def test_a_user_without_contact_shows_so(office):
    office.users.save(replace(office.user("ada"), phone="+1 555", email_verified=True, version=2))
    shown = page(get_user, "/admin/users/ada", ROOT, BACK_OFFICE)
    assert "+1 555" in shown
    assert "none given" in shown
    assert "(verified)" in shown
