"""Goods, accounts and people of a soak, made before anything is measured."""

import base64
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from localdev.cluster.gateway import trusting
from tests.bench.cluster import Cluster
from tests.bench.people import Account, Shop
from tests.bench.starts import HOST
from tests.bench.wire import Pool
from tests.e2e.rush import buyers
from tests.e2e.shop import Admin, Client

PEOPLE = 600
_ACCOUNTS, _PRODUCTS, _STOCK = 20, 20, 1_000_000


@dataclass(frozen=True)
class Prepared:
    """What the people need, made before anything is measured."""

    base_port: int
    ca_file: str
    products: list[str]
    admin_cookies: dict[str, str]
    accounts: list[Account]
    stripe_port: int
    stripe_auth: str

    def people(self, cluster: Cluster, count: int = PEOPLE) -> list[dict[str, str]]:
        """Their cookies, fresh."""
        found = buyers(cluster.stack, count)
        return [client.cookies for client in found]

    def pool(self) -> Pool:
        """Connections to the gateway."""
        return Pool(HOST, self.base_port, trusting(Path(self.ca_file)), "shop.localhost")

    def shop(self) -> Shop:
        """With nothing seen yet."""
        return Shop(
            host=f"shop.localhost:{self.base_port}",
            admin_host=f"admin.localhost:{self.base_port}",
            products=self.products,
            admin_cookies=self.admin_cookies,
            accounts=self.accounts,
            stripe=Pool(HOST, self.stripe_port, None, ""),
            stripe_auth=self.stripe_auth,
        )


def prepare(cluster: Cluster) -> Prepared:
    facts, admin = cluster.stack.facts, Admin(cluster.stack)
    products = [admin.create_product(stock=_STOCK)["id"] for _ in range(_PRODUCTS)]
    accounts = []
    for _ in range(_ACCOUNTS):
        client = Client(cluster.stack)
        accounts.append(Account(client.register()["email"], client.cookies))
        client.close()
    admin.close()
    key = base64.b64encode(f"{facts['stripe']['publishable_key']}:".encode()).decode()
    return Prepared(
        base_port=int(urlsplit(facts["base_url"]).port or 0),
        ca_file=facts["ca_file"],
        products=products,
        admin_cookies=admin.cookies,
        accounts=accounts,
        stripe_port=int(urlsplit(facts["stripe"]["api_base"]).port or 0),
        stripe_auth=f"Basic {key}",
    )
