import json
import socket
import ssl
import threading

import pytest
import websocket

from tests.integration.gateway.conftest import SMALL
from tests.integration.gateway.harness import ADMIN, HOST, Answer, wait_for

FORM = "application/x-www-form-urlencoded"
PROBLEM = "application/problem+json"


def too_slow(seen):
    # The test's routes give their functions one second, and the gateway five more.
    threading.Event().wait(8)
    return Answer()


def problem(reply):
    assert reply["content-type"] == PROBLEM
    assert reply.json["status"] == reply.status
    return reply.json["code"]


def test_a_request_reaches_its_function_by_service_and_host(gateway):
    reply = gateway.call("GET", "/api/products/p1?x=1")
    assert (reply.status, gateway.last.path) == (200, "/api/products/p1?x=1")
    assert gateway.last.headers["x-shop-service"] == "products-get-product"
    assert gateway.last.headers["host"] == "products-get-product.popshop.svc.cluster.local"
    assert gateway.last.headers["x-forwarded-host"].startswith("shop.localhost")


def test_a_fixed_path_wins_over_a_variable_one(gateway):
    gateway.call("GET", "/api/products")
    assert gateway.last.headers["x-shop-service"] == "products-list-products"


def test_a_variable_rest_takes_slashes(gateway):
    gateway.call("GET", "/assets/vendor/htmx.js")
    assert gateway.last.headers["x-shop-service"] == "storefront-serve-asset"


def test_head_goes_where_get_goes(gateway):
    assert gateway.call("HEAD", "/api/products").status == 200
    assert gateway.last.method == "HEAD"


def test_an_unknown_path_is_a_problem(gateway):
    reply = gateway.call("GET", "/api/nothing")
    assert (reply.status, problem(reply)) == (404, "not_found")
    assert not gateway.authorizer.seen


def test_another_method_is_refused_with_the_ones_taken(gateway):
    reply = gateway.call("PUT", "/cart")
    assert (reply.status, problem(reply)) == (405, "method_not_allowed")
    assert reply["allow"] == "DELETE, GET, HEAD"


def test_another_host_has_no_shop(gateway):
    reply = gateway.call("GET", "/api/products", host="example.com")
    assert (reply.status, problem(reply)) == (404, "not_found")


def test_the_back_office_is_on_its_host_alone(gateway):
    for method in ("GET", "POST"):
        assert problem(gateway.call(method, "/api/admin/orders")) == "not_found"
    assert gateway.call("POST", "/api/admin/orders", host=ADMIN).status == 405
    assert gateway.call("GET", "/api/admin/orders", host=ADMIN).status == 200
    assert gateway.call("GET", "/api/cart", host=ADMIN).status == 200


def test_the_gateway_has_its_own_health(gateway):
    reply = gateway.call("GET", "/healthz", host="10.0.0.1")
    assert (reply.status, reply.body) == (200, b"ok")
    assert not gateway.authorizer.seen


@pytest.mark.parametrize("method", ["PATCH", "patch"])
def test_a_form_names_the_method_that_it_means(gateway, method):
    body = f"quantity=2&_method={method}".encode()
    reply = gateway.call("POST", "/cart/items/p1", body=body, Content_Type=FORM)
    assert (reply.status, gateway.last.method, gateway.last.body) == (200, "PATCH", body)
    assert gateway.last.headers["x-shop-service"] == "cart-update-cart-item"
    assert gateway.authorizer.seen[-1].method == "PATCH"


def test_a_form_may_delete(gateway):
    gateway.call("POST", "/cart", body=b"_method=DELETE", Content_Type=f"{FORM}; charset=utf-8")
    assert gateway.last.headers["x-shop-service"] == "cart-clear-cart"


@pytest.mark.parametrize("body", [b"a=1", b"x_method=DELETE", b"_method=GET", b"a=_method=DELETE"])
def test_other_forms_stay_posts(gateway, body):
    gateway.call("POST", "/cart/items", body=body, Content_Type=FORM)
    assert (gateway.last.method, gateway.last.body) == ("POST", body)


def test_the_api_takes_no_method_from_a_body(gateway):
    gateway.call("POST", "/api/cart/items", body=b"_method=DELETE", Content_Type=FORM)
    assert gateway.last.method == "POST"


def test_a_body_above_the_functions_limit_is_refused(gateway):
    reply = gateway.call("POST", "/api/cart/items", body=b"x" * (SMALL + 4097))
    assert (reply.status, problem(reply)) == (413, "too_large")
    assert not gateway.upstream.seen


def test_a_large_upload_streams_to_its_function(gateway):
    body = b"x" * (3 * 1024 * 1024)
    reply = gateway.call("POST", "/api/admin/imports", body=body)
    assert (reply.status, len(gateway.last.body)) == (200, len(body))


def test_an_answer_that_takes_too_long_is_unavailable(gateway):
    gateway.upstream.answer = too_slow
    reply = gateway.call("GET", "/api/cart")
    assert (reply.status, problem(reply), reply["retry-after"]) == (504, "unavailable", "2")


BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_browser_is_told_of_an_outage_by_a_page_and_a_program_by_a_problem(gateway):
    plain = [("Content-Type", "text/plain")]
    gateway.upstream.answer = lambda _: Answer(503, plain, b"no instance")
    page = gateway.call("GET", "/products", **BROWSER)
    assert (page.status, page["content-type"]) == (503, "text/html; charset=utf-8")
    assert b'data-code="unavailable"' in page.body
    assert problem(gateway.call("GET", "/api/products", **BROWSER)) == "unavailable"


def test_a_path_that_is_nowhere_has_a_page_outside_of_the_api(gateway):
    page = gateway.call("GET", "/nowhere", **BROWSER)
    assert (page.status, page["content-type"]) == (404, "text/html; charset=utf-8")
    assert b'data-code="not_found"' in page.body
    assert problem(gateway.call("GET", "/api/nowhere", **BROWSER)) == "not_found"


@pytest.mark.parametrize("status", [502, 503, 504])
def test_the_platforms_plain_errors_become_problems(gateway, status):
    plain = [("Content-Type", "text/plain; charset=utf-8")]
    gateway.upstream.answer = lambda _: Answer(status, plain, b"request timeout")
    reply = gateway.call("GET", "/api/products")
    assert (reply.status, problem(reply), reply["retry-after"]) == (503, "unavailable", "2")


def test_a_functions_own_problem_passes_unchanged(gateway):
    document = json.dumps({"status": 503, "code": "unavailable", "detail": "mongo"}).encode()
    gateway.upstream.answer = lambda _: Answer(503, [("Content-Type", PROBLEM)], document)
    assert gateway.call("GET", "/api/products").body == document


@pytest.mark.parametrize("path", ["/api/products/a%2Fb", "/api/products/a%5Cb"])
def test_a_path_with_a_hidden_slash_is_malformed(gateway, path):
    reply = gateway.call("GET", path)
    assert (reply.status, problem(reply)) == (400, "malformed")


def test_a_path_is_normalised_before_it_is_routed(gateway):
    assert gateway.call("GET", "/api/cart/../products//p1").status == 200
    assert gateway.last.path == "/api/products/p1"


def test_every_answer_has_an_id_and_the_security_headers(gateway):
    for path in ("/api/products", "/api/nothing", "/healthz"):
        reply = gateway.call("GET", path)
        assert len(reply.all("x-request-id")) == 1
        assert reply["strict-transport-security"].startswith("max-age=31536000")
        assert reply["x-content-type-options"] == "nosniff"
        assert reply["referrer-policy"] == "strict-origin-when-cross-origin"


def test_text_is_compressed_for_clients_that_can(gateway):
    page = [("Content-Type", "text/html; charset=utf-8")]
    gateway.upstream.answer = lambda _: Answer(200, page, b"<p>hello</p>" * 200)
    assert gateway.call("GET", "/products", Accept_Encoding="gzip")["content-encoding"] == "gzip"
    assert gateway.call("GET", "/products")["content-encoding"] == ""


def test_http_2_is_offered(gateway):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection((HOST, gateway.port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="shop.localhost") as secure,
    ):
        assert secure.selected_alpn_protocol() == "h2"


def test_the_socket_is_upgraded_with_its_session(gateway):
    connection = websocket.create_connection(
        f"wss://{HOST}:{gateway.port}/ws/notifications?after=0",
        host=f"shop.localhost:{gateway.port}",
        cookie="__Host-access=token",
        sslopt={"cert_reqs": ssl.CERT_NONE, "check_hostname": False},
        timeout=5,
    )
    try:
        assert connection.recv() == "hello"
    finally:
        connection.shutdown()
    seen = gateway.socket.seen[-1]
    assert seen.headers["cookie"] == "__Host-access=token"
    assert seen.headers["x-shop-identity"] == "signed"


def test_other_routes_are_not_upgraded(gateway):
    reply = gateway.call("GET", "/api/cart", Connection="Upgrade", Upgrade="websocket")
    assert (reply.status, reply["content-type"]) == (403, PROBLEM)


def test_the_access_log_is_json_without_the_query(gateway):
    gateway.call("GET", "/api/products?token=a-password")

    def logged():
        lines = [line for line in gateway.log.read_text().splitlines() if line.startswith("{")]
        return [entry for entry in map(json.loads, lines) if entry["path"] == "/api/products"]

    # Envoy writes its log every second (flush interval), on a busy machine later.
    wait_for(lambda: bool(logged()), 15)
    assert logged()[-1]["function"] == "products-list-products"
    assert "a-password" not in gateway.log.read_text()
