"""A client of the shop over HTTPS and WebSocket: one person, or one program."""

import json
import ssl
import uuid
from typing import Any, Protocol

import requests
import websocket

from tests.e2e.stack import Stack
from tests.e2e.waiting import wait_until

ADDRESS = {
    "name": "Ann Example",
    "line1": "1 Market Street",
    "city": "Springfield",
    "postal_code": "12345",
    "country": "US",
}
PASSWORD = "correct horse battery"
ACCESS, REFRESH, GUEST = "__Host-access", "__Host-refresh", "__Host-guest"
# Who may hold connections open; they are closed after each test, and opened again on need.
everybody: "list[Client]" = []


class Shop(Protocol):
    """Where it is: `base_url` and `ca_file`, and for more than shopping more of its status."""

    @property
    def facts(self) -> dict[str, Any]:
        """The document of `status --json`."""


class Client:
    """Keeps cookies as a browser does, but sends no browser's headers unless told to."""

    def __init__(self, stack: Shop, host: str = "shop.localhost") -> None:
        everybody.append(self)
        self._sockets: list[Socket] = []
        self.stack = stack
        self.base = stack.facts["base_url"]
        self.host = f"{host}:{self.base.rsplit(':', 1)[1]}"
        self._session = requests.Session()
        # Else REQUESTS_CA_BUNDLE of the environment would win over ``verify``.
        self._session.trust_env = False
        self._session.verify = stack.facts["ca_file"]
        self.cookies: dict[str, str] = {}

    def call(
        self, method: str, path: str, body: Any = None, *, status: int | None = None, **options: Any
    ) -> requests.Response:
        """One API call (``/api`` is put before ``path``); checks ``status`` if given."""
        answer = self.send(method, f"/api{path}", json=body, **options)
        if status is not None:
            assert answer.status_code == status, f"{method} {path}: {answer.text}"
        return answer

    def get(self, path: str) -> Any:
        """The JSON of a GET that must succeed."""
        return self.call("GET", path, status=200).json()

    def send(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any
    ) -> requests.Response:
        """One request as it is; redirects are not followed."""
        sent = {"Host": self.host, **(headers or {})}
        if self.cookies and "Cookie" not in sent:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self._session.request(
            method, self.base + path, headers=sent, timeout=60, allow_redirects=False, **options
        )
        self._session.cookies.clear()
        self._keep_cookies(answer)
        return answer

    def _keep_cookies(self, answer: requests.Response) -> None:
        for header in answer.raw.headers.getlist("set-cookie"):
            name, _, value = header.split(";")[0].partition("=")
            if "Max-Age=0" in header:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value

    def another_tab(self) -> "Client":
        """The same browser's cookies on a connection of their own."""
        tab = Client(self.stack, self.host.split(":")[0])
        tab.cookies = dict(self.cookies)
        return tab

    # ---- accounts

    def register(self) -> dict[str, Any]:
        """A new account, logged in."""
        email = f"{uuid.uuid4().hex}@example.com"
        body = {"email": email, "password": PASSWORD, "name": "Ann"}
        user: dict[str, Any] = self.call("POST", "/auth/register", body, status=201).json()["user"]
        return user

    def log_in(self, email: str, password: str = PASSWORD) -> None:
        """Logs in."""
        self.call("POST", "/auth/login", {"email": email, "password": password}, status=200)

    # ---- shopping

    def add(self, product_id: str, quantity: int = 1) -> dict[str, Any]:
        """Puts something into the cart."""
        body = {"product_id": product_id, "quantity": quantity}
        cart: dict[str, Any] = self.call("POST", "/cart/items", body, status=200).json()
        return cart

    def check_out(self) -> str:
        """Checks the cart out; the order's id."""
        answer = self.call("POST", "/cart/checkout", {"shipping_address": ADDRESS}, status=201)
        return str(answer.json()["order_id"])

    def buy(self, product_id: str, quantity: int = 1) -> str:
        """An order that awaits its payment; its id."""
        self.add(product_id, quantity)
        order_id = self.check_out()
        self.wait_for_order(order_id, "awaiting_payment")
        return order_id

    def order(self, order_id: str) -> dict[str, Any]:
        """The order as it is now."""
        found: dict[str, Any] = self.get(f"/orders/{order_id}")
        return found

    def wait_for_order(self, order_id: str, status: str) -> dict[str, Any]:
        """The order once it has this status."""

        def reached() -> dict[str, Any] | None:
            order = self.order(order_id)
            return order if order["status"] == status else None

        return wait_until(reached, f"order {order_id} is {status}")

    def payment_status(self, order_id: str) -> str | None:
        """The status of the order's payment as orders know it; ``None`` before they heard of it."""
        payment = self.order(order_id)["payment"]
        return str(payment["status"]) if payment else None

    def start_payment(self, order_id: str) -> dict[str, Any]:
        """The payment of an order, ready for a card."""
        answer = self.call("POST", "/payments", {"order_id": order_id})
        assert answer.status_code in {200, 201}, answer.text
        payment: dict[str, Any] = answer.json()
        return payment

    def pay(self, order_id: str, method: str = "pm_card_visa") -> dict[str, Any]:
        """Pays as a browser does, with the publishable key; Stripe's answer."""
        payment = self.start_payment(order_id)
        secret = payment["client_secret"]
        answer = requests.post(
            f"{self.stack.facts['stripe']['api_base']}/v1/payment_intents/"
            f"{secret.split('_secret_')[0]}/confirm",
            auth=(payment["publishable_key"], ""),
            data={"payment_method": method, "client_secret": secret},
            timeout=30,
        )
        document: dict[str, Any] = answer.json()
        return document

    # ---- notifications

    def open_socket(self, after: int | None = None, **options: Any) -> "Socket":
        """The notifications' WebSocket with this client's session."""
        query = "" if after is None else f"?after={after}"
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = websocket.create_connection(
            self.base.replace("https", "wss") + f"/ws/notifications{query}",
            host=self.host,
            cookie=options.pop("cookie", cookie),
            origin=options.pop("origin", f"https://{self.host}"),
            sslopt={"ca_certs": self.stack.facts["ca_file"], "cert_reqs": ssl.CERT_REQUIRED},
            timeout=options.pop("timeout", 20),
            **options,
        )
        socket = Socket(connection)
        self._sockets.append(socket)
        return socket

    def close(self) -> None:
        """Closes the connections; the client stays who it is."""
        self._session.close()
        while self._sockets:
            self._sockets.pop().close()


class Socket:
    """An open WebSocket."""

    def __init__(self, connection: websocket.WebSocket) -> None:
        self._connection = connection

    def next(self) -> dict[str, Any]:
        """The next message."""
        message: dict[str, Any] = json.loads(self._connection.recv())
        return message

    def next_of(self, kind: str) -> dict[str, Any]:
        """The next message of a type; others (broadcasts) are passed over."""
        while (message := self.next())["type"] != kind:
            pass
        return message

    def close_code(self) -> int:
        """Waits until the server closes; its code."""
        while True:
            opcode, data = self._connection.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big")

    def close(self) -> None:
        """Leaves; also a socket that the server has closed, which ``close`` passes over."""
        self._connection.close()
        self._connection.shutdown()


class Admin(Client):
    """The demo admin on the back office's host."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack, "admin.localhost")
        self._own = stack
        login = stack.facts["logins"]["admin"]
        self.log_in(login["email"], login["password"])

    def create_product(self, **fields: Any) -> dict[str, Any]:
        """A product of its own for a test."""
        body = {
            "title": f"Thing {uuid.uuid4().hex[:8]}",
            "description": "Made for a test.",
            "category": "other",
            "price": {"amount": 1000, "currency": "USD"},
            "stock": 100,
        } | fields
        product: dict[str, Any] = self.call("POST", "/products", body, status=201).json()
        self._own.wait_for_product(product)
        return product

    def available(self, product_id: str) -> int:
        """What is on sale of a product."""
        return int(self.get(f"/products/{product_id}")["available"])
