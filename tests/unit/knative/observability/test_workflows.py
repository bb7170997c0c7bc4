import re

import pytest

from tests.unit.knative.observability.parts import ROOT, load

FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))
each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
SESSIONS = set(
    re.findall(
        r"^@nox\.session.*\ndef (\w+)", (ROOT / "noxfile.py").read_text("utf-8"), re.MULTILINE
    )
)


def steps(path):
    return [step for job in load(path)["jobs"].values() for step in job["steps"]]


def sessions_named(path):
    """What follows ``nox -s`` up to ``--``; a job's matrix gives what it calls ``$SESSION``."""
    named = {
        word
        for step in steps(path)
        for words in re.findall(
            r"nox -s ([^\n]*?)(?: --(?: |$)|$)", step.get("run", ""), re.MULTILINE
        )
        for word in words.split()
    }
    matrices = [job.get("strategy", {}).get("matrix", {}) for job in load(path)["jobs"].values()]
    listed = {session for matrix in matrices for session in matrix.get("session", [])}
    return (named - {'"$SESSION"'}) | listed


def test_there_are_workflows_and_sessions():
    assert {"ci", "nightly", "release"} == {path.stem for path in FILES}
    assert {"tests", "lint"} <= SESSIONS


@each
def test_every_session_that_a_workflow_names_exists(path):
    assert sessions_named(path)
    assert sessions_named(path) <= SESSIONS


def test_what_a_change_must_pass_is_all_there():
    wanted = {"lint", "types", "arch", "render", "tests", "image"}
    assert wanted <= sessions_named(ROOT / ".github/workflows/ci.yml")


@each
def test_an_action_is_named_by_its_commit(path):
    for step in steps(path):
        if "uses" in step:
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", step["uses"])


@each
def test_one_action_has_one_version_and_says_which(path):
    every = "\n".join(other.read_text("utf-8") for other in FILES)
    for line in re.findall(r"uses: (.*)", path.read_text("utf-8")):
        name = line.split("@")[0]
        assert set(re.findall(rf"uses: ({re.escape(name)}@.*)", every)) == {line}
        assert re.search(r"# v\d+\.\d+\.\d+$", line)


@each
def test_a_workflow_may_read_and_what_more_a_job_may_is_said_there(path):
    workflow = load(path)
    assert workflow["permissions"] in ({}, {"contents": "read"})
    for name, job in workflow["jobs"].items():
        more = {key for key, level in job.get("permissions", {}).items() if level == "write"}
        assert not more or (path.stem, name) == ("release", "image")
        assert job["timeout-minutes"]


@each
def test_a_checkout_leaves_no_token_behind(path):
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@each
def test_nothing_from_outside_is_put_into_a_script(path):
    assert not [step for step in steps(path) if "${{" in step.get("run", "")]


def test_the_collectors_test_cannot_be_left_out_in_ci():
    tests = load(ROOT / ".github/workflows/ci.yml")["jobs"]["tests"]
    assert "POPSHOP_OTELCOL" in tests["env"]
    (script,) = [step["run"] for step in tests["steps"] if "otelcol" in step.get("run", "")]
    pattern = re.search(r"sed -n '(.*)' (\S+)\)", script)
    assert pattern
    deployed = re.findall(r" *image: (otel.*)", (ROOT / pattern[2]).read_text("utf-8"))
    assert len(deployed) == 1
