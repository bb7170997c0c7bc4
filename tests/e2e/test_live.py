"""The WebSocket and the session behind it: resumed, private, and over when the session is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websocket import WebSocketBadStatusException

from tests.e2e.crowd import at_once
from tests.e2e.shop import ACCESS, PASSWORD, REFRESH, Client, Socket
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.slow]

SESSION_ENDED = 4401


def own(socket: Socket, count: int) -> list[dict[str, Any]]:
    """The next messages that are not for everybody."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        message = socket.next()
        if message["sequence"] is not None:
            found.append(message)
    return found


def brief(messages):
    return [(message["sequence"], message["type"]) for message in messages]


def refused_with(client, **options):
    with pytest.raises(WebSocketBadStatusException) as refusal:
        client.open_socket(**options)
    return refusal.value.status_code


# ---- what is sent


def test_a_socket_resumes_after_a_sequence_and_replays_all_after_0(shopper, product):
    first = shopper.buy(product["id"])
    socket = shopper.open_socket(after=0)
    assert brief(own(socket, 1)) == [(1, "order_confirmed")]
    shopper.call("POST", f"/orders/{first}/cancel", status=200)
    assert brief(own(socket, 1)) == [(2, "order_cancelled")]
    socket.close()
    second = wait_until(
        lambda: (found := shopper.check_out()) != first and found, "the cart is open again"
    )
    shopper.wait_for_order(second, "awaiting_payment")
    wait_until(lambda: shopper.get("/notifications")["total"] == 3, "it is announced")
    resumed, replayed = shopper.open_socket(after=2), shopper.open_socket(after=0)
    fresh = shopper.open_socket()
    (missed,) = own(resumed, 1)
    assert (missed["sequence"], missed["payload"]["order_id"]) == (3, second)
    expected = [(1, "order_confirmed"), (2, "order_cancelled"), (3, "order_confirmed")]
    assert brief(own(replayed, 3)) == expected
    shopper.pay(second)
    for one in (resumed, replayed, fresh):
        assert brief(own(one, 1)) == [(4, "order_paid")]
        one.close()


def test_nobody_sees_what_is_somebody_elses(stack, shopper, product):
    stranger = Client(stack)
    stranger.register()
    watching, replaying = stranger.open_socket(), stranger.open_socket(after=0)
    theirs = shopper.buy(product["id"])
    shopper.call("POST", f"/orders/{theirs}/cancel", status=200)
    wait_until(lambda: shopper.get("/notifications")["total"] == 2, "it is announced")
    mine = stranger.buy(product["id"])
    for socket in (watching, replaying, stranger.open_socket(after=0)):
        (message,) = own(socket, 1)
        assert (message["sequence"], message["payload"]["order_id"]) == (1, mine)
        socket.close()
    kept = stranger.get("/notifications")["items"]
    assert [item["payload"]["order_id"] for item in kept] == [mine]


def test_everybody_hears_of_a_new_product_and_nobody_keeps_it(shopper, admin):
    socket = shopper.open_socket()
    product = admin.create_product()
    while (message := socket.next_of("product_created"))["payload"]["product_id"] != product["id"]:
        pass
    assert message["sequence"] is None
    assert shopper.get("/notifications")["total"] == 0
    socket.close()


# ---- who may listen


def test_a_foreign_origin_is_refused(shopper):
    assert refused_with(shopper, origin="https://evil.example") == 403
    shopper.open_socket().close()


def test_without_a_session_nobody_listens(guest, shopper):
    guest.get("/cart")
    assert refused_with(guest) == 401
    assert refused_with(guest, cookie=f"{ACCESS}=eyJhbGciOiJub25lIn0.e30.") == 401
    token = f"Authorization: Bearer {shopper.cookies[ACCESS]}"
    guest.open_socket(cookie=None, header=[token]).close()


def test_logging_out_ends_every_socket_of_that_session_and_no_other(stack, product):
    here, there = Client(stack), Client(stack)
    email = here.register()["email"]
    there.log_in(email)
    sockets, other = [here.open_socket(), here.open_socket(after=0)], there.open_socket()
    token = here.cookies[ACCESS]
    here.call("POST", "/auth/logout", status=204)
    assert [socket.close_code() for socket in sockets] == [SESSION_ENDED, SESSION_ENDED]
    assert refused_with(here, cookie=f"{ACCESS}={token}") == 401
    there.buy(product["id"])
    assert brief(own(other, 1)) == [(1, "order_confirmed")]
    other.close()


# ---- the session's tokens


def test_two_tabs_that_renew_at_once_share_one_session(shopper):
    old = shopper.cookies[REFRESH]
    tabs = [shopper.another_tab() for _ in range(4)]
    at_once(lambda tab: tab.call("POST", "/auth/refresh", status=200), tabs)
    (renewed,) = {tab.cookies[REFRESH] for tab in tabs}
    assert renewed != old
    for tab in tabs:
        assert tab.get("/auth/me")["user"]["name"] == "Ann"
    tabs[0].call("POST", "/auth/refresh", status=200)
    assert tabs[0].cookies[REFRESH] != renewed


def test_a_refresh_token_used_again_after_ten_seconds_ends_its_whole_family(stack, shopper):
    account = shopper.get("/auth/me")["user"]
    elsewhere = Client(stack)
    elsewhere.log_in(account["email"], PASSWORD)
    thief = shopper.another_tab()
    sessions = stack.database("auth").sessions
    session_id = shopper.cookies[REFRESH].split(".")[0]
    shopper.call("POST", "/auth/refresh", status=200)
    socket = shopper.open_socket()
    thief.call("POST", "/auth/refresh", status=200)
    thief.cookies = thief.cookies | {REFRESH: (stolen := thief.cookies[REFRESH])}
    assert stolen == shopper.cookies[REFRESH]
    shopper.call("POST", "/auth/refresh", status=200)
    long_ago = datetime.now(UTC) - timedelta(seconds=11)
    rotations = sessions.find_one({"_id": session_id})["rotations"]
    aged = [one | {"at": long_ago} for one in rotations]
    sessions.update_one({"_id": session_id}, {"$set": {"rotations": aged}})
    reused = thief.call("POST", "/auth/refresh", status=401).json()
    assert reused["code"] == "token_reused"
    assert socket.close_code() == SESSION_ENDED
    shopper.call("GET", "/auth/me", status=401)
    shopper.call("POST", "/auth/refresh", status=401)
    assert elsewhere.get("/auth/me")["user"]["id"] == account["id"]
