"""The plan for the project's own manifests."""

import re
import shutil
import subprocess
from collections import Counter

import pytest

from localdev.cluster.state import REPOSITORY
from localdev.minikube import versions
from localdev.minikube.manifests import WAVES, in_waves, read, secret_references, with_image
from localdev.minikube.plan import as_shell, plan_of
from localdev.minikube.shop import make_admin
from tests.integration.knative.overlays.built import built

_NOWHERE = """
apiVersion: v1
kind: Config
clusters: [{name: popshop, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: popshop, user: {token: x}}]
contexts: [{name: popshop, context: {cluster: popshop, user: popshop}}]
"""


@pytest.fixture
def steps(request_, rendered):
    return plan_of(request_, rendered)


def _name(manifest):
    metadata = manifest["metadata"]
    return manifest["apiVersion"], manifest["kind"], metadata.get("namespace"), metadata["name"]


def test_every_manifest_is_applied_once(steps, rendered):
    base = read((REPOSITORY / "knative" / "base.yaml").read_text())
    wanted = [*base, *rendered.data, *rendered.shop]
    applied = [
        _name(item)
        for step in steps
        for command in step.commands
        for item in read(command.manifest)
        if item["kind"] != "Secret" and item["metadata"]["name"] != "make-admin"
    ]
    assert Counter(applied) == Counter(map(_name, wanted))


def test_waves_come_in_order_of_what_they_need(steps):
    kinds = [
        {item["kind"] for command in step.commands for item in read(command.manifest)}
        for step in steps
    ]
    order = ["Namespace", "Secret", "StatefulSet", "KafkaSink", "KafkaSource"]
    places = [next(place for place, found in enumerate(kinds) if kind in found) for kind in order]
    assert places == sorted(places)
    names = [step.name.partition(" ")[0] for step in steps]
    assert names.index("deploying") < names.index("connecting") < names.index("opening")


def test_a_kind_that_no_wave_holds_comes_with_the_first():
    manifest = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "x"}}
    assert in_waves([manifest])[WAVES[0].name] == [manifest]


def test_every_function_runs_the_image_that_is_built(steps):
    images = {
        line.split()[-1]
        for step in steps
        for command in step.commands
        for line in command.manifest.splitlines()
        if "image: dev.local" in line
    }
    (built,) = [step for step in steps if step.name.startswith("building ")]
    assert images == {built.name.removeprefix("building ")}


def test_an_image_of_somebody_else_stays_as_it_is():
    pod = {"containers": [{"image": "envoyproxy/envoy:v1"}, {"image": "dev.local/popshop"}]}
    (changed,) = with_image([pod], "dev.local/popshop:1")
    assert [item["image"] for item in changed["containers"]] == [
        "envoyproxy/envoy:v1",
        "dev.local/popshop:1",
    ]


def test_the_plan_is_a_shell_script(steps):
    script = as_shell(steps)
    checked = subprocess.run(
        ["sh", "-n"], input=script, text=True, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_release_files_are_of_the_pinned_versions(steps):
    files = {
        part for step in steps for item in step.commands for part in item.argv if "github" in part
    }
    assert len(files) == 8
    assert all(
        re.search(r"/releases/download/knative-v\d+\.\d+\.\d+/[a-z-]+\.yaml$", file)
        for file in files
    )


def test_no_command_can_reach_another_cluster(steps):
    for step in steps:
        for command in (*step.commands, *([step.is_done] if step.is_done else [])):
            if command.argv[0] == "kubectl" and command.argv[1] != "version":
                assert command.argv[1:3] == ("--context", "popshop")
            if command.argv[0] == "minikube" and command.argv[1] not in {"version", "profile"}:
                assert command.argv[1:3] == ("--profile", "popshop")


def test_every_wait_has_an_end(steps):
    waits = [
        command
        for step in steps
        for command in step.commands
        if {"wait", "rollout"} & set(command.argv)
    ]
    assert len(waits) > 20
    for command in waits:
        (limit,) = [part for part in command.argv if part.startswith("--timeout=")]
        assert int(limit.removeprefix("--timeout=").removesuffix("s")) < command.patience_seconds


def test_the_administrators_job_may_reach_what_it_needs(rendered):
    job = make_admin(rendered.shop, "admin@popshop.example", "dev.local/popshop:1")
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert labels["popshop/to-mongodb"] == labels["popshop/to-events"] == "true"
    names = {item.name for item in secret_references(job)}
    assert names == {"popshop-mongo-auth", "popshop-events-auth"}
    (pattern,) = [item for item in rendered.shop if item["metadata"]["name"] == "create-indexes"]
    assert pattern["metadata"]["name"] != job["metadata"]["name"]


@pytest.mark.parametrize("part", ["data", "shop"])
def test_the_fake_renders_the_overlay_to_the_manifests_of_kustomize(rendered, tmp_path, part):
    def names(manifests):
        # The names of generated ConfigMaps end with a hash.
        return {
            (*_name(item)[:3], re.sub(r"-[a-z0-9]{10}$", "", item["metadata"]["name"]))
            for item in manifests
        }

    real = built({"data": "minikube/data", "shop": "minikube"}[part], tmp_path)
    assert names(item.body for item in real) == names(getattr(rendered, part))


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="asks the real kubectl")
def test_kubectl_understands_every_command(steps, tmp_path, monkeypatch):
    """It gets as far as the server, which is none."""
    config = tmp_path / "config"
    config.write_text(_NOWHERE)
    monkeypatch.setenv("KUBECONFIG", str(config))
    shapes = {
        (
            command.argv[3],
            *(part.partition("=")[0] for part in command.argv if "--" in part),
        ): command
        for step in steps
        for command in (*step.commands, *([step.is_done] if step.is_done else []))
        if command.argv[:2] == ("kubectl", "--context") and "https://" not in str(command.argv)
    }
    assert len(shapes) > 8
    for command in shapes.values():
        argv = [*command.argv, "--request-timeout=2s"]
        told = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: x}\n" if command.manifest else ""
        asked = subprocess.run(argv, input=told, text=True, capture_output=True, check=False)
        assert "127.0.0.1:1" in asked.stderr, (argv, asked.stderr)


def test_the_guide_names_the_versions_that_are_needed():
    guide = (REPOSITORY / "docs" / "minikube.md").read_text()
    for name, version in (
        ("minikube", versions.OLDEST_MINIKUBE),
        ("kubectl", versions.OLDEST_KUBECTL),
    ):
        assert f"| {name} | {version[0]}.{version[1]} or later" in guide


@pytest.mark.parametrize(
    ("text", "version"),
    [("v1.34.2", (1, 34, 2)), ("v1.32.4-dispatcher", (1, 32, 4)), ("1.35.0+k3s1", (1, 35, 0))],
)
def test_versions_are_read(text, version):
    assert versions.parse(text) == version


def test_a_version_whose_last_number_does_not_matter_is_shown_without():
    assert versions.show(versions.NEWEST_KUBECTL) == "1.35"
    assert versions.show(versions.OLDEST_MINIKUBE) == "1.37.0"
