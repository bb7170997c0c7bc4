from itertools import pairwise

import pytest

from shared.kernel.errors import LoginRequired
from shared.kernel.ids import UserId
from shared.runtime.events import sign_event
from shared.runtime.identity import Caller, derive_key, read_identity, sign_identity

OLD, NEW = "0a" * 32, "0b" * 32
STAGES = (OLD, f"{OLD},{NEW}", f"{NEW},{OLD}", NEW)
CALL = ("POST", "/cart")
CALLER = Caller(user_id=UserId("u"))


@pytest.mark.parametrize(("before", "after"), list(pairwise(STAGES)))
def test_a_caller_is_known_on_both_sides_of_a_change_of_the_master_key(before, after):
    authoriser, function = (derive_key(master, "identity:cart") for master in (before, after))
    header = sign_identity(CALLER, *CALL, authoriser, 30)
    assert read_identity(header, *CALL, function) == CALLER
    header = sign_identity(CALLER, *CALL, function, 30)
    assert read_identity(header, *CALL, authoriser) == CALLER


def test_a_caller_signed_with_a_key_that_is_gone_is_not_known():
    header = sign_identity(CALLER, *CALL, OLD, 30)
    with pytest.raises(LoginRequired):
        read_identity(header, *CALL, NEW)


def test_several_master_keys_give_the_keys_that_each_gives():
    both = derive_key(f"{OLD},{NEW}", "identity:cart")
    assert both == f"{derive_key(OLD, 'identity:cart')},{derive_key(NEW, 'identity:cart')}"


def test_an_event_is_signed_by_the_first_key():
    by_both, by_new, by_old = (
        sign_event(key, id="1", type="t", source="s", subject="x", version=1, data=b"{}")
        for key in (f"{NEW},{OLD}", NEW, OLD)
    )
    assert by_both == by_new != by_old
