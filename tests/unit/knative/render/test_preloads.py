"""The sets of drivers that functions are forked with."""

import subprocess
import sys

import pytest

from knative.render.discover import ROOT, discover
from knative.render.preloads import preloads_of

DRIVERS = {"pymongo", "jinja2", "redis", "minio", "jwt", "argon2", "flask_sock"}
SPECS = {spec.service_name: spec for spec in discover()}
LOADS = """
import importlib, sys
from localdev.serving.starting.zygote import modules_of
for pattern in sys.argv[2].split(","):
    for name in modules_of(pattern) if pattern else ():
        importlib.import_module(name)
before = set(sys.modules)
importlib.import_module(sys.argv[1])
print(*{name.partition(".")[0] for name in set(sys.modules) - before})
"""


def test_there_are_few_sets():
    assert len({preloads_of(spec) for spec in SPECS.values()}) <= 7


def test_a_page_and_a_socket_have_what_they_load_on_first_use():
    assert "shared.*.pages*" in preloads_of(SPECS["storefront-show-login"])
    assert "flask_sock" in preloads_of(SPECS["notifications-stream-notifications"])
    assert preloads_of(SPECS["ops-get-openapi"]) == ()


@pytest.mark.parametrize(
    "name",
    [
        "products-get-product",
        "auth-log-in",
        "auth-authorize-request",
        "products-serve-image",
        "notifications-stream-notifications",
    ],
)
def test_a_function_loads_no_driver_beyond_its_set(name):
    spec = SPECS[name]
    argv = [f"functions.{spec.context}.{spec.name}", ",".join(preloads_of(spec))]
    loaded = subprocess.run(
        [sys.executable, "-c", LOADS, *argv], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert DRIVERS.isdisjoint(loaded.stdout.split())
