"""Stripe: the real one with a key from the environment, else our own fake."""

import os
from dataclasses import dataclass

from localdev.cluster.addresses import Addresses
from localdev.cluster.credentials import stripe_keys
from localdev.cluster.ports import HOST
from localdev.cluster.state import State, read_json

_SECRET = "popshop-stripe"  # noqa: S105 - the name of a Secret
_VARIABLES = {
    "secret-key": "STRIPE_SECRET_KEY",
    "publishable-key": "STRIPE_PUBLISHABLE_KEY",
    "webhook-secret": "STRIPE_WEBHOOK_SECRET",
}
_REAL_API = "https://api.stripe.com"


class StripeKeysError(ValueError):
    """Only some of Stripe's keys are in the environment."""


@dataclass(frozen=True, slots=True)
class Stripe:
    """``api_base`` is empty for Stripe's own."""

    keys: dict[str, str]
    api_base: str

    @property
    def is_fake(self) -> bool:
        """Whether a process of ours plays Stripe."""
        return bool(self.api_base)

    @property
    def secrets(self) -> dict[str, dict[str, str]]:
        """The Secret that functions read."""
        return {_SECRET: self.keys}

    def describe(self) -> dict[str, str]:
        """The ``stripe`` member of `status`."""
        described = {name.replace("-", "_"): value for name, value in self.keys.items()}
        return {"api_base": self.api_base or _REAL_API} | described


def choose_stripe(state: State, addresses: Addresses) -> Stripe:
    """Real keys in the environment choose the real Stripe; there must be all three."""
    given = {name: os.environ.get(variable, "") for name, variable in _VARIABLES.items()}
    if given["secret-key"]:
        missing = [_VARIABLES[name] for name, value in given.items() if not value]
        if missing:
            raise StripeKeysError(f"STRIPE_SECRET_KEY is set, so set {', '.join(missing)} too")
        return Stripe(given, "")
    kept = read_json(state.root / "secrets.json", {})
    return Stripe(stripe_keys(kept), f"http://{HOST}:{addresses.stripe.port}")
