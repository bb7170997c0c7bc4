import base64

import pytest

from localdev.stripe.call import Access
from localdev.stripe.errors import Refused
from localdev.stripe.keys import Keys

KEYS = Keys("sk_test_1234567890abcdef", "pk_test_1234567890abcdef")


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "parameter", "access"),
    [
        (f"Bearer {KEYS.secret}", None, Access.SECRET),
        (f"bearer {KEYS.publishable}", None, Access.PUBLISHABLE),
        (basic(f"{KEYS.secret}:"), None, Access.SECRET),
        (None, KEYS.publishable, Access.PUBLISHABLE),
    ],
)
def test_a_key_opens_what_it_is_for(authorization, parameter, access):
    assert KEYS.access(authorization, parameter) is access


@pytest.mark.parametrize(
    "authorization", ["Bearer sk_test_wrongwrongwrong", "Basic %%%", "Bearer ", None]
)
def test_anything_else_is_401(authorization):
    with pytest.raises(Refused) as refused:
        KEYS.access(authorization, None)
    assert refused.value.status == 401


def test_a_wrong_key_is_not_repeated_whole():
    with pytest.raises(Refused) as refused:
        KEYS.access("Bearer sk_live_averysecretkey1234", None)
    assert "sk_live_" in str(refused.value)
    assert str(refused.value).endswith("*1234")
    assert "averysecret" not in str(refused.value)
