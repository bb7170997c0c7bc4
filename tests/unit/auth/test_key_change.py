"""Tokens, cookies and links while the keys behind them change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from shared.auth.link_tokens import KeyedLinkTokens
from shared.auth.model import Session, User
from shared.auth.tokens import (
    PublicKeySettings,
    PublishedKeys,
    SignedTokens,
    TokenSettings,
    VerifiedTokens,
    VerifierSettings,
)
from shared.contracts.auth import link_token
from shared.kernel.ids import SessionId, UserId
from shared.runtime.settings import LinkSettings

OLD, NEW = "0a" * 32, "0b" * 32
STAGES = (OLD, f"{OLD},{NEW}", f"{NEW},{OLD}", NEW)
NOW = datetime.now(tz=UTC)
USER = User(id=UserId("u"), email="a@b.c", name="A", password_hash="", created_at=NOW)
SESSION = Session(
    id=SessionId("s"),
    user_id=USER.id,
    created_at=NOW,
    last_seen_at=NOW,
    expires_at=NOW + timedelta(days=7),
)


def pair() -> tuple[str, str]:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


OLD_PAIR, NEW_PAIR = pair(), pair()
both_ways = pytest.mark.parametrize(
    ("maker", "reader"), [*pairwise(STAGES), *((b, a) for a, b in pairwise(STAGES))]
)


def signer(key: str = OLD, private: str = OLD_PAIR[0]) -> SignedTokens:
    return SignedTokens(TokenSettings(private_key=private, refresh_key=key))


def verifier(key: str = OLD, public: str = OLD_PAIR[1]) -> VerifiedTokens:
    return VerifiedTokens(VerifierSettings(public_key=public, guest_key=key))


@both_ways
def test_a_session_goes_on(maker, reader):
    token = signer(maker).refresh_token(SESSION)
    assert signer(reader).read_refresh_token(token) == ("s", 1)


@both_ways
def test_a_guest_keeps_the_cart(maker, reader):
    guest, cookie = verifier(maker).new_guest()
    assert verifier(reader).read_guest(cookie) == guest


@both_ways
def test_a_mailed_link_opens(maker, reader):
    assert KeyedLinkTokens(LinkSettings(key=reader)).read(link_token(maker, "l")) == "l"


def test_what_the_old_key_signed_is_worth_nothing_when_it_is_gone():
    assert signer(NEW).read_refresh_token(signer(OLD).refresh_token(SESSION)) is None
    assert verifier(NEW).read_guest(verifier(OLD).new_guest()[1]) is None
    assert KeyedLinkTokens(LinkSettings(key=NEW)).read(link_token(OLD, "l")) is None


@pytest.mark.parametrize("private", [OLD_PAIR[0], NEW_PAIR[0]])
@pytest.mark.parametrize(
    "public", [OLD_PAIR[1] + NEW_PAIR[1], f"{NEW_PAIR[1].strip()}\r\n\r\n{OLD_PAIR[1].strip()}"]
)
def test_access_tokens_of_both_keys_are_taken_while_both_are_published(private, public):
    token = signer(private=private).access_token(USER, SESSION)
    read = verifier(public=public).read_access_token(token)
    assert read is not None
    assert read[0].user_id == "u"
    published = PublishedKeys(PublicKeySettings(public_key=public)).published()
    key = jwt.PyJWKSet.from_dict(published)[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, algorithms=["EdDSA"], audience="popshop")["sub"] == "u"


def test_an_access_token_of_a_key_that_is_not_published_is_refused():
    token = signer(private=OLD_PAIR[0]).access_token(USER, SESSION)
    assert verifier(public=NEW_PAIR[1]).read_access_token(token) is None


def test_a_public_key_that_is_none_says_so():
    token = signer().access_token(USER, SESSION)
    with pytest.raises(ValueError, match="JWT_PUBLIC_KEY must be a PEM text"):
        verifier(public="key").read_access_token(token)
