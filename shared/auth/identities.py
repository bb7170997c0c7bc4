"""Signs callers for the contexts, each with a key derived from the authoriser's master key."""

import functools
from dataclasses import dataclass

from shared.auth.ports import Route
from shared.runtime.identity import Caller, derive_key, sign_identity
from shared.runtime.settings import secret

# A call may wait for a cold start and for its turn; the header lives that much longer.
_QUEUE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class IdentityMasterSettings:
    """The key that all contexts' identity keys derive from (hex); the authoriser alone has it."""

    key: str = secret("IDENTITY_MASTER_KEY", "popshop-identity-master", "key")


class SignedIdentities:
    """HMAC-signed identity headers."""

    def __init__(self, settings: IdentityMasterSettings) -> None:
        self._key_of = functools.cache(lambda name: derive_key(settings.key, f"identity:{name}"))

    def sign(self, route: Route, method: str, path: str, caller: Caller) -> str:
        """The identity header's value."""
        ttl_seconds = route.timeout_seconds + _QUEUE_SECONDS
        return sign_identity(caller, method, path, self._key_of(route.context), ttl_seconds)
