import json
import stat

import jwt
import pytest

from localdev.cluster.credentials import UnknownSecretError, load_secrets, stripe_keys
from localdev.cluster.manifests import Reference
from shared.runtime.identity import derive_key


def reference(name: str, key: str = "key", *, is_optional: bool = False) -> Reference:
    return Reference("Secret", name, key, is_optional)


def test_keys_are_made_for_what_is_referred_to_and_kept(tmp_path):
    file = tmp_path / "secrets.json"
    wanted = [reference("popshop-events-cart"), reference("popshop-refresh")]
    first = load_secrets(file, wanted, {})
    assert {len(bytes.fromhex(first[item.name]["key"])) for item in wanted} == {32}
    assert first["popshop-events-cart"] != first["popshop-refresh"]
    assert load_secrets(file, wanted, {}) == first == json.loads(file.read_text())


def test_the_file_is_its_owners_alone(tmp_path):
    file = tmp_path / "secrets.json"
    load_secrets(file, [reference("popshop-guest")], {})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("names", [("private", "public"), ("public", "private")])
def test_the_public_key_verifies_what_the_private_key_signs(tmp_path, names):
    pair = {
        "private": reference("popshop-jwt", "private-key"),
        "public": reference("popshop-jwt-public", "public-key"),
    }
    made = load_secrets(tmp_path / "secrets.json", [pair[name] for name in names], {})
    token = jwt.encode({"sub": "u"}, made["popshop-jwt"]["private-key"], "EdDSA")
    public = made["popshop-jwt-public"]["public-key"]
    assert jwt.decode(token, public, algorithms=["EdDSA"]) == {"sub": "u"}


@pytest.mark.parametrize("order", [1, -1])
def test_a_contexts_identity_key_is_derived_from_the_master(tmp_path, order):
    wanted = [reference("popshop-identity-master"), reference("popshop-identity-cart")][::order]
    made = load_secrets(tmp_path / "secrets.json", wanted, {})
    master = made["popshop-identity-master"]["key"]
    assert made["popshop-identity-cart"]["key"] == derive_key(master, "identity:cart")


def test_given_values_win_over_kept_ones(tmp_path):
    file, wanted = tmp_path / "secrets.json", [reference("popshop-redis", "url")]
    load_secrets(file, wanted, {"popshop-redis": {"url": "redis://old"}})
    made = load_secrets(file, wanted, {"popshop-redis": {"url": "redis://new"}})
    assert made["popshop-redis"] == {"url": "redis://new"}


def test_every_key_that_nothing_supplies_is_named(tmp_path):
    wanted = [reference("popshop-bank", "iban"), reference("popshop-fax", "number")]
    with pytest.raises(UnknownSecretError, match=r"popshop-bank/iban, Secret popshop-fax/number"):
        load_secrets(tmp_path / "secrets.json", wanted, {})
    assert not (tmp_path / "secrets.json").exists()


def test_an_optional_key_may_be_missing(tmp_path):
    optional = reference("popshop-bank", "iban", is_optional=True)
    assert load_secrets(tmp_path / "secrets.json", [optional], {})["popshop-bank"] == {}


def test_the_stripe_fakes_keys_look_like_stripes_and_stay():
    keys = stripe_keys({})
    assert keys["secret-key"].startswith("sk_test_")
    assert keys["publishable-key"].startswith("pk_test_")
    assert keys["webhook-secret"].startswith("whsec_")
    assert stripe_keys({"popshop-stripe": keys}) == keys
