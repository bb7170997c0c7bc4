"""The pages without JavaScript: plain forms, sessions that end, and who may see what."""

import re

import pytest

from tests.e2e.shop import ACCESS, ADDRESS, PASSWORD, REFRESH, Client
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.slow]
HTML = {"Accept": "text/html,application/xhtml+xml"}


class PlainBrowser:
    """A browser without JavaScript: loads pages, sends forms, follows what it is sent to."""

    def __init__(self, client: Client):
        self.client = client
        self.path = ""

    def load(self, path):
        """The page at a path, after at most five redirects."""
        for _ in range(5):
            answer = self.client.send("GET", path, headers=HTML)
            if answer.status_code != 303:
                break
            path = answer.headers["Location"]
        self.path = path
        return answer

    def send_form(self, action, **fields):
        """The immediate answer to a form of the page that is shown."""
        page = f"https://{self.client.host}"
        headers = HTML | {"Origin": page, "Referer": page + (self.path or "/")}
        fields = {name.replace("__", "."): value for name, value in fields.items()}
        return self.client.send("POST", action, data=fields, headers=headers)

    def submit(self, action, **fields):
        """The page that a successful form leads to."""
        answer = self.send_form(action, **fields)
        assert answer.status_code == 303, f"{action}: {answer.status_code} {answer.text}"
        return self.load(answer.headers["Location"])


@pytest.fixture
def visitor(guest):
    return PlainBrowser(guest)


@pytest.fixture
def member(shopper):
    return PlainBrowser(shopper)


@pytest.fixture
def office(admin):
    return PlainBrowser(admin.another_tab())


def address_fields(**changed):
    return {f"shipping_address__{name}": value for name, value in (ADDRESS | changed).items()}


def test_a_visitor_buys_with_plain_forms(visitor, product):
    shown = visitor.load(f"/?search={product['title'].split()[1]}")
    assert product["title"] in shown.text
    cart = visitor.submit("/cart/items", product_id=product["id"], quantity="2")
    assert (visitor.path, cart.status_code) == ("/cart", 200)
    assert "$24.99" in cart.text
    path = f"/cart/items/{product['id']}"
    assert "$34.99" in visitor.submit(path, _method="PATCH", quantity="3").text
    account = {"email": f"{product['id']}@example.com", "password": PASSWORD, "name": "Ann"}
    visitor.submit("/auth/register?next=/checkout", **account)
    assert visitor.path == "/checkout"
    order = visitor.submit("/cart/checkout", expected_total="3499", **address_fields())
    assert order.status_code == 200
    order_id = visitor.path.removeprefix("/orders/")
    visitor.client.wait_for_order(order_id, "awaiting_payment")
    payment = visitor.submit("/payments", order_id=order_id)
    assert (visitor.path, payment.status_code) == (f"/payments/{order_id}", 200)
    cancelled = visitor.submit(f"/orders/{order_id}/cancel")
    assert "cancelled" in cancelled.text


def test_forms_delete_and_clear_with_an_overridden_method(member, product):
    member.client.add(product["id"])
    assert "empty" in member.submit(f"/cart/items/{product['id']}", _method="DELETE").text
    member.client.add(product["id"])
    assert "empty" in member.submit("/cart", _method="DELETE").text


def test_a_profile_is_changed_and_a_field_emptied(member):
    member.submit("/auth/me", _method="PATCH", name="Ann Other", phone="+1 555", address="here")
    page = member.submit("/auth/me", _method="PATCH", name="Ann Other", phone="", address="here")
    assert member.path == "/profile"
    assert 'value="Ann Other"' in page.text
    user = member.client.get("/auth/me")["user"]
    assert (user["phone"], user["address"]) == ("", "here")


def test_logging_out_and_in_again_by_forms(visitor, stack):
    login = stack.facts["logins"]["shopper"]
    visitor.submit("/auth/login?next=/profile", email=login["email"], password=login["password"])
    assert visitor.path == "/profile"
    visitor.submit("/auth/logout")
    assert REFRESH not in visitor.client.cookies
    visitor.load("/profile")
    assert visitor.path == "/login?next=/profile"


# ---- refused forms


def test_a_refused_form_is_shown_again_with_what_was_typed(member, product):
    member.client.add(product["id"])
    answer = member.send_form(
        "/cart/checkout", expected_total="1499", **address_fields(country="us")
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "text/html; charset=utf-8")
    assert 'data-code="invalid_request"' in answer.text
    assert 'action="/cart/checkout"' in answer.text
    hidden = '<input type="hidden" name="shipping_address.city" value="Springfield">'
    assert hidden in answer.text
    assert re.search(r'type="text" name="shipping_address.country" value="us"', answer.text)
    assert member.client.get("/orders")["total"] == 0


def test_a_wrong_password_keeps_the_address_but_not_the_password(visitor):
    fields = {"email": "nobody@example.com", "password": "not this one"}
    answer = visitor.send_form("/auth/login?next=/cart", **fields)
    assert answer.status_code == 401
    assert 'data-code="wrong_credentials"' in answer.text
    assert 'value="nobody@example.com"' in answer.text
    assert 'action="/auth/login?next=/cart"' in answer.text
    assert "not this one" not in answer.text


def test_what_is_typed_is_escaped(member, product):
    member.client.add(product["id"])
    nasty = '"><script>alert(1)</script>'
    answer = member.send_form("/cart/checkout", **address_fields(city=nasty, country="us"))
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text


def test_a_conflict_is_a_page_with_a_way_back(member):
    member.load("/cart")
    answer = member.send_form("/cart/checkout", **address_fields())
    assert answer.status_code == 409
    assert 'data-code="empty_cart"' in answer.text
    assert 'href="/cart"' in answer.text


# ---- sessions


def expire(client):
    """The access token's time is up: the browser has dropped its cookie."""
    client.cookies.pop(ACCESS)


def test_an_expired_session_is_renewed_on_the_way_to_a_page(member):
    old = member.client.cookies[REFRESH]
    expire(member.client)
    first = member.client.send("GET", "/orders?page=1", headers=HTML)
    assert first.status_code == 303
    assert first.headers["Location"] == "/auth/refresh?next=/orders%3Fpage%3D1"
    assert member.load("/orders?page=1").status_code == 200
    assert member.path == "/orders?page=1"
    assert member.client.cookies[REFRESH] != old


def test_an_expired_session_sends_a_form_back_to_its_page(member, product):
    member.load(f"/products/{product['id']}")
    expire(member.client)
    answer = member.send_form("/cart/items", product_id=product["id"])
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/auth/refresh?next=/products/{product['id']}"
    assert member.load(answer.headers["Location"]).status_code == 200
    assert member.path == f"/products/{product['id']}"


def test_htmx_is_told_to_go_to_the_login_itself_and_come_back_to_its_page(visitor):
    asks = {"HX-Request": "true", "HX-Current-URL": f"https://{visitor.client.host}/profile"}
    for headers, page in ((asks | {"HX-Boosted": "true"}, "/orders"), (asks, "/profile")):
        answer = visitor.client.send("GET", "/orders", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["HX-Redirect"] == f"/auth/refresh?next={page}"


def test_a_stranger_is_asked_to_log_in(visitor):
    for path in ["/orders", "/checkout", "/notifications", "/profile", "/payments/none"]:
        assert visitor.load(path).status_code == 200
        assert visitor.path == f"/login?next={path}"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie:x=1",
        "evil.example",
        "",
    ],
)
def test_nobody_is_sent_elsewhere_after_a_login(member, visitor, stack, elsewhere):
    renewed = member.client.send("GET", f"/auth/refresh?next={elsewhere}", headers=HTML)
    assert (renewed.status_code, renewed.headers["Location"]) == (303, "/")
    login = stack.facts["logins"]["shopper"]
    fields = {"email": login["email"], "password": login["password"]}
    logged_in = visitor.send_form(f"/auth/login?next={elsewhere}", **fields)
    assert (logged_in.status_code, logged_in.headers["Location"]) == (303, "/")
    assert "evil" not in visitor.client.send("GET", f"/login?next={elsewhere}").text


# ---- the back office


ADMIN_PAGES = ["/admin/orders", "/admin/imports", "/admin/dead-letters"]


@pytest.mark.parametrize("path", ADMIN_PAGES)
def test_the_back_office_is_not_on_the_storefront(path, office, shopper):
    assert office.load(path).status_code == 200
    on_the_shop = shopper.another_tab()
    on_the_shop.cookies = dict(office.client.cookies)
    refused = on_the_shop.send("GET", path, headers=HTML)
    assert (refused.status_code, refused.headers["Content-Type"]) == (
        404,
        "text/html; charset=utf-8",
    )


@pytest.mark.parametrize("path", ADMIN_PAGES)
def test_a_shopper_is_refused_in_the_back_office(path, stack, shopper):
    intruder = Client(stack, "admin.localhost")
    intruder.cookies = dict(shopper.cookies)
    refused = intruder.send("GET", path, headers=HTML)
    assert refused.status_code == 403
    assert 'data-code="forbidden"' in refused.text


def test_the_back_office_works_with_plain_forms(office):
    fields = {
        "title": "Plain Kite",
        "category": "other",
        "price.amount_major": "12.50",
        "stock": "3",
    }
    page = office.submit("/products", **fields)
    product_id = office.path.removeprefix("/products/")
    assert 'value="12.50"' in page.text
    changed = {"title": "Plain Kite", "price.amount_major": "9.9", "price.currency": "USD"}
    office.submit(f"/products/{product_id}", _method="PATCH", **changed)
    office.submit(f"/products/{product_id}/stock", delta="4")
    product = office.client.get(f"/products/{product_id}")
    assert (product["price"]["amount"], product["available"]) == (990, 7)
    office.submit(f"/products/{product_id}", _method="DELETE")
    assert office.client.call("GET", f"/products/{product_id}").status_code == 404


def test_a_refund_is_typed_in_whole_units(office, shopper, product):
    order_id = shopper.buy(product["id"])
    shopper.pay(order_id)
    payment = shopper.wait_for_order(order_id, "paid")["payment"]
    page = office.submit(f"/admin/payments/{payment['id']}/refund", amount_major="2.50")
    assert "$2.50" in page.text
    wait_until(lambda: shopper.payment_status(order_id) == "partially_refunded", "it is told")


# ---- errors of the gateway itself


def test_an_address_that_is_nowhere_has_a_page_for_people_and_a_problem_for_programs(visitor):
    page = visitor.load("/nowhere")
    assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert 'data-code="not_found"' in page.text
    problem = visitor.client.send("GET", "/nowhere")
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert problem.json()["code"] == "not_found"


def test_every_page_is_a_document_that_may_not_be_cached_or_framed(visitor, product):
    for path in ["/", f"/products/{product['id']}", "/cart", "/login", "/register"]:
        page = visitor.load(path)
        policy = page.headers["Content-Security-Policy"]
        assert {"object-src 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
        assert page.headers["Cache-Control"] == "no-store"
        assert page.text.startswith("<!doctype html>")
        assert 'lang="en"' in page.text
        assert "X-Request-Id" in page.headers
