"""Secrets of one stack: made on the first start, kept, readable by their owner alone.

``state/secrets.json`` maps Secret name -> key -> value, as the manifests refer to them. Keys are
made for whatever the manifests refer to; addresses of engines change with every start.
"""

import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from localdev.cluster.manifests import Reference
from localdev.cluster.state import read_json, write_json
from shared.runtime.identity import derive_key

Values = dict[str, dict[str, str]]
_MASTER = "popshop-identity-master"
_IDENTITY = re.compile(r"popshop-identity-(?P<context>[a-z]+)")
_JWT, _JWT_PUBLIC = "popshop-jwt", "popshop-jwt-public"
_STRIPE = {"secret-key": "sk_test_", "publishable-key": "pk_test_", "webhook-secret": "whsec_"}


class UnknownSecretError(LookupError):
    """A manifest refers to a Secret that this machine has no way to make."""


def load_secrets(
    file: Path, references: Iterable[Reference], given: Mapping[str, Mapping[str, str]]
) -> Values:
    """The value of every Secret key referred to; new keys are made and the file is rewritten.

    ``given`` are values known from elsewhere (engines, Stripe); they win over the file.
    Raises ``UnknownSecretError`` naming every key that nothing supplies.
    """
    values: Values = read_json(file, {})
    for name, keys in given.items():
        values.setdefault(name, {}).update(keys)
    wanted = [item for item in references if item.kind == "Secret"]
    unknown = [item for item in wanted if not _supply(values, item)]
    if unknown:
        listed = ", ".join(sorted({str(item) for item in unknown}))
        raise UnknownSecretError(f"the manifests refer to {listed}, which nothing here supplies")
    write_json(file, values)
    return values


def stripe_keys(values: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Keys of the Stripe fake: the ones in ``values`` or new ones."""
    kept = values.get("popshop-stripe", {})
    return {key: kept.get(key) or f"{start}{_token()}" for key, start in _STRIPE.items()}


def _supply(values: Values, reference: Reference) -> bool:
    """Makes the key if it is one that can be made; whether it has a value now."""
    made = values.setdefault(reference.name, {})
    if reference.key not in made:
        made |= _make(values, reference)
    return reference.key in made or reference.is_optional


def _make(values: Values, reference: Reference) -> dict[str, str]:
    if reference.name in {_JWT, _JWT_PUBLIC}:
        return _jwt_keys(values)[reference.name]
    if reference.name != _MASTER and (found := _IDENTITY.fullmatch(reference.name)):
        master = values.setdefault(_MASTER, {}).setdefault("key", _token())
        return {"key": derive_key(master, f"identity:{found['context']}")}
    return {"key": _token()} if reference.key == "key" else {}


def _jwt_keys(values: Values) -> Values:
    """The signing key pair of access tokens; the public half always fits the private one."""
    pair = values.setdefault(_JWT, {})
    if "private-key" not in pair:
        pair["private-key"] = _private_pem(Ed25519PrivateKey.generate())
    private = load_pem_private_key(pair["private-key"].encode(), password=None)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {_JWT: pair, _JWT_PUBLIC: {"public-key": public.decode()}}


def _private_pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _token() -> str:
    return secrets.token_hex(32)
