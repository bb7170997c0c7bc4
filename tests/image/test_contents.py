"""What is in the image, and what is not."""

import json
import re
import subprocess

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.image.base import ROOT
from tests.image.container import Image

# Loads every function, in one process; says which of the modules had to be compiled for it.
LOAD = """
import glob, json, os, sys
sys.path.insert(0, "/app")
from shared.runtime.serve import load_function
from knative.indexes import declared_indexes
import shared.auth.make_admin

names = [path for path in glob.glob("functions/*/*.py") if not path.endswith("__init__.py")]
for path in names:
    load_function(path, os.path.basename(path)[:-3])
declared_indexes()
cached = {name: getattr(module, "__cached__", None) for name, module in sys.modules.items()}
bare = [name for name, path in cached.items() if path and not os.path.exists(path)]
print(json.dumps([len(names), len(cached), bare]))
"""
# The flags of every module's bytecode (PEP 552: 1 is by hash and never checked).
FLAGS = """
import collections, json, pathlib, importlib.util as util

def flags(path):
    cached = pathlib.Path(util.cache_from_source(str(path)))
    return int.from_bytes(cached.read_bytes()[4:8], "little") if cached.exists() else "none"

files = (path for root in ("/venv", "/app") for path in pathlib.Path(root).rglob("*.py"))
print(json.dumps(collections.Counter(map(flags, files))))
"""
BUILD_TOOLS = "gcc g++ cc c++ cpp make ld as pip pip3 npm npx node git uv cyclonedx-py hadolint"


def find(image: Image, *arguments: str) -> list[str]:
    """Paths, as root, from whom nothing is hidden."""
    return image.run("find", *arguments, options=("--user=0",)).splitlines()


def locked_packages(image: Image) -> dict[str, str]:
    """Name and version of every package that the lock has for the image's platform."""
    script = "import json, packaging.markers as m; print(json.dumps(m.default_environment()))"
    platform = json.loads(image.run("python", "-c", script))
    lines = (ROOT / "requirements/runtime.txt").read_text().splitlines()
    wanted = [Requirement(line.rstrip("\\ ")) for line in lines if re.match(r"\w", line)]
    return {
        canonicalize_name(item.name): str(item.specifier).removeprefix("==")
        for item in wanted
        if item.marker is None or item.marker.evaluate(platform)
    }


def described(image: Image, name: str) -> dict[str, str]:
    """Name and version of the components of one of the image's SBOMs."""
    document = json.loads(image.run("cat", f"/sbom/{name}.cdx.json"))
    assert (document["bomFormat"], document["specVersion"][:2]) == ("CycloneDX", "1.")
    return {
        "/".join(filter(None, [item.get("group"), item["name"]])): item["version"]
        for item in document["components"]
    }


def test_every_function_can_be_loaded_and_no_module_is_compiled_for_it(image):
    functions, modules, bare = json.loads(image.run("python", "-P", "-c", LOAD))
    assert functions == len(list(ROOT.glob("functions/*/[!_]*.py")))
    assert modules > 500
    assert bare == []


def test_every_module_has_bytecode_that_no_start_checks(image):
    found = json.loads(image.run("python", "-c", FLAGS))
    assert set(found) == {"1"}
    assert found["1"] > 1000


def test_every_template_is_compiled(image):
    """Under the name that the same template has when a function asks for it."""
    program = """from shared.runtime import pages
compiled = set(pages._TEMPLATES.glob("__pycache__/*.jinja"))
pages._environment().compile = None
print(pages.compile_templates() == len(compiled))"""
    assert image.run("python", "-c", program).strip() == "True"


def test_of_the_project_it_has_what_functions_run_on_and_nothing_else(image):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    known = {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}
    compiled = ("-not", "-name", "*.pyc", "-not", "-name", "*.jinja")
    found = find(image, "/app", "-type", "f", *compiled)
    inside = {path.removeprefix("/app/") for path in found}
    shop = {path for path in inside if not path.startswith("node_modules/")}
    expected = {path for path in known if path.startswith(("shared/", "functions/"))}
    assert shop - known == set()
    assert expected - shop == set()
    assert {path for path in shop - expected if not path.endswith(".json")} == {
        "knative/__init__.py",
        "knative/indexes.py",
    }


def test_of_the_npm_packages_it_has_what_the_code_names(image):
    used = re.findall(r'"([\w-]+\.ttf)"', (ROOT / "shared/orders/invoice_sheet.py").read_text())
    pages = re.findall(r'": "(\S+)"', (ROOT / "functions/storefront/serve_asset.py").read_text())
    wanted = {f"dejavu-fonts-ttf/ttf/{name}" for name in used} | set(filter(is_npm, pages))
    assert len(wanted) == 4
    found = find(image, "/app/node_modules", "-type", "f", "-printf", "%P\n")
    assert {path for path in found if not path.endswith("/LICENSE")} == wanted


def is_npm(value: str) -> bool:
    return "/dist/" in value


def test_its_sbom_lists_every_locked_package_and_no_other(image):
    packages = {
        canonicalize_name(name): found for name, found in described(image, "python").items()
    }
    assert packages == locked_packages(image)


def test_its_sbom_lists_the_npm_packages(image):
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    packages = {
        name.removeprefix("node_modules/"): item["version"] for name, item in lock.items() if name
    }
    assert described(image, "npm") == packages


def test_it_has_no_build_tools(image):
    script = f"for name in {BUILD_TOOLS}; do command -v $name; done; true"
    assert image.run("sh", "-c", script) == ""
    script = (
        "import importlib.util as u; print([m for m in ('pip', 'ensurepip') if u.find_spec(m)])"
    )
    assert image.run("python", "-c", script) == "[]"
    assert find(image, "/", "-xdev", "-name", "pip-*.whl") == []


def test_it_has_no_caches(image):
    folders = ("/root", "/tmp", "/var/cache/apt", "/var/lib/apt/lists")
    left = find(image, *folders, "-type", "f", "-not", "-name", "lock")
    assert set(left) <= {"/root/.bashrc", "/root/.profile"}


def test_it_has_no_keys_and_no_history_of_the_repository(image):
    names = (".git", ".env", ".npmrc", "pip.conf", "popshop-ca.pem", "id_*", "*.key", ".netrc")
    tests = [part for name in names for part in ("-o", "-name", name)][1:]
    assert find(image, "/", "-xdev", "-type", "f", "(", *tests, ")") == []
    keys = ["grep", "-rlE", "--include=*.pem", "PRIVATE KEY", "/etc", "/app", "/venv"]
    assert image.run("sh", "-c", '"$@" || true', "sh", *keys, options=("--user=0",)) == ""


def test_its_own_files_belong_to_root_and_only_root_may_change_them(image):
    who = ("-not", "-user", "0", "-o", "-not", "-type", "l", "-perm", "/022")
    assert find(image, "/app", "/venv", "/sbom", *who) == []
    assert find(image, "/app", "/venv", "/sbom", "-not", "-perm", "-004") == []


def test_its_configuration_is_ours_and_names_no_host(image):
    made, base = image.inspect(), json.loads(image.engine.run("inspect", image.base))[0]
    config = made["Config"]
    assert config["User"] == "65532:65532"
    assert config["Cmd"] == ["python", "-m", "shared.runtime.serve"]
    assert config["Labels"]["org.opencontainers.image.base.name"] == image.base
    inherited = {line.partition("=")[0] for line in base["Config"]["Env"] or ()}
    assert {line.partition("=")[0] for line in config["Env"]} - inherited <= {
        "PATH",
        "PYTHONUNBUFFERED",
        "PYTHONDONTWRITEBYTECODE",
    }
    steps = [history(image, tag) for tag in (image.base, image.tag)]
    ours = steps[1][: len(steps[1]) - len(steps[0])]
    assert len(ours) > 8
    assert [step for step in ours if "://" in step] == []


def history(image, tag: str) -> list[str]:
    """How each layer was made, the last first."""
    told = image.engine.run("history", "--no-trunc", "--format={{json .CreatedBy}}", tag)
    return [json.loads(line) for line in told.splitlines()]
