"""The addresses in mails: on the storefront, with the tokens of requested links."""

from shared.contracts.auth import link_token
from shared.runtime.settings import LinkSettings, PublicUrlSettings


class StorefrontLinks:
    """Links to the storefront; a token is computed, never stored."""

    def __init__(self, urls: PublicUrlSettings, links: LinkSettings) -> None:
        self._storefront = urls.storefront
        self._key = links.key

    def order(self, order_id: str) -> str:
        """The page of an order."""
        return f"{self._storefront}/orders/{order_id}"

    def account(self, page: str, link_id: str) -> str:
        """A page that opens something of an account, with the token of a requested link."""
        return f"{self._storefront}/{page}?token={link_token(self._key, link_id)}"
