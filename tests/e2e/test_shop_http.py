"""The way through the shop in ``docs/shop.http`` can be walked, request by request."""

import uuid
from typing import Any

import pytest
import requests

from tests.e2e.http_file import FILE, Request, Setting, filler, read
from tests.e2e.shop import Client
from tests.e2e.stack import Stack
from tests.e2e.waiting import wait_until

pytestmark = [pytest.mark.engines, pytest.mark.slow]
# An effect in another context is not there at once: a reader of the file sends it again.
TOO_EARLY = {403, 404, 409}


@pytest.fixture
def variables(stack):
    """What the file's reader finds in the stack's status, and names of this run's own."""
    own, login = uuid.uuid4().hex[:8], stack.facts["logins"]["admin"]
    return {
        "shop": "shop.localhost",
        "admin": "admin.localhost",
        "email": f"{own}@example.com",
        "admin_email": login["email"],
        "admin_password": login["password"],
        "stripe": stack.facts["stripe"]["api_base"],
        "stripe_secret_key": stack.facts["stripe"]["secret_key"],
        "coupon": f"C{own.upper()}",
        "sku": f"SKU-{own}",
    }


class Walker:
    """Sends requests as the REST client does, with a cookie jar for each host."""

    def __init__(self, stack: Stack) -> None:
        self.people = {host: Client(stack, host) for host in ("shop.localhost", "admin.localhost")}
        self.last: requests.Response | None = None

    def send(self, request: Request) -> requests.Response:
        host, _, path = request.url.partition("/")
        body, headers = request.body.encode(), request.headers
        if host in self.people:
            own = self.people[host]
            return own.send(request.method, f"/{path}", headers=headers, data=body)
        return requests.request(request.method, request.url, headers=headers, data=body, timeout=30)

    def succeed(self, request: Request) -> requests.Response:
        """The answer of a request that in the end does what it should."""

        def answered() -> requests.Response | None:
            self.last = self.send(request)
            return self.last if self.last.status_code not in TOO_EARLY else None

        try:
            return wait_until(answered, f"{request.title}: {request}")
        except AssertionError as error:
            told = self.last.text if self.last is not None else ""
            raise AssertionError(f"{error}: {told}") from error


def test_the_journey_of_the_file_can_be_walked(stack, variables):
    walker, known = Walker(stack), dict(variables)
    answers: dict[str, Any] = {}
    for part in read(FILE.read_text()):
        fill = filler(known, answers)
        if isinstance(part, Setting):
            known.setdefault(part.name, fill(part.value))
            continue
        answer = walker.succeed(part.filled(fill))
        assert answer.status_code < 300, f"{part.title}: {part}: {answer.text}"
        if part.name:
            answers[part.name] = answer.json()
    assert answers["shipped"]["status"] == "shipped"
    assert answers["cancelled"]["status"] == "cancelled"
    assert answers["checkout"]["order_id"] != answers["second_checkout"]["order_id"]
