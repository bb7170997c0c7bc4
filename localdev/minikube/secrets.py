"""Every Secret of the shop on Minikube: made once, kept with mode 0600, never in an argv.

What the cluster has counts before what the state folder has, so that a run after one that was cut
off, or with a new state folder, rotates nothing.
"""

import base64
import json
import os
from collections.abc import Iterable, Mapping
from secrets import token_hex
from typing import Any
from urllib.parse import quote

from localdev.cluster.credentials import UnknownSecretError, Values, load_secrets, stripe_keys
from localdev.cluster.manifests import Reference
from localdev.cluster.state import read_json
from localdev.minikube.manifests import Manifest, show
from localdev.minikube.model import NAMESPACE, Command, MinikubeError, Request, Step, apply, kubectl

_MONGO, _REDIS, _S3 = "popshop-mongo-", "popshop-redis", "popshop-s3"
_SERVER = "-server"
_STRIPE = "popshop-stripe"
_TLS = "popshop-gateway-tls"
_TLS_FILES = {"tls.crt": "leaf.pem", "tls.key": "leaf-key.pem"}
# What the data services read (knative/data); a volume takes all keys of its Secret.
_SERVER_KEYS = {
    _MONGO: ("root-password", "app-password", "keyfile"),
    _REDIS: ("password",),
    _S3: ("access-key", "secret-key"),
}
_DOMAIN = f"{NAMESPACE}.svc.cluster.local"
_BUCKET = "popshop"
_REDACTED = "<generated>"


class Secrets:
    """The Secrets that manifests with these references need."""

    def __init__(self, request: Request, references: Iterable[Reference]) -> None:
        self._request = request
        self._references = sorted(set(references), key=str)
        self._found: Values = {}

    def keep(self, output: str) -> None:
        """Takes over what is in the cluster; ``output`` of `kubectl get secrets --output=json`."""
        self._found = {
            item["metadata"]["name"]: {
                key: base64.b64decode(value).decode()
                for key, value in (item.get("data") or {}).items()
            }
            for item in json.loads(output)["items"]
        }

    def names(self) -> dict[str, list[str]]:
        """Secret -> keys, of everything that is made."""
        wanted = [item for item in self._references if not item.is_optional]
        found: dict[str, set[str]] = {item.name: set() for item in wanted}
        for item in wanted:
            found[item.name] |= {item.key} if item.key else set(_all_keys(item.name))
        return {name: sorted(keys) for name, keys in sorted(found.items())}

    def manifest(self) -> str:
        """The Secrets with their values."""
        try:
            values = self._values()
        except UnknownSecretError as error:
            raise MinikubeError(f"making secrets: {error}") from error
        tls = {key: self._tls(file) for key, file in _TLS_FILES.items()}
        return self._show(_encoded(values | {_TLS: tls}))

    def redacted(self) -> str:
        """The same to look at."""
        return self._show(
            {name: dict.fromkeys(keys, _REDACTED) for name, keys in self.names().items()}
        )

    def _show(self, values: Mapping[str, Mapping[str, str]]) -> str:
        wanted = self.names().items()
        return show(
            _secret(name, {key: values[name][key] for key in keys}) for name, keys in wanted
        )

    def _values(self) -> Values:
        file = self._request.state / "secrets.json"
        kept: Values = read_json(file, {})
        for name, keys in self._found.items():
            if name != _TLS:
                kept.setdefault(name, {}).update(keys)
        given = {name: keys for name, keys in kept.items() if name in self.names()}
        wanted = {(name, key) for name, keys in self.names().items() for key in keys}
        for name, key in wanted:
            if _SERVER in name:
                given.setdefault(name, {}).setdefault(key, token_hex(32))
        given |= self._addresses(given)
        if _STRIPE in self.names():
            given[_STRIPE] = _stripe(kept)
        references = [Reference("Secret", name, key) for name, key in wanted if name != _TLS]
        return load_secrets(file, references, given)

    def _addresses(self, values: Values) -> Values:
        """What functions connect with, from what the data services were given."""
        found = {name: _address(name, values) for name in self.names()}
        return {name: keys for name, keys in found.items() if keys}

    def _tls(self, file: str) -> str:
        return (self._request.certificates / file).read_text(encoding="ascii")


def secrets_step(request: Request, secrets: Secrets) -> Step:
    """Reads what there is, and applies what is needed on standard input."""
    asked = ("get", "secrets", "--namespace", NAMESPACE, "--output=json")

    def keep(output: str) -> None:
        secrets.keep(output)

    applied = apply(request.profile, manifest=secrets.redacted())
    return Step(
        name="making secrets",
        commands=(
            Command(argv=kubectl(request.profile, *asked), check=keep),
            Command(
                argv=applied.argv,
                manifest=applied.manifest,
                secret=secrets.manifest,
                patience_seconds=applied.patience_seconds,
            ),
        ),
    )


def _all_keys(name: str) -> tuple[str, ...]:
    if name == _TLS:
        return tuple(_TLS_FILES)
    start = next((start for start in _SERVER_KEYS if name.startswith(start)), None)
    if start is None or not name.endswith(_SERVER):
        raise LookupError(f"a volume takes all keys of {name}; name them in its items")
    return _SERVER_KEYS[start]


def _address(name: str, values: Values) -> dict[str, str]:
    server = values.get(f"{name}{_SERVER}", {})
    if name.endswith(_SERVER) or not server:
        return {}
    if name == _REDIS:
        return {"url": f"redis://:{quote(server['password'])}@{_REDIS}.{_DOMAIN}:6379/0"}
    if name == _S3:
        return server | {"endpoint": f"http://popshop-objects.{_DOMAIN}:8333", "bucket": _BUCKET}
    context = name.removeprefix(_MONGO)
    login = f"{context}:{quote(server['app-password'])}"
    host = f"{name}-0.{name}.{_DOMAIN}:27017"
    return {"url": f"mongodb://{login}@{host}/{context}?replicaSet={context}"}


def _stripe(kept: Values) -> dict[str, str]:
    """Real keys from the environment; without them made-up ones, which Stripe refuses."""
    made = stripe_keys(kept)
    given = {key: os.environ.get(f"STRIPE_{key.upper().replace('-', '_')}", "") for key in made}
    return given if all(given.values()) else made


def _encoded(values: Mapping[str, Mapping[str, str]]) -> Values:
    """As ``data`` wants it; ``stringData`` does not go well with server-side apply."""
    return {
        name: {key: base64.b64encode(text.encode()).decode() for key, text in keys.items()}
        for name, keys in values.items()
    }


def _secret(name: str, values: Mapping[str, str]) -> Manifest:
    manifest: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "type": "kubernetes.io/tls" if name == _TLS else "Opaque",
        "data": dict(values),
    }
    return manifest
