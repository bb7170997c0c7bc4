"""DELETE /admin/coupons/{code}: ends a coupon."""

from typing import Annotated

from shared.cart.mongo_coupons import MongoCoupons
from shared.cart.ports import Coupons
from shared.cart.use_cases.couponing import take_back
from shared.runtime.declare import http
from shared.runtime.identity import Access


@http("DELETE", "/admin/coupons/{code}", access=Access.ADMIN, status=204, then="/admin/coupons")
def delete_coupon(code: str, coupons: Annotated[Coupons, MongoCoupons]) -> None:
    """Ends a coupon; orders made with it stay as they are."""
    take_back(coupons, code)
