"""Checks the tokens of mailed links."""

from shared.contracts.auth import link_token
from shared.kernel.keys import is_signed
from shared.runtime.settings import LinkSettings


class KeyedLinkTokens:
    """Tokens under the key that auth shares with notifications, which mails them."""

    def __init__(self, settings: LinkSettings) -> None:
        self._key = settings.key

    def read(self, token: str) -> str | None:
        """The id of the link that a genuine token is for; compares in constant time."""
        link_id, _, _ = token.rpartition(".")
        is_genuine = is_signed(token, self._key, lambda key: link_token(key, link_id))
        return link_id if is_genuine else None
