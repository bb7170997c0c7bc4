"""What the browser needs to send a card to Stripe without us seeing it."""

from dataclasses import dataclass

from shared.runtime.settings import config, secret


@dataclass(frozen=True, slots=True)
class StripeFormSettings:
    """The key that names the shop; ``api_base`` is empty for Stripe's own address."""

    publishable_key: str = secret("STRIPE_PUBLISHABLE_KEY", "popshop-stripe", "publishable-key")
    api_base: str = config("STRIPE_API_BASE", "stripe-api-base", "")


class StripeCardForm:
    """Stripe's own card fields, or ours where Stripe is a local stand-in."""

    def __init__(self, settings: StripeFormSettings) -> None:
        self.publishable_key = settings.publishable_key
        self.api_base = settings.api_base

    @property
    def content_security_policy(self) -> str:
        """The shop's policy, opened for Stripe alone (https://docs.stripe.com/security/guide)."""
        from shared.runtime.pages import CONTENT_SECURITY_POLICY  # noqa: PLC0415 - pages only

        if self.api_base:
            return f"{CONTENT_SECURITY_POLICY}; connect-src 'self' {self.api_base}"
        return (
            f"{CONTENT_SECURITY_POLICY}; script-src 'self' https://js.stripe.com; "
            "connect-src 'self' https://api.stripe.com; "
            "frame-src https://js.stripe.com https://hooks.stripe.com"
        )
