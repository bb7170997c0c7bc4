"""What is sent to the build, and the tag that names it."""

import pytest

from localdev.cluster.state import REPOSITORY
from localdev.minikube.image import context, tag_of


@pytest.fixture
def project(tmp_path):
    (tmp_path / "knative").mkdir()
    (tmp_path / "knative" / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "knative" / "Dockerfile.dockerignore").write_text("# why\n*\n!functions\n**/x\n")
    (tmp_path / "functions" / "__pycache__").mkdir(parents=True)
    (tmp_path / "functions" / "cart.py").write_text("one\n")
    return tmp_path


def test_the_context_is_what_the_ignore_file_lets_through():
    sent = context(REPOSITORY)
    assert sent[0] == "knative/Dockerfile"
    assert {"shared", "functions", "requirements/runtime.txt"} <= set(sent)
    assert not [name for name in sent if not (REPOSITORY / name).exists()]
    assert not {".git", ".popshop", "tests"} & set(sent)


def test_the_tag_changes_with_the_content_alone(project):
    before = tag_of(project)
    (project / "functions" / "__pycache__" / "cart.pyc").write_text("compiled")
    (project / "README.md").write_text("not sent")
    assert tag_of(project) == before
    (project / "functions" / "cart.py").write_text("two\n")
    assert tag_of(project) != before
    assert tag_of(project).startswith("dev.local/popshop:")


def test_the_tag_changes_with_a_name_and_with_the_dockerfile(project):
    before = tag_of(project)
    (project / "functions" / "cart.py").rename(project / "functions" / "basket.py")
    renamed = tag_of(project)
    (project / "knative" / "Dockerfile").write_text("FROM debian\n")
    assert len({before, renamed, tag_of(project)}) == 3
