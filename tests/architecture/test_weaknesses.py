"""Each weakness of the platform that this shop replaces has tests that show it gone."""

import ast
from functools import cache
from pathlib import Path

import pytest
import yaml

TESTS = Path(__file__).parents[1]
WEAKNESSES = yaml.safe_load(Path(__file__).with_name("weaknesses.yaml").read_text())


@cache
def names_in(path: Path) -> frozenset[str]:
    """The tests and state machines of a file."""
    tree = ast.parse(path.read_text())
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    )


def test_all_ranks_are_there():
    ranks = [weakness["rank"] for weakness in WEAKNESSES if weakness["rank"]]
    assert ranks == list(range(1, 22))


@pytest.mark.parametrize("weakness", WEAKNESSES, ids=lambda one: str(one["rank"]))
def test_the_tests_that_show_a_weakness_gone_exist(weakness):
    assert weakness["tests"]
    for node_id in weakness["tests"]:
        file, _, name = node_id.partition("::")
        assert name.startswith("test_"), f"{node_id} is no test"
        assert (TESTS / file).exists(), f"{weakness['it_did']}: {file} is gone"
        assert name in names_in(TESTS / file), f"{weakness['it_did']}: {node_id} is gone"
