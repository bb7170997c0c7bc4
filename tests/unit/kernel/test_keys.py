import hashlib
import hmac
from itertools import pairwise

import pytest

from shared.kernel.keys import each, is_signed, signing

OLD, NEW = "0a" * 32, "0b" * 32
# What everybody has before, in and after a change, each rolled out before the next.
STAGES = (OLD, f"{OLD},{NEW}", f"{NEW},{OLD}", NEW)


def signature(keys):
    return hmac.new(signing(keys), b"text", hashlib.sha256).hexdigest()


@pytest.mark.parametrize(("before", "after"), list(pairwise(STAGES)))
def test_in_a_roll_out_both_sides_understand_each_other(before, after):
    assert is_signed(signature(before), after, signature)
    assert is_signed(signature(after), before, signature)


def test_the_first_signs():
    assert signing(f"{NEW},{OLD}") == bytes.fromhex(NEW)


def test_a_key_that_is_gone_signs_nothing():
    assert not is_signed(signature(OLD), NEW, signature)
    assert not is_signed("", f"{NEW},{OLD}", signature)
    assert not is_signed(signature(OLD).upper(), OLD, signature)


def test_spaces_and_line_ends_between_keys_do_no_harm():
    assert each(f" {NEW},\n{OLD}\n") == [NEW, OLD]


def test_a_key_that_is_not_hex_is_refused():
    with pytest.raises(ValueError, match="fromhex"):
        signing("secret")
