"""Where somebody is logged in, and what auth hands out of its data: as Python and as HTTP."""

import json
from datetime import timedelta

import pytest

from functions.auth.export_auth_data import export_auth_data
from functions.auth.list_sessions import list_sessions
from functions.auth.revoke_session import revoke_session
from shared.kernel.errors import NotFound
from shared.kernel.ids import GuestId, SessionId
from shared.runtime.identity import Caller
from tests.functions.auth.world import EMAIL, NOW, Auth, caller_of
from tests.functions.web import call, fill_ports, location, page, post_form


@pytest.fixture
def auth(monkeypatch):
    auth = Auth()
    fill_ports(monkeypatch, auth.ports)
    return auth


def listed(auth, caller):
    return list_sessions(caller, auth.sessions, auth.clock).items


def end(auth, session_id, caller):
    return revoke_session(session_id, caller, auth.sessions, auth.revocations)


def test_the_list_is_of_ones_own_live_sessions_and_marks_the_present_one(auth, ada):
    auth.register("bob@example.org")
    auth.clock.time += timedelta(hours=1)
    second = auth.log_in()
    caller = caller_of(second)
    assert [one.current for one in listed(auth, caller)] == [True, False]
    assert [one.id for one in listed(auth, caller)][1] == caller_of(ada).session_id
    auth.clock.time = NOW + timedelta(days=7)
    assert [one.id for one in listed(auth, caller)] == [caller.session_id]


def test_a_session_is_told_as_the_contract_says(auth, ada):
    caller = caller_of(ada)
    answer = call(list_sessions, "GET", "/api/auth/sessions", caller)
    assert json.loads(answer.body) == {
        "items": [
            {
                "id": caller.session_id,
                "created_at": "2026-11-25T12:00:00Z",
                "last_seen_at": "2026-11-25T12:00:00Z",
                "user_agent": "test",
                "current": True,
            }
        ]
    }


def test_ending_another_of_ones_sessions_keeps_the_own(auth, ada):
    other = auth.log_in()
    reply = end(auth, caller_of(ada).session_id, caller_of(other))
    assert reply.cookies == ()
    assert auth.is_out(ada)
    assert not auth.is_out(other)
    assert [one.current for one in listed(auth, caller_of(other))] == [True]


def test_ending_the_present_session_logs_out(auth, ada):
    caller = caller_of(ada)
    answer = call(revoke_session, "DELETE", f"/api/auth/sessions/{caller.session_id}", caller)
    assert answer.status == 204
    cookies = [value for name, value in answer.headers if name == "Set-Cookie"]
    assert len(cookies) == 3
    assert all("Max-Age=0" in cookie for cookie in cookies)
    assert auth.is_out(ada)


def test_a_session_of_somebody_else_is_not_found_and_stays(auth, ada):
    bob = caller_of(auth.register("bob@example.org"))
    for session_id in (caller_of(ada).session_id, SessionId("unknown")):
        with pytest.raises(NotFound):
            end(auth, session_id, bob)
    assert not auth.is_out(ada)
    assert auth.revocations.sessions == set()


def test_ending_again_ends_what_a_failure_left_open(auth, ada):
    other = caller_of(auth.log_in())
    session_id = caller_of(ada).session_id
    auth.sessions.revoke(session_id)
    end(auth, session_id, other)
    assert auth.is_out(ada)


def test_the_page_lists_sessions_and_ends_one_by_a_form(auth, ada):
    caller = caller_of(auth.log_in())
    other = caller_of(ada).session_id
    for path in ("/sessions", "/auth/sessions"):
        shown = page(list_sessions, path, caller)
        assert shown.count("data-session=") == 2
        assert shown.count("this device") == 1
    path = f"/auth/sessions/{other}"
    assert f'action="{path}"' in shown
    answer = post_form(revoke_session, path, caller, {"_method": "DELETE"})
    assert (answer.status, location(answer)) == (303, "/auth/sessions")
    assert str(other) not in page(list_sessions, "/sessions", caller)


def test_what_programs_call_themselves_is_escaped(auth, ada, monkeypatch):
    session = auth.sessions.get(caller_of(ada).session_id)
    auth.sessions.add(type(session)(**fields_of(session) | {"user_agent": "<b>x</b>"}))
    assert "<b>x" not in page(list_sessions, "/sessions", caller_of(ada))


def fields_of(thing):
    return {name: getattr(thing, name) for name in type(thing).__dataclass_fields__}


def test_the_export_is_a_file_with_ones_own_profile_and_sessions(auth, ada):
    auth.register("bob@example.org")
    ended = auth.log_in()
    auth.sessions.revoke(caller_of(ended).session_id)
    answer = call(export_auth_data, "GET", "/api/export/auth", caller_of(ada))
    assert dict(answer.headers)["Content-Disposition"].startswith("attachment;")
    assert dict(answer.headers)["Cache-Control"] == "private, no-store"
    data = json.loads(answer.body)
    assert data.keys() == {"profile", "sessions"}
    assert data["profile"]["email"] == EMAIL
    mine = {caller_of(ada).session_id, caller_of(ended).session_id}
    assert {session["id"] for session in data["sessions"]} == mine
    for secret in (b"hash", b"token", b"generation", b"bob"):
        assert secret not in answer.body


def test_nobody_without_a_login_sees_or_ends_anything(auth, ada):
    session_id = caller_of(ada).session_id
    guest = Caller(guest_id=GuestId("g"))
    for caller in (None, guest):
        assert call(list_sessions, "GET", "/api/auth/sessions", caller).status == 401
        assert call(export_auth_data, "GET", "/api/export/auth", caller).status == 401
        path = f"/api/auth/sessions/{session_id}"
        assert call(revoke_session, "DELETE", path, caller).status == 401
    assert not auth.is_out(ada)
