"""Mailed links: for whom, for what, until when, how often."""

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.auth.sweep_auth import sweep_auth
from shared.auth.links import RESET_PASSWORD, VERIFY_EMAIL, AlreadyVerified, InvalidLink
from shared.contracts.auth import link_token
from shared.kernel.errors import RateLimited
from shared.kernel.ids import SessionId
from tests.functions.auth.world import EMAIL, LINK_KEY, NOW, caller_of, meanwhile


def test_a_reset_link_works_for_an_hour(auth, ada):
    auth.forget_password()
    assert auth.mailed_link().expires_at - NOW == timedelta(hours=1)
    auth.clock.time += timedelta(minutes=60)
    with pytest.raises(InvalidLink):
        auth.reset(auth.mailed())
    auth.clock.time -= timedelta(seconds=1)
    auth.reset(auth.mailed())


def test_a_newer_reset_link_voids_older_ones_of_this_user_alone(auth, ada):
    auth.register("bob@example.org")
    auth.forget_password("bob@example.org")
    bobs = auth.mailed()
    auth.forget_password()
    older = auth.mailed()
    auth.clock.time += timedelta(milliseconds=1)
    auth.forget_password()
    newer = auth.mailed()
    with pytest.raises(InvalidLink):
        auth.reset(older)
    auth.reset(newer)
    with pytest.raises(InvalidLink):
        auth.reset(older)
    auth.reset(bobs)


def test_a_reset_link_for_another_address_is_void(auth, ada):
    auth.forget_password()
    auth.users.save(auth.user().changed(email="new@example.org"))
    with pytest.raises(InvalidLink):
        auth.reset(auth.mailed())


def test_links_are_good_for_their_own_purpose(auth, ada):
    verifying = auth.mailed()
    auth.forget_password()
    with pytest.raises(InvalidLink):
        auth.verify(auth.mailed())
    with pytest.raises(InvalidLink):
        auth.reset(verifying)
    assert not auth.user().email_verified


@pytest.mark.parametrize(
    "forge", ["", "x", ".", "id", "id.", "id.00", "id.ü", "other key", "nobody's"]
)
def test_a_forged_token_opens_nothing(auth, ada, forge):
    auth.forget_password("nobody@example.org")
    (nobodys,) = (link for link in auth.links.by_id.values() if link.user_id is None)
    auth.forget_password()
    link_id = auth.mailed_link().id
    tokens = {
        "other key": link_token("44" * 32, link_id),
        "nobody's": link_token(LINK_KEY, nobodys.id),
    }
    token = tokens.get(forge, forge.replace("id", link_id))
    before = auth.user()
    for call in (auth.reset, auth.verify):
        with pytest.raises(InvalidLink):
            call(token)
    assert auth.user() == before


def test_unknown_people_get_no_mail_and_the_same_is_stored(auth, ada):
    mails = len(auth.links.mailed)
    auth.forget_password("nobody@example.org")
    assert len(auth.links.mailed) == mails
    (link,) = (link for link in auth.links.by_id.values() if link.purpose == RESET_PASSWORD)
    assert (link.user_id, link.email) == (None, "")


def test_asking_for_links_is_throttled_by_email_whoever_asks_and_whether_it_exists(auth, ada):
    for email in (EMAIL, "nobody@example.org"):
        for number in range(5):
            auth.forget_password(email, f"10.0.1.{number}")
        with pytest.raises(RateLimited):
            auth.forget_password(email.upper(), "10.0.2.1")


def test_asking_for_links_is_throttled_by_address(auth):
    for number in range(100):
        auth.forget_password(f"u{number}@example.org")
    with pytest.raises(RateLimited):
        auth.forget_password("u100@example.org")
    auth.forget_password("u100@example.org", "10.0.0.2")


def test_registering_mails_a_link_that_verifies_the_address_for_a_week(auth, ada):
    ((link, name),) = auth.links.mailed
    assert (link.user_id, link.email, name) == (auth.user().id, EMAIL, "Ada")
    assert (link.purpose, link.expires_at - NOW) == (VERIFY_EMAIL, timedelta(days=7))
    auth.clock.time += timedelta(days=7)
    with pytest.raises(InvalidLink):
        auth.verify(auth.mailed())
    assert not auth.user().email_verified
    auth.clock.time -= timedelta(seconds=1)
    auth.verify(auth.mailed())
    assert auth.user().email_verified


def test_verifying_again_changes_nothing(auth, ada):
    auth.verify(auth.mailed())
    version = auth.user().version
    auth.clock.time += timedelta(days=8)
    auth.verify(auth.mailed())
    assert (auth.user().email_verified, auth.user().version) == (True, version)


def test_a_link_verifies_only_the_address_it_was_mailed_to(auth, ada):
    auth.users.save(auth.user().changed(email="new@example.org"))
    with pytest.raises(InvalidLink):
        auth.verify(auth.mailed())
    assert not auth.user("new@example.org").email_verified


def test_an_address_that_changes_meanwhile_is_not_verified(auth, ada, monkeypatch):
    changed = auth.user().changed(email="new@example.org")
    meanwhile(monkeypatch, auth.users, "save", lambda: auth.users.save(changed))
    with pytest.raises(InvalidLink):
        auth.verify(auth.mailed())
    assert auth.user("new@example.org") == changed


def test_the_verification_link_is_mailed_again_a_few_times(auth, ada):
    first = auth.mailed()
    for _ in range(5):
        auth.ask_again(caller_of(ada))
    with pytest.raises(RateLimited):
        auth.ask_again(caller_of(ada))
    assert len(auth.links.mailed) == 6
    assert auth.mailed() != first
    auth.verify(first)


def test_who_is_verified_gets_no_further_link(auth, ada):
    auth.verify(auth.mailed())
    with pytest.raises(AlreadyVerified):
        auth.ask_again(caller_of(ada))
    assert len(auth.links.mailed) == 1


def test_the_sweep_publishes_what_was_left_and_forgets_what_ended(auth, ada, monkeypatch):
    swept = []
    for port in (auth.users, auth.links):
        monkeypatch.setattr(port, "sweep", lambda port=port: swept.append(port))
    auth.forget_password()
    auth.clock.time += timedelta(minutes=60)
    auth.sessions.add(
        replace(next(iter(auth.sessions.by_id.values())), id=SessionId("old"), expires_at=NOW)
    )
    sweep_auth(auth.users, auth.sessions, auth.links, auth.clock)
    assert swept == [auth.users, auth.links]
    assert {link.purpose for link in auth.links.by_id.values()} == {VERIFY_EMAIL}
    assert auth.sessions.get(SessionId("old")) is None
    assert auth.sessions.of_user(caller_of(ada).user) != []
