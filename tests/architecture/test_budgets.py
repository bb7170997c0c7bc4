"""What a function loads costs its start: it loads what it needs, and not more than it did."""

import typing
from functools import cache

import pytest

from knative.render.discover import discover
from shared.runtime.declare import Spec
from shared.runtime.settings import MongoSettings
from shared.runtime.wiring import parameters_of
from tests.architecture.budgets import GROWTH, PYTHON, RENEW, STALE, Budgets, Loaded, load_all

SPECS = {spec.service_name: spec for spec in discover()}
# By library: the adapters' modules that bring it in. None for what is only loaded on first use, as
# a page, an invoice or a call of Stripe is; minio brings argon2 along.
HOMES = {
    "PIL": {"shared.products.pictures"},
    "argon2": {"shared.auth.passwords", "shared.products.objects"},
    "flask": set(),
    "fpdf": set(),
    "functions_framework": set(),
    "jinja2": {"shared.notifications.smtp"},
    "jwt": {"shared.auth.tokens"},
    "kafka": {"shared.ops.kafka"},
    "minio": {"shared.products.objects"},
    "redis": {"shared.auth.redis", "shared.notifications.redis"},
    "requests": set(),
    "stripe": set(),
    "werkzeug": set(),
}
SMTP = {"shared.notifications.smtp"}


@cache
def loaded() -> dict[str, Loaded]:
    return load_all()


@cache
def budgets() -> Budgets:
    return Budgets.read()


def adapters_of(spec: Spec) -> list[type]:
    return [item.adapter for item in parameters_of(spec) if item.adapter]


def needs(spec: Spec, homes: set[str]) -> bool:
    return any(adapter.__module__ in homes for adapter in adapters_of(spec))


def needs_mongo(spec: Spec) -> bool:
    return any(
        MongoSettings in typing.get_type_hints(vars(adapter).get("__init__", object)).values()
        for adapter in adapters_of(spec)
    )


def who_loads(package: str) -> set[str]:
    return {name for name, one in loaded().items() if package in one.packages}


@pytest.mark.parametrize("library", sorted(HOMES))
def test_a_library_is_loaded_where_it_is_needed_alone(library):
    assert who_loads(library) == {
        name for name, spec in SPECS.items() if needs(spec, HOMES[library])
    }


def test_every_home_of_a_library_is_an_adapter_of_some_function():
    modules = {adapter.__module__ for spec in SPECS.values() for adapter in adapters_of(spec)}
    assert set().union(*HOMES.values(), SMTP) <= modules


def test_pymongo_is_loaded_where_a_database_is_asked_for_alone():
    assert who_loads("pymongo") == {name for name, spec in SPECS.items() if needs_mongo(spec)}


def test_mail_is_loaded_where_it_is_sent_alone():
    loads = {name for name, one in loaded().items() if "smtplib" in one.standard}
    assert loads == {name for name, spec in SPECS.items() if needs(spec, SMTP)}


def test_every_function_has_a_budget():
    missing, left = set(SPECS) - set(budgets().functions), set(budgets().functions) - set(SPECS)
    assert not missing, f"no budget for {sorted(missing)}; {RENEW}"
    assert not left, f"a budget for {sorted(left)}, which are gone; {RENEW}"


@pytest.mark.parametrize("name", sorted(SPECS))
def test_a_function_loads_no_more_than_its_budget(name):
    now, budget = loaded()[name], budgets().functions.get(name)
    if budget is None:
        pytest.fail(f"{name} has no budget; {RENEW}")
    new = sorted((now.standard | now.third_party) - budgets().names[name])
    more = sorted(set(now.packages) - set(budget["packages"]))
    assert not more, f"{name} loads {more} since its budget was written: {new}; or {RENEW}"
    for kind, count in compared(now).items():
        said = f"{name} loads {count} modules ({kind}), its budget says {budget[kind]}"
        assert count <= budget[kind] * GROWTH, f"{said}; new are {new or 'own ones'}; or {RENEW}"
        assert count >= budget[kind] * STALE, f"{said}: better, so keep it: {RENEW}"


def compared(now: Loaded) -> dict[str, int]:
    """Another Python has another standard library."""
    counts = now.counts
    return {
        kind: counts[kind] for kind in counts if kind != "standard" or budgets().python == PYTHON
    }
