"""Reading manifests, and the command line around it."""

import subprocess
import sys
from pathlib import Path

import pytest

from knative.validate import UnreadableManifestError, load_documents, validate
from knative.validate.__main__ import main
from tests.unit.knative.validate.samples import document, service

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def test_every_document_of_a_file_is_loaded_in_order(tmp_path: Path) -> None:
    file = written(
        tmp_path, f"---\n{CONFIG_MAP}---\n---\n{CONFIG_MAP.replace('name: a', 'name: b')}"
    )
    documents = load_documents([file])
    assert [(d.index, d.label) for d in documents] == [(0, "ConfigMap/a"), (1, "ConfigMap/b")]
    assert validate(documents) == []


def test_folders_are_read_recursively_without_kustomizations(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    written(tmp_path / "deep", CONFIG_MAP, "b.yml")
    written(tmp_path, CONFIG_MAP, "a.yaml")
    written(tmp_path, "resources: [a.yaml]", "kustomization.yaml")
    written(tmp_path, "not yaml: [", "notes.txt")
    assert [d.file.name for d in load_documents([tmp_path])] == ["a.yaml", "b.yml"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", "manifest.yaml:3: duplicate key 'a'"),
        ("a:\n  - b: 1\n    b: 1\n", "manifest.yaml:3: duplicate key 'b'"),
        ("on: 1\n", "manifest.yaml:1: key 'on' is not a string"),
        ("- a\n", "manifest.yaml:1: a manifest is a mapping"),
        ("a: [\n", "not YAML"),
        ("a: !!python/object:os.system {}\n", "not YAML"),
    ],
)
def test_unreadable_manifests_name_the_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UnreadableManifestError) as refusal:
        load_documents([written(tmp_path, text)])
    assert words in str(refusal.value)


def test_anchors_and_merges_are_no_duplicates(tmp_path: Path) -> None:
    text = "a: &a {x: 1, y: {z: 1}}\nb: &b {<<: *a, x: 2}\nc: {<<: *b, x: 3}\nd: *a\n"
    (loaded,) = load_documents([written(tmp_path, text)])
    assert loaded.body["c"] == {"x": 3, "y": {"z": 1}}
    assert loaded.body["d"] == {"x": 1, "y": {"z": 1}}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableManifestError, match=r"nowhere\.yaml"):
        load_documents([tmp_path / "nowhere.yaml"])


def test_a_problem_reads_as_one_line() -> None:
    body = service()
    body["spec"]["template"]["spec"]["timeoutSeconds"] = 601
    (problem,) = validate([document(body, "knative/cart.yaml")])
    assert str(problem) == (
        "knative/cart.yaml: Service/cart-settle: spec.template.spec.timeoutSeconds: "
        "must be 0 to 600, not 601"
    )


def test_the_command_passes_good_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(written(tmp_path, CONFIG_MAP))]) == 0
    assert capsys.readouterr().out == ""


def test_the_command_prints_problems_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, CONFIG_MAP.replace("metadata", "metadta"))
    assert main([str(file)]) == 1
    assert "ConfigMap/#0" in capsys.readouterr().out
    assert main([str(written(tmp_path, "a: 1\na: 2\n"))]) == 1
    assert "duplicate key" in capsys.readouterr().out


def test_the_command_checks_references_on_request(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        "apiVersion: eventing.knative.dev/v1alpha1\nkind: KafkaSink\nmetadata: {name: a}\n"
        "spec: {topic: t, bootstrapServers: [k], auth: {secret: {ref: {name: kafka}}}}\n"
    )
    file = str(written(tmp_path, text))
    assert main([file]) == 0
    assert main([file, "--references"]) == 1
    assert "there is no Secret 'kafka'" in capsys.readouterr().out
    assert main([file, "--references", "--known", "Secret/kafka"]) == 0


def test_zero_initial_scale_is_read_from_the_clusters_own_configuration(tmp_path: Path) -> None:
    template = "{metadata: {annotations: {autoscaling.knative.dev/initial-scale: '0'}}, spec: %s}"
    knative_service = (
        "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\n"
        f"spec: {{template: {template % '{containers: [{image: a}]}'}}}\n"
    )
    cluster = (
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: config-autoscaler}\n"
        "data: {allow-zero-initial-scale: 'true'}\n"
    )
    alone = load_documents([written(tmp_path, knative_service)])
    together = load_documents([written(tmp_path, knative_service + cluster)])
    assert len(validate(alone)) == 1
    assert validate(together) == []


def test_importing_the_package_loads_no_schema_library() -> None:
    code = "import sys, knative.validate; print('jsonschema' in sys.modules)"
    run = subprocess.run(  # the suite itself has it loaded
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.strip() == "False"


def written(folder: Path, text: str, name: str = "manifest.yaml") -> Path:
    file = folder / name
    file.write_text(text)
    return file
