"""Whoever adds a function that names somebody's thing says who may have it."""

import pytest

from tests.e2e.things import OWNED, names_of
from tests.roles.doors import specs

NAMING = {spec.name: spec for spec in specs() if names_of(spec)}


@pytest.mark.parametrize("name", NAMING)
def test_who_may_have_a_thing_is_in_the_table(name):
    assert name in OWNED, (
        f"{name} names somebody's {', '.join(sorted(names_of(NAMING[name])))}: add to OWNED in "
        "tests/e2e/things.py how such a thing is made and what its owner, another user and an "
        "administrator get"
    )


def test_the_table_has_nothing_that_is_gone():
    assert set(OWNED) <= set(NAMING)
