"""GET /dashboard: the back office at a glance; each card asks the function that knows."""

from dataclasses import dataclass

from shared.runtime.declare import page
from shared.runtime.identity import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A number on the dashboard: the fragment ``id`` of the page at ``source``.

    ``href`` leads to that page for people.
    """

    id: str
    title: str
    href: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """What the dashboard counts, in the order of its cards."""

    cards: list[Card]


@page("/dashboard", access=Access.ADMIN)
def show_dashboard() -> Dashboard:
    """Sales, orders, users, stock and dead letters at a glance."""
    return Dashboard(
        cards=[
            _card("user-count", "Users", "/admin/users"),
            _card("product-count", "Out of stock", "/products?in_stock=false"),
            _card("letter-count", "Dead letters", "/admin/dead-letters"),
        ]
    )


def _card(card_id: str, title: str, href: str) -> Card:
    """A list that gives its count with its shortest page."""
    separator = "&" if "?" in href else "?"
    return Card(id=card_id, title=title, href=href, source=f"{href}{separator}page_size=1")
