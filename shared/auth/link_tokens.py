"""Checks the tokens of mailed links."""

import hmac

from shared.contracts.auth import link_token
from shared.runtime.settings import LinkSettings


class KeyedLinkTokens:
    """Tokens under the key that auth shares with notifications, which mails them."""

    def __init__(self, settings: LinkSettings) -> None:
        self._key = settings.key

    def read(self, token: str) -> str | None:
        """The id of the link that a genuine token is for; compares in constant time."""
        link_id, _, _ = token.rpartition(".")
        genuine = hmac.compare_digest(link_token(self._key, link_id).encode(), token.encode())
        return link_id if genuine else None
