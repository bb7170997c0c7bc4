"""The dashboard: who sees it, and that what its cards ask for is there."""

import re
from pathlib import Path

import pytest

from functions.admin.show_dashboard import show_dashboard
from knative.render.discover import discover
from knative.render.routes import routes_of
from shared.kernel.ids import UserId
from shared.runtime.declare import Http, Spec, Trigger, spec_of
from shared.runtime.identity import Access, Caller
from shared.runtime.pages import _environment
from tests.functions.web import KEY, call, page

ROOT = Path(__file__).parents[3]
ADMIN = Caller(user_id=UserId("root"), role="admin")
ADA = Caller(user_id=UserId("ada"), role="user")
CARD = re.compile(r'id="([a-z-]+)" hx-get="([^"?]+)[^"]*" hx-trigger="load"')


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("IDENTITY_KEY", KEY)


@pytest.fixture
def shown():
    return page(show_dashboard, "/dashboard", ADMIN, "admin.localhost")


def page_at(path: str) -> Spec:
    """The function whose page is there."""
    (found,) = (spec for spec in discover() if _is_read_at(spec.trigger, path))
    return found


def _is_read_at(trigger: Trigger, path: str) -> bool:
    return isinstance(trigger, Http) and (trigger.method, trigger.path) == ("GET", path)


def template_of(spec: Spec) -> Path:
    """The back office's."""
    own = Path(spec.source).with_suffix(".admin.html")
    return own if own.exists() else Path(spec.source).with_suffix(".html")


def test_the_dashboard_is_for_administrators_on_their_host():
    assert call(show_dashboard, "GET", "/dashboard", ADA).status == 403
    assert call(show_dashboard, "GET", "/dashboard").status == 303
    (route,) = routes_of(spec_of(show_dashboard))
    assert (route.path, route.host, route.access) == ("/dashboard", "admin", Access.ADMIN.value)


def test_every_card_asks_for_a_fragment_that_its_page_has(shown):
    cards = CARD.findall(shown)
    assert {card for card, _ in cards} == {
        "dashboard-sales",
        "user-count",
        "product-count",
        "letter-count",
        "recent-orders",
    }
    for card, source in cards:
        if card != "dashboard-sales":
            name = str(template_of(page_at(source)).relative_to(ROOT))
            assert card.replace("-", "_") in _environment().get_template(name).blocks


def test_the_sales_report_has_every_part_that_the_dashboard_picks(shown):
    (parts,) = re.findall(r'hx-select-oob="([^"]+)"', shown)
    report = template_of(page_at("/admin/reports/sales")).read_text()
    for part in parts.split(","):
        assert f'id="{part[1:]}"' in shown
        assert f'id="{part[1:]}"' in report


def test_without_a_script_every_card_leads_to_its_page(shown):
    for path in ("/admin/reports/sales", "/admin/users", "/admin/dead-letters", "/admin/orders"):
        assert f'Not loaded here: see <a href="{path}">' in shown
    assert 'href="/products?in_stock=false"' in shown


def test_what_is_not_loaded_says_so_once_the_request_is_over(shown):
    rules = (ROOT / "functions/storefront/assets/shop.css").read_text()
    assert ".while-loading, .htmx-request .unless-loading { display: none; }" in rules
    assert shown.count("while-loading") == shown.count("unless-loading") == 5
