"""Keys that change without a break.

A key is a hex text, or several with commas between them: the first signs, any of them verifies. So
a change is three roll-outs, and everybody understands everybody in each: ``old,new`` (all take the
new one), ``new,old`` (it signs), ``new`` (when nothing that the old one signed is on its way).
"""

import hmac
from collections.abc import Callable


def each(keys: str) -> list[str]:
    """The keys one by one, the signing one first."""
    return [key.strip() for key in keys.split(",")]


def signing(keys: str) -> bytes:
    """The key that signs; ``ValueError`` if it is not hex."""
    return bytes.fromhex(each(keys)[0])


def is_signed(given: str, keys: str, signed: Callable[[str], str]) -> bool:
    """Whether ``given`` is what ``signed`` makes under any of the keys; in constant time for each.

    ``signed``: a key to the signature, or to all of the signed text.
    """
    return any(hmac.compare_digest(signed(key).encode(), given.encode()) for key in each(keys))
