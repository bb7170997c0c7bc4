"""The Secrets on Minikube: all that the manifests read, nothing else, and never anew."""

import base64
import json
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from localdev.cluster.certificates import ensure_certificates
from localdev.cluster.manifests import Reference
from localdev.minikube.manifests import read, secret_references
from localdev.minikube.model import MinikubeError
from localdev.minikube.secrets import Secrets
from shared.runtime.identity import derive_key


@pytest.fixture
def references(rendered):
    return list(secret_references([*rendered.data, *rendered.shop]))


@pytest.fixture
def secrets(request_, references):
    ensure_certificates(request_.certificates)
    return Secrets(request_, references)


def _values(secrets):
    return {
        item["metadata"]["name"]: {
            key: base64.b64decode(value).decode() for key, value in item["data"].items()
        }
        for item in read(secrets.manifest())
    }


def _as_in_the_cluster(values):
    items = [
        {
            "metadata": {"name": name},
            "data": {key: base64.b64encode(text.encode()).decode() for key, text in keys.items()},
        }
        for name, keys in values.items()
    ]
    return json.dumps({"items": items})


def test_nothing_is_missing_and_nothing_unused(secrets, references):
    made = {(name, key) for name, keys in _values(secrets).items() for key in keys}
    read_by_key = {
        (item.name, item.key) for item in references if item.key and not item.is_optional
    }
    whole = {item.name for item in references if not item.key}
    assert read_by_key <= made
    assert {name for name, key in made - read_by_key} <= whole
    assert whole <= {name for name, _ in made}


def test_a_databases_server_gets_what_its_scripts_read(secrets, rendered):
    scripts = next(
        item["data"] for item in rendered.data if item["metadata"]["name"] == "popshop-mongo"
    )
    for key in _values(secrets)["popshop-mongo-cart-server"]:
        text = f"/secret/{key}"
        assert text in scripts["start.sh"] or f'secret("{key}")' in scripts["setup.js"]


def test_addresses_fit_the_services_and_passwords(secrets, rendered):
    values = _values(secrets)
    services = {
        item["metadata"]["name"]: {port["port"] for port in item["spec"]["ports"]}
        for item in rendered.data
        if item["kind"] == "Service"
    }
    for name, keys in values.items():
        address = keys.get("url") or keys.get("endpoint")
        if address:
            url = urlsplit(address)
            assert url.hostname.endswith(".popshop.svc.cluster.local")
            assert url.port in services[url.hostname.split(".")[-5]], name
    url = urlsplit(values["popshop-mongo-cart"]["url"])
    assert (url.username, url.path, url.query) == ("cart", "/cart", "replicaSet=cart")
    assert url.password == values["popshop-mongo-cart-server"]["app-password"]
    redis = urlsplit(values["popshop-redis"]["url"])
    assert redis.password == values["popshop-redis-server"]["password"]


def test_the_store_and_its_clients_have_one_key(secrets):
    values = _values(secrets)
    for key in ("access-key", "secret-key"):
        assert values["popshop-s3"][key] == values["popshop-s3-server"][key]


def test_identity_keys_come_of_the_master_and_the_public_key_of_the_private(secrets):
    values = _values(secrets)
    master = values["popshop-identity-master"]["key"]
    assert values["popshop-identity-cart"]["key"] == derive_key(master, "identity:cart")
    private = load_pem_private_key(values["popshop-jwt"]["private-key"].encode(), None)
    public = values["popshop-jwt-public"]["public-key"].encode()
    assert isinstance(private, Ed25519PrivateKey)
    assert private.public_key().public_bytes_raw() in _raw(public)


def _raw(pem):
    return base64.b64decode(b"".join(pem.splitlines()[1:-1]))


def test_the_gateways_certificate_is_a_tls_secret(secrets, request_):
    (found,) = [item for item in read(secrets.manifest()) if item["type"] == "kubernetes.io/tls"]
    assert found["metadata"]["name"] == "popshop-gateway-tls"
    made = (request_.certificates / "leaf.pem").read_bytes()
    assert base64.b64decode(found["data"]["tls.crt"]) == made


def test_a_second_time_gives_the_same(secrets, request_, references):
    assert _values(Secrets(request_, references)) == _values(secrets)


def test_the_cluster_counts_before_the_state_folder(secrets, request_, references):
    before = _values(secrets)
    (request_.state / "secrets.json").unlink()
    other = Secrets(request_, references)
    other.keep(_as_in_the_cluster(before))
    assert _values(other) == before


def test_half_of_the_secrets_in_the_cluster_stay_and_the_rest_fits_them(
    secrets, request_, references
):
    before = _values(secrets)
    (request_.state / "secrets.json").unlink()
    kept = {name: before[name] for name in ("popshop-identity-master", "popshop-redis-server")}
    other = Secrets(request_, references)
    other.keep(_as_in_the_cluster(kept))
    after = _values(other)
    assert after["popshop-identity-cart"] == before["popshop-identity-cart"]
    assert after["popshop-redis"] == before["popshop-redis"]
    assert after["popshop-guest"] != before["popshop-guest"]


def test_stripes_keys_come_from_the_environment(secrets, monkeypatch):
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_given")
    assert _values(secrets)["popshop-stripe"]["secret-key"] != "sk_test_given"
    monkeypatch.setenv("STRIPE_PUBLISHABLE_KEY", "pk_test_given")
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_given")
    assert _values(secrets)["popshop-stripe"]["secret-key"] == "sk_test_given"


def test_what_is_shown_has_no_value(secrets):
    shown = {item["metadata"]["name"]: item["data"] for item in read(secrets.redacted())}
    assert {value for keys in shown.values() for value in keys.values()} == {"<generated>"}
    assert {name: sorted(keys) for name, keys in shown.items()} == {
        name: sorted(keys) for name, keys in _values(secrets).items()
    }


def test_a_secret_that_nothing_makes_is_named(request_):
    secrets = Secrets(request_, [Reference("Secret", "popshop-unheard-of", "password")])
    with pytest.raises(MinikubeError, match="popshop-unheard-of/password"):
        secrets.manifest()


def test_volumes_and_variables_are_both_found():
    pod = {
        "env": [{"valueFrom": {"secretKeyRef": {"name": "a", "key": "k", "optional": True}}}],
        "volumes": [
            {"secret": {"secretName": "b", "items": [{"key": "one", "path": "x"}]}},
            {"secret": {"secretName": "c"}},
            {"projected": {"sources": [{"secret": {"name": "d"}}]}},
        ],
    }
    assert list(secret_references(pod)) == [
        Reference("Secret", "a", "k", is_optional=True),
        Reference("Secret", "b", "one"),
        Reference("Secret", "c", ""),
        Reference("Secret", "d", ""),
    ]
