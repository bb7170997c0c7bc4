"""GET /admin/coupons: all coupons, newest first."""

from typing import Annotated

from shared.cart.coupons import CouponView
from shared.cart.mongo_coupons import MongoCoupons
from shared.cart.ports import Coupons
from shared.kernel.paging import Page
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.schema import PageQuery


@http("GET", "/admin/coupons", access=Access.ADMIN)
def list_coupons(query: PageQuery, coupons: Annotated[Coupons, MongoCoupons]) -> Page[CouponView]:
    """All coupons with how often they are used, newest first."""
    found = coupons.page(query.page, query.page_size)
    items = [coupon.view() for coupon in found.items]
    return Page(items=items, page=found.page, page_size=found.page_size, total=found.total)
