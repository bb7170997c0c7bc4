"""POST /admin/coupons: gives out a coupon."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta
from msgspec.structs import asdict

from shared.cart.coupons import CODE_PATTERN, MAX_USES, CouponView, Terms
from shared.cart.mongo_coupons import MongoCoupons
from shared.cart.ports import Coupons
from shared.cart.use_cases.couponing import give_out
from shared.kernel.clock import Clock, SystemClock
from shared.runtime.declare import http
from shared.runtime.identity import Access
from shared.runtime.schema import Currency, Input, MinorUnits


class NewCoupon(Input, frozen=True, kw_only=True):
    """Either ``percent_off`` or ``amount_off``; amounts in minor units of ``currency``.

    Without ``max_uses`` it may be used without limit. It ends at ``expires_at``, or with the day
    ``expires_on`` in UTC.
    """

    code: Annotated[str, Meta(pattern=CODE_PATTERN)]
    percent_off: Annotated[int, Meta(ge=1, le=100)] | None = None
    amount_off: Annotated[int, Meta(ge=1, le=100_000_000)] | None = None
    currency: Currency | None = None
    minimum: MinorUnits | None = None
    max_uses: Annotated[int, Meta(ge=1, le=MAX_USES)] | None = None
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    expires_on: date | None = None


@http("POST", "/admin/coupons", access=Access.ADMIN, status=201, then="/admin/coupons")
def create_coupon(
    body: NewCoupon,
    coupons: Annotated[Coupons, MongoCoupons],
    clock: Annotated[Clock, SystemClock],
) -> CouponView:
    """Gives out a coupon; its code is kept in upper case."""
    return give_out(coupons, Terms(**asdict(body)), clock).view()
