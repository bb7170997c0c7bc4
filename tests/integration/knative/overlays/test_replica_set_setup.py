"""setup.js against a replica set that is only told of: what it does, and that it does it once."""

import json
import shutil
import subprocess
from pathlib import Path

from tests.integration.knative.overlays.built import ROOT

MONGOSH = Path(__file__).with_name("mongosh.js")
SETUP = ROOT / "knative/data/mongodb/setup.js"
MAY = "readWrite@cart"


def host(number):
    return f"popshop-mongo-cart-{number}.popshop-mongo-cart.popshop.svc.cluster.local:27017"


def run(*members):
    node = shutil.which("node")
    assert node, "install Node.js first (nodejs of the distribution)"
    argv = [node, str(MONGOSH), str(SETUP), *map(str, members)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def steps(result):
    return [step for step in result["done"] if not step.startswith("mongodb://")]


def test_a_set_begins_with_one_member_and_its_user():
    result = run(1)
    assert steps(result) == ["initiate cart 1", f"create cart.cart {MAY}"]
    assert [member["host"] for member in result["config"]["members"]] == [host(0)]


def test_the_others_join_one_by_one():
    result = run(3)
    assert steps(result) == [
        "initiate cart 1",
        "reconfigure 2",
        "reconfigure 3",
        f"create cart.cart {MAY}",
    ]
    assert result["config"]["members"] == [{"_id": n, "host": host(n)} for n in range(3)]


def test_a_second_run_only_sets_the_user_again():
    assert steps(run(3, 3))[4:] == [f"update cart.cart {MAY}"]


def test_members_that_are_added_later_join():
    assert steps(run(1, 3))[2:] == ["reconfigure 2", "reconfigure 3", f"update cart.cart {MAY}"]


def test_the_first_member_is_waited_for_and_then_asked_alone():
    """It has no set yet whose primary could be looked for; a password is encoded."""
    first, then = [step for step in run(1)["done"] if step.startswith("mongodb://")]
    assert first.startswith(
        f"mongodb://root:s%2Froot-password@{host(0)}/admin?directConnection=true"
    )
    assert then.startswith(f"mongodb://root:s%2Froot-password@{host(0)}/admin?replicaSet=cart")


def test_the_context_may_write_to_its_own_database_and_to_nothing_else():
    assert run(1)["users"] == {"cart.cart": [{"role": "readWrite", "db": "cart"}]}
