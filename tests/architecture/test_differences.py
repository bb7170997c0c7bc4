"""What runs on this machine and what a cluster gets differ where docs/differences.md says so."""

import re

import pytest

from tests.architecture import differences
from tests.integration.knative.overlays.built import ROOT, built

TABLE = ROOT / "docs/differences.md"
ROW = re.compile(r"^\| (?P<what>`[^|]+`) \| (?P<here>.+) \| (?P<there>.+) \| (?P<why>.+) \|$")


@pytest.fixture(scope="module")
def listed() -> list[str]:
    """The differences of every line; one may have several with the same reason."""
    rows = [found for line in TABLE.read_text().splitlines() if (found := ROW.match(line))]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row["what"])]


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> set[str]:
    folder = tmp_path_factory.mktemp("overlays")
    with pytest.MonkeyPatch.context() as monkeypatch:
        every = differences.ignored_fields(monkeypatch)
    overlays = {name: built(name, folder) for name in differences.overlays()}
    return every | differences.configuration() | differences.on_clusters(overlays)


def test_every_difference_is_listed(found, listed):
    assert sorted(found - set(listed)) == []


def test_every_line_is_a_difference_that_is_there(found, listed):
    assert sorted(set(listed) - found) == []


def test_no_difference_has_two_reasons(listed):
    assert sorted({name for name in listed if listed.count(name) > 1}) == []


def test_a_field_that_is_read_is_no_difference(found):
    assert "Service spec.template.spec.containers[].livenessProbe" not in found
    assert "KafkaSource spec.delivery.retry" not in found
