import argparse
import fnmatch
import json
import os
import re
import shutil
import subprocess

import pytest
import yaml

from knative.validate import check_references, load_documents, validate
from localdev.cli import _parser
from shared.payments import stripe_webhooks
from shared.runtime.identity import derive_key
from tests.architecture.guide_names import (
    files_of_production,
    is_among,
    known,
    made_by,
    manifests,
    named_by,
    secrets,
    services,
    used,
)
from tests.architecture.guides import DOCS, ROOT, Block, Page, pages

OLD, NEW = "0a" * 32, "0b" * 32
GUIDES = pages("guides")
PAGES = pages("guides", ".")
every_guide = pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.file.name)
every_page = pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: str(page.file.relative_to(DOCS))
)

# A folder of this name would be taken for one of ours.
_PLACES = "docs|eventing|functions|knative|localdev|requirements|shared|tests"
_PATH = re.compile(rf"(?<![\w./-])((?:{_PLACES})/[\w./*-]+)")
_NAME = re.compile(r"(?<![\w./@:-])popshop-[\w$]+(?:-[\w$]+)*(?![./]?[a-z]*\.\w)")


@every_page
def test_kubectl_is_asked_for_what_exists(page):
    names = known() | made_by(page)
    for words in page.commands("kubectl"):
        missing = {one for one in named_by(words) if not is_among(*one, names)}
        assert missing == set(), " ".join(words)


@every_page
def test_kn_is_asked_for_services_that_exist(page):
    for words in page.commands("kn"):
        assert words[:2] == ["service", "update"], words
        assert words[2] in services()


@every_page
def test_labels_that_are_asked_for_are_set(page):
    text = "\n".join(file.read_text() for file in (ROOT / "knative").rglob("*.yaml"))
    asked = re.findall(r"-l '?((?:popshop|app\.kubernetes\.io)/[\w-]+)(?:=([a-z-]+))?", page.text)
    for label, value in asked:
        assert f"{label}: {value}" in text, f"{label}={value}"


@every_page
def test_names_of_ours_exist(page):
    names = {("", name) for name in used() | {name for _, name in known() | made_by(page)}}
    found = {name for line in page.text.splitlines() for name in _NAME.findall(line)}
    assert {name for name in found if not is_among("", name, names)} == set()


@every_page
def test_functions_that_are_named_exist(page):
    contexts = {name.partition("-")[0] for name in services()}
    words = {word for quoted in page.quoted for word in re.findall(r"^[a-z]+(?:-[a-z]+)+$", quoted)}
    named = {word for word in words if word.partition("-")[0] in contexts}
    settings = {key for item in manifests() for key in item.get("data") or {}}
    assert named - services() - {name for _, name in known()} - settings == set()


@every_page
def test_files_that_are_named_exist(page):
    text = re.sub(r"https?://\S+", "", page.text)
    for path in {found.rstrip(".") for found in _PATH.findall(text)}:
        assert list(ROOT.glob(path)), path


@every_page
def test_links_lead_somewhere(page):
    for link in page.links:
        if re.match(r"https?:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.file.parent / name).resolve() if name else page.file
        assert target.exists(), link
        assert not anchor or anchor in Page(target).anchors, link


@every_page
def test_sessions_of_nox_exist(page):
    sessions = re.findall(
        r"^@nox\.session\ndef (\w+)", (ROOT / "noxfile.py").read_text(), re.MULTILINE
    )
    assert set(re.findall(r"nox -s (\w+)", page.text)) <= set(sessions)


@every_page
def test_modules_and_commands_of_localdev_exist(page):
    for name in re.findall(r"python3? -m ([\w.]+)", page.text) + re.findall(
        r"\[python, -m, ([\w.]+)", page.text
    ):
        path = ROOT / name.replace(".", "/")
        is_ours = (ROOT / name.partition(".")[0]).is_dir()
        assert not is_ours or path.with_suffix(".py").exists() or (path / "__main__.py").exists(), (
            name
        )
    parser = _parser()
    for words in page.commands("python"):
        if words[:2] == ["-m", "localdev"] and not any("[" in word for word in words):
            assert isinstance(parser.parse_args(words[2:]), argparse.Namespace)


@every_page
def test_alerts_that_are_named_exist(page):
    rules = "".join(
        file.read_text() for file in (ROOT / "knative/observability/rules").glob("*.yaml")
    )
    alerts = set(re.findall(r"alert: (\w+)", rules))
    assert set(re.findall(r"\bPopshop[A-Z]\w+", page.text)) <= alerts


@every_guide
def test_what_is_typed_is_a_shells_language(page):
    for block in page.blocks:
        if block.is_shell:
            done = subprocess.run(
                ["bash", "-n"], input=block.text, text=True, capture_output=True, check=False
            )
            assert done.returncode == 0, done.stderr + block.text


@every_guide
def test_waves_find_their_files(page):
    for pattern in re.findall(r'"\$build"/([\w.*-]+)', page.text):
        assert fnmatch.filter(files_of_production(), pattern), pattern


@pytest.mark.parametrize("name", ["deploy.md", "upgrade.md"])
def test_the_waves_leave_nothing_out(name):
    patterns = re.findall(r"wave .*", (DOCS / "guides" / name).read_text())
    globs = [one for line in patterns for one in re.findall(r'"\$build"/([\w.*-]+)', line)]
    left = {
        file
        for file in files_of_production()
        if not any(fnmatch.fnmatch(file, one) for one in globs)
    }
    assert left == set()


def test_stripe_is_asked_for_every_message_that_is_read():
    text = (DOCS / "guides/deploy.md").read_text()
    asked = set(re.findall(r"enabled_events\[\]=([\w.]+)", text))
    assert asked == stripe_webhooks._ABOUT_AN_INTENT | stripe_webhooks._ABOUT_ITS_MONEY


@every_guide
def test_manifests_are_taken_by_the_cluster(page, tmp_path):
    texts = [text for block in page.blocks for text in block.heredocs]
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.yaml").write_text(text)
    known_groups = ("", "apps", "batch", "networking.k8s.io", "policy", "autoscaling")
    documents = [
        one
        for one in (load_documents([tmp_path]) if texts else [])
        if one.group in known_groups or one.group.endswith("knative.dev")
    ]
    assert [str(problem) for problem in validate(documents)] == []
    outside = {f"Secret/{name}" for name, _ in secrets()} | {
        "ConfigMap/popshop-config",
        "ServiceAccount/popshop-function",
    }
    assert [str(problem) for problem in check_references(documents, frozenset(outside))] == []


@every_guide
def test_snippets_parse(page):
    for block in page.blocks:
        if block.language == "yaml":
            assert yaml.safe_load(block.text)
    for patch in re.findall(r"-p '(\{.+?\})'", page.text):
        assert json.loads(patch)


def secret_blocks() -> list[Block]:
    (page,) = (page for page in GUIDES if page.file.name == "deploy.md")
    return [block for block in page.blocks if block.mark == "secrets"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder that the commands of deploy.md make: Secret/key."""
    if not shutil.which("openssl"):
        pytest.fail("install openssl first")
    folder = tmp_path_factory.mktemp("deploy")
    stripe = {
        f"STRIPE_{name}": "sk_live" for name in ("SECRET_KEY", "PUBLISHABLE_KEY", "WEBHOOK_SECRET")
    }
    given = {"PATH": os.environ["PATH"], **stripe, "SMTP_USER": "shop", "SMTP_PASSWORD": "secret"}
    # A change of the master key comes after all of it, as keys.md says.
    change = f"cp -r secrets before && cd secrets && text popshop-identity-master key {OLD},{NEW}"
    script = "\n".join(
        ["set -eu", *(block.text for block in secret_blocks()), change, "identities"]
    )
    subprocess.run(["bash", "-c", script], cwd=folder, env=given, check=True, capture_output=True)
    return folder / "before"


def test_the_commands_make_every_secret_that_is_read(made):
    there = {(file.parent.name, file.name) for file in made.glob("*/*")}
    wanted = {(name, key) for name, key in secrets() if key and name != "popshop-gateway-tls"}
    volumes = {name for name, key in secrets() if not key} - {"popshop-gateway-tls"}
    assert wanted - there == set()
    assert {name for name, _ in there} == {name for name, _ in wanted} | volumes


@pytest.mark.parametrize("when", ["before", "secrets"], ids=["one", "several"])
def test_the_commands_derive_the_keys_as_the_code_does(made, when):
    folder = made.with_name(when)
    master = (folder / "popshop-identity-master/key").read_text()
    assert (master == f"{OLD},{NEW}") is (when == "secrets")
    contexts = {name.name.removeprefix("popshop-identity-") for name in folder.glob("*-identity-*")}
    for context in contexts - {"master"}:
        derived = (folder / f"popshop-identity-{context}/key").read_text()
        assert derived == derive_key(master, f"identity:{context}")


def test_secrets_that_pages_name_are_made(made):
    there = {("", f"{file.parent.name}/{file.name}") for file in made.glob("*/*")}
    for page in GUIDES:
        for name in re.findall(r"secrets/(popshop-[\w${}-]+/[a-z-]+)", page.text):
            assert is_among("", name, there), f"{page.file.name}: {name}"
