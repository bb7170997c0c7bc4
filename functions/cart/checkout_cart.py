"""POST /cart/checkout: turns the cart into an order, once per state of the cart."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta
from msgspec.structs import asdict

from shared.cart.model import Owner
from shared.cart.mongo import MongoCarts, MongoProducts
from shared.cart.mongo_coupons import MongoCoupons, MongoCouponUses
from shared.cart.orders_desk import HttpOrderDesk
from shared.cart.ports import Carts, Coupons, CouponUses, OrderDesk, Products
from shared.cart.use_cases.checking_out import CheckoutDesk, CheckoutRequest
from shared.contracts.orders import ShippingAddress
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.errors import Invalid
from shared.kernel.ids import OrderId
from shared.runtime.answers import Reply
from shared.runtime.declare import http
from shared.runtime.identity import Access, Caller
from shared.runtime.request import RequestInfo
from shared.runtime.schema import Input, MinorUnits, ShortText

MAX_KEY_LENGTH = 255


class Address(Input, frozen=True, kw_only=True):
    """Where the parcel goes; ``country`` is ISO 3166-1 alpha-2."""

    name: ShortText
    line1: ShortText
    line2: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f]*$")] = ""
    city: ShortText
    postal_code: Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f]*$")]
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]


class CheckoutInput(Input, frozen=True, kw_only=True):
    """The address, and the total that the shopper saw, in minor units."""

    shipping_address: Address
    expected_total: MinorUnits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedOut:
    """The order of this checkout."""

    order_id: OrderId
    status: str


@http(
    "POST",
    "/cart/checkout",
    access=Access.USER,
    status=201,
    then="/orders/{order_id}",
    warms=(
        "place_order",
        "reserve_stock",
        "confirm_order",
        "get_order",
        "replicate_order",
        "announce_order",
    ),
)
def checkout_cart(
    body: CheckoutInput,
    caller: Caller,
    info: RequestInfo,
    carts: Annotated[Carts, MongoCarts],
    products: Annotated[Products, MongoProducts],
    coupons: Annotated[Coupons, MongoCoupons],
    uses: Annotated[CouponUses, MongoCouponUses],
    orders: Annotated[OrderDesk, HttpOrderDesk],
    clock: Annotated[Clock, SystemClock],
) -> Reply[CheckedOut]:
    """Turns the cart into an order; the same state of the cart gives the same order."""
    if len(info.idempotency_key or "") > MAX_KEY_LENGTH:
        raise Invalid({"Idempotency-Key": f"at most {MAX_KEY_LENGTH} characters"})
    address = body.shipping_address
    request = CheckoutRequest(
        user_id=caller.user,
        address=ShippingAddress(**asdict(address)),
        expected_total=body.expected_total,
        key=info.idempotency_key,
    )
    desk = CheckoutDesk(carts, products, coupons, uses, orders, clock)
    made = desk.check_out(Owner(caller.user, caller.guest_id), request)
    answer = CheckedOut(order_id=made.order_id, status=made.status)
    return Reply(value=answer, location=f"/api/orders/{made.order_id}")
