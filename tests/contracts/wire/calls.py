"""The calls that clients rely on: what each takes and gives, kept apart from the declarations.

In ``takes`` and ``asks`` a name with ``?`` may be left out. ``gives`` lists fields of the answer;
``items[].id`` is the field ``id`` of each element of ``items``.
"""

from dataclasses import dataclass

PUBLIC, GUEST, USER, ADMIN = "public", "guest", "user", "admin"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call; ``path`` is without ``/api``."""

    method: str
    path: str
    access: str
    status: int
    takes: str = ""
    asks: str = ""
    gives: str = ""
    media_types: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def call(method: str, path: str, access: str, status: int = 200, **parts: str) -> Call:
    return Call(method=method, path=path, access=access, status=status, **parts)


def inside(name: str, fields: str) -> str:
    """The fields below a name."""
    return " ".join(f"{name}.{field}" for field in fields.split())


def listed(fields: str) -> str:
    """A numbered page of things with these fields."""
    return f"page page_size total {inside('items[]', fields)}"


PAGE = "page? page_size?"
MONEY_LINE = "product_id title unit_price quantity line_total"
SUMS = "subtotal discount shipping tax total"
USER_FIELDS = "id email name phone address role email_verified blocked created_at"
PRODUCT = (
    "id sku title description category price in_stock available images[].id images[].url "
    "images[].thumbnail_url images[].width images[].height rating.average rating.count "
    "created_at version"
)
NEW_PRODUCT = "title description? category price stock sku?"
REVIEW = "rating text created_at"
IMPORT = "id status rows created updated failed errors[].row errors[].field errors[].message"
CART = f"id version {inside('lines[]', MONEY_LINE)} lines[].available lines[].price_changed coupon {SUMS}"  # noqa: E501
ADDRESS = "name line1 line2? city postal_code country"
COUPON = "code percent_off amount_off currency minimum max_uses expires_at"
ORDER = (
    f"id number status status_reason {inside('lines[]', MONEY_LINE)} lines[].sku {SUMS} "
    "shipping_address timeline[].status timeline[].at timeline[].reason payment.id payment.status "
    "created_at version"
)
REPORT = (
    "days[].date days[].orders days[].revenue top_products by_status totals.orders "
    "totals.revenue totals.average"
)
NOTE = "id sequence type created_at payload read"
LETTER = "id event reaction code error attempts first_at last_at"
SESSION = "id created_at last_seen_at user_agent current"
CONTEXTS = ("auth", "products", "cart", "orders", "payments", "notifications")

AUTH = [
    call(
        "POST",
        "/auth/register",
        PUBLIC,
        201,
        takes="email password name phone? address?",
        gives=inside("user", USER_FIELDS),
    ),
    call("POST", "/auth/login", PUBLIC, takes="email password", gives=inside("user", USER_FIELDS)),
    call("POST", "/auth/refresh", PUBLIC, gives=inside("user", USER_FIELDS)),
    call("POST", "/auth/logout", USER, 204),
    call("GET", "/auth/me", USER, gives=inside("user", USER_FIELDS)),
    call(
        "PATCH",
        "/auth/me",
        USER,
        takes="name? phone? address?",
        gives=inside("user", USER_FIELDS),
    ),
    call("DELETE", "/auth/me", USER, 204, takes="password"),
    call("POST", "/auth/me/password", USER, 204, takes="current_password new_password"),
    call("POST", "/auth/password-reset", PUBLIC, 202, takes="email"),
    call("POST", "/auth/password-reset/confirm", PUBLIC, 204, takes="token password"),
    call("POST", "/auth/verify-email", PUBLIC, 204, takes="token"),
    call("GET", "/auth/sessions", USER, gives=inside("items[]", SESSION)),
    call("DELETE", "/auth/sessions/{id}", USER, 204),
    *[call("GET", f"/export/{context}", USER) for context in CONTEXTS],
    call("GET", "/admin/users", ADMIN, asks=f"search? {PAGE}", gives=listed(USER_FIELDS)),
    call("GET", "/admin/users/{id}", ADMIN),
    call("PATCH", "/admin/users/{id}", ADMIN, takes="role? blocked?"),
]
PRODUCTS = [
    call(
        "GET",
        "/products",
        PUBLIC,
        asks=f"search? category? min_price? max_price? in_stock? sort? {PAGE}",
        gives=f"{listed(PRODUCT)} facets.categories[].name facets.categories[].count "
        "facets.price.min facets.price.max",
    ),
    call("GET", "/products/{id}", PUBLIC, gives=PRODUCT),
    call("GET", "/categories", PUBLIC, gives="items[].name items[].count"),
    call("POST", "/products", ADMIN, 201, takes=NEW_PRODUCT, gives=PRODUCT),
    call(
        "PATCH",
        "/products/{id}",
        ADMIN,
        takes="title? description? category? price? stock? sku?",
        gives=PRODUCT,
    ),
    call("DELETE", "/products/{id}", ADMIN, 204),
    call(
        "POST",
        "/products/{id}/images",
        ADMIN,
        201,
        media_types="multipart/form-data",
        takes="image",
    ),
    call("DELETE", "/products/{id}/images/{image_id}", ADMIN, 204),
    call("POST", "/products/{id}/stock", ADMIN, takes="delta? set?", gives=PRODUCT),
    call("GET", "/products/{id}/reviews", PUBLIC, asks=PAGE, gives=listed(REVIEW)),
    call("POST", "/products/{id}/reviews", USER, 201, takes="rating text", gives=REVIEW),
    call("GET", "/products/{id}/recommendations", PUBLIC, gives=inside("items[]", PRODUCT)),
    call(
        "POST",
        "/admin/imports",
        ADMIN,
        202,
        media_types="text/csv application/x-ndjson",
        gives=IMPORT,
    ),
    call("GET", "/admin/imports/{id}", ADMIN, gives=IMPORT),
]
CARTS = [
    call("GET", "/cart", GUEST, gives=CART),
    call("POST", "/cart/items", GUEST, takes="product_id quantity?", gives=CART),
    call("PATCH", "/cart/items/{product_id}", GUEST, takes="quantity", gives=CART),
    call("DELETE", "/cart/items/{product_id}", GUEST, gives=CART),
    call("DELETE", "/cart", GUEST, gives=CART),
    call("PUT", "/cart/coupon", GUEST, takes="code", gives=CART),
    call("DELETE", "/cart/coupon", GUEST, gives=CART),
    call(
        "POST",
        "/cart/checkout",
        USER,
        201,
        takes=f"shipping_address expected_total? {inside('shipping_address', ADDRESS)}",
        gives="order_id status",
    ),
    call(
        "POST",
        "/admin/coupons",
        ADMIN,
        201,
        takes="code percent_off? amount_off? currency? minimum? max_uses? expires_at?",
        gives=COUPON,
    ),
    call("GET", "/admin/coupons", ADMIN, asks=PAGE, gives=listed(COUPON)),
    call("DELETE", "/admin/coupons/{code}", ADMIN, 204),
]
ORDERS = [
    call("GET", "/orders", USER, asks=PAGE, gives=listed(ORDER)),
    call("GET", "/orders/{id}", USER, gives=ORDER),
    call("POST", "/orders/{id}/cancel", USER, gives=ORDER),
    call("GET", "/orders/{id}/invoice", USER, media_types="application/pdf"),
    call("GET", "/admin/orders", ADMIN, asks=f"status? search? {PAGE}", gives=listed(ORDER)),
    call("POST", "/admin/orders/{id}/advance", ADMIN, takes="status tracking?", gives=ORDER),
    call("GET", "/admin/reports/sales", ADMIN, asks="from? to?", gives=REPORT),
]
PAYMENTS = [
    call(
        "POST",
        "/payments",
        USER,
        201,
        takes="order_id",
        gives="payment_id client_secret publishable_key amount status",
    ),
    call("GET", "/payments/{order_id}", USER, gives="order_id amount status"),
    call("POST", "/admin/payments/{payment_id}/refund", ADMIN, takes="amount?", gives="status"),
    call("POST", "/payments/webhook", PUBLIC),
]
NOTIFICATIONS = [
    call("GET", "/notifications", USER, asks=PAGE, gives=f"{listed(NOTE)} unread"),
    call("POST", "/notifications/read", USER, takes="up_to", gives="unread"),
]
OPS = [
    call("GET", "/admin/dead-letters", ADMIN, asks=PAGE, gives=listed(LETTER)),
    call("POST", "/admin/dead-letters/{id}/replay", ADMIN),
    call("DELETE", "/admin/dead-letters/{id}", ADMIN, 204),
    call("GET", "/admin/events", ADMIN, asks="type? subject?"),
    call("GET", "/openapi.json", PUBLIC),
    call("GET", "/asyncapi.json", PUBLIC),
]
CALLS = [*AUTH, *PRODUCTS, *CARTS, *ORDERS, *PAYMENTS, *NOTIFICATIONS, *OPS]
# Sent with a key, the same call gives the same answer.
KEYED = ("POST /cart/checkout", "POST /payments", "POST /admin/payments/{payment_id}/refund")
# Paths of pages and of what is no API, with who may open them.
PAGES = {
    "/": PUBLIC,
    "/login": PUBLIC,
    "/register": PUBLIC,
    "/docs": PUBLIC,
    "/auth/refresh": PUBLIC,
    "/.well-known/jwks.json": PUBLIC,
    "/checkout": USER,
    "/profile": USER,
    "/notifications": USER,
    "/ws/notifications": USER,
}
