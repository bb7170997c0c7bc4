import json
import re

import pytest
import yaml

from tests.unit.knative.observability.parts import (
    OBSERVABILITY,
    declared_metrics,
    load,
    metrics_in,
    our_metrics,
    promtool,
)

FOLDER = OBSERVABILITY / "dashboards"
FILES = sorted(FOLDER.glob("*.json"))
BY_VARIABLE = {"type": "prometheus", "uid": "${datasource}"}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def expressions():
    return [
        (f"{path.stem}: {panel['title']}", target["expr"])
        for path in FILES
        for panel in panels(read(path))
        for target in panel["targets"]
    ]


each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def test_every_dashboard_is_delivered():
    listed = load(FOLDER / "kustomization.yaml")["configMapGenerator"][0]["files"]
    assert sorted(listed) == [path.name for path in FILES]


def test_no_two_dashboards_have_the_same_uid_or_title():
    read_all = [read(path) for path in FILES]
    assert len({dashboard["uid"] for dashboard in read_all}) == len(FILES)
    assert len({dashboard["title"] for dashboard in read_all}) == len(FILES)


@each
def test_a_dashboards_uid_is_made_of_its_files_name(path):
    assert read(path)["uid"] == f"popshop-{path.stem}"


@each
def test_a_dashboards_data_source_is_the_viewers_choice(path):
    dashboard = read(path)
    chosen, *others = dashboard["templating"]["list"]
    assert (chosen["name"], chosen["type"], chosen["query"]) == (
        "datasource",
        "datasource",
        "prometheus",
    )
    assert all(variable["datasource"] == BY_VARIABLE for variable in others)
    for panel in panels(dashboard):
        assert panel["datasource"] == BY_VARIABLE
        assert all(target["datasource"] == BY_VARIABLE for target in panel["targets"])


@each
def test_a_dashboards_variables_are_declared(path):
    dashboard = read(path)
    declared = {variable["name"] for variable in dashboard["templating"]["list"]}
    used = set(re.findall(r"\$\{?([a-z]\w*)", path.read_text(encoding="utf-8")))
    assert used == declared


@each
def test_panels_have_numbers_of_their_own_a_unit_and_a_place_to_themselves(path):
    every = read(path)["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    places = [
        (column, row)
        for panel in every
        for column in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for row in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(places)) == len(places)
    assert max(column for column, _ in places) < 24
    for panel in panels(read(path)):
        assert panel["title"]
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["targets"]


def test_promtool_reads_every_expression(tmp_path):
    rules = [
        {"record": f"panel:{number}", "expr": expression}
        for number, (_, expression) in enumerate(expressions())
    ]
    groups = {"groups": [{"name": "panels", "rules": rules}]}
    (tmp_path / "panels.yaml").write_text(yaml.safe_dump(groups), encoding="utf-8")
    status, said = promtool("check", "rules", "--lint=none", tmp_path / "panels.yaml")
    assert status == 0, said
    assert f"{len(rules)} rules found" in said


@pytest.mark.parametrize(("where", "expression"), expressions())
def test_a_panel_asks_for_metrics_that_somebody_tells(where, expression):
    asked = metrics_in(expression)
    assert asked, where
    assert asked <= declared_metrics(), where


def test_everything_that_we_tell_is_shown_or_recorded():
    texts = [*FILES, *OBSERVABILITY.glob("rules/*.yaml")]
    everywhere = "\n".join(path.read_text(encoding="utf-8") for path in texts)
    assert {name for name in our_metrics() if name not in everywhere} == set()


def test_nothing_is_declared_that_nobody_asks_for():
    texts = [*FILES, *OBSERVABILITY.glob("rules/*.yaml")]
    everywhere = "\n".join(path.read_text(encoding="utf-8") for path in texts)
    assert {name for name in declared_metrics() if name not in everywhere} == set()
