"""The demo shopper and the demo admin."""

import secrets
from pathlib import Path
from typing import Any

from localdev.cluster.state import read_json, write_json
from localdev.cluster.status import LOGINS
from localdev.seed.client import ShopClient, expect
from shared.auth.make_admin import make_admin
from shared.auth.mongo import MongoUsers
from shared.runtime.settings import EventSettings, MongoSettings

_CREATED, _OK, _CONFLICT = 201, 200, 409
_NAMES = {"shopper": "Demo Shopper", "admin": "Demo Admin"}


def ensure_logins(state: Path, shop: ShopClient, sink_url: str) -> dict[str, dict[str, str]]:
    """The demo logins, registered, and the admin made one; by the database of this machine."""
    logins = register_logins(state, shop)
    make_admin(logins["admin"]["email"], _users(state, sink_url))
    return logins


def register_logins(state: Path, shop: ShopClient) -> dict[str, dict[str, str]]:
    """The demo logins of this state folder; passwords are made once and written beside them."""
    logins: dict[str, dict[str, str]] = read_json(state / LOGINS, {}) or {
        kind: {"email": f"{kind}@popshop.example", "password": secrets.token_urlsafe(9)}
        for kind in _NAMES
    }
    write_json(state / LOGINS, logins)
    for kind, login in logins.items():
        answer = shop.call("POST", "/auth/register", {**login, "name": _NAMES[kind]})
        expect(answer, _CREATED, _CONFLICT)
    return logins


def log_in(shop: ShopClient, login: dict[str, str]) -> None:
    """Logs the client in."""
    shop.token = expect(shop.call("POST", "/auth/login", login), _OK).access_token


def _users(state: Path, sink_url: str) -> MongoUsers:
    values: dict[str, dict[str, Any]] = read_json(state / "secrets.json", {})
    return MongoUsers(
        MongoSettings(values["popshop-mongo-auth"]["url"]),
        EventSettings(sink_url, values["popshop-events-auth"]["key"]),
    )
