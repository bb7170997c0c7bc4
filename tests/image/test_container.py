"""Functions in containers that are restricted as in the cluster."""

import json
import socket

import pytest

from functions.storefront import serve_asset
from localdev.cluster.ports import HOST
from tests.image.container import (
    Container,
    container_of,
    environment,
    restrictions,
    serving,
    started,
    variables,
)
from tests.unit.runtime.clients import answer_of, request, rest_of

LOGIN, CATEGORIES = "storefront-show-login", "products-list-categories"
KEY = {"IDENTITY_KEY": "0" * 64}
MIB = 1024 * 1024
# A function whose import lasts until the signal comes.
SLOW = "import time; print('loading', flush=True); time.sleep(600)"


@pytest.fixture
def login(image):
    with serving(image, LOGIN, KEY) as container:
        yield container


def status_of(container: Container) -> dict[str, str]:
    lines = container.read("/proc/1/status").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def connect(container: Container) -> socket.socket:
    return socket.create_connection((HOST, container.port), 20)


def test_a_function_answers_its_probe_and_its_route(login):
    assert login.get("/healthz") == (200, "ok")
    status, page = login.get("/login?next=/cart")
    assert status == 200
    assert 'action="/auth/login?next=/cart"' in page


def test_it_runs_without_any_privilege(login):
    status = status_of(login)
    assert status["Uid"].split() == status["Gid"].split() == ["65532"] * 4
    assert {status[f"Cap{name}"] for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_it_is_process_1_itself(login):
    """A shell before it would keep the signals for itself."""
    assert login.read("/proc/1/cmdline") == "python\0-m\0shared.runtime.serve\0"


def test_it_can_write_to_tmp_alone(image, login):
    script = "for path in / /app /venv /sbom /usr /tmp; do touch $path/x 2>&- && echo $path; done"
    written = image.engine.result("exec", login.name, "sh", "-c", script).stdout.decode()
    assert written.split() == ["/tmp"]


def test_it_does_not_try_to_write_elsewhere(image, mongo_url):
    """Nothing is written even by root into a file system that takes it."""
    loose = ("--read-only", "--user")
    with serving(image, CATEGORIES, {"MONGO_URL": mongo_url}, without=loose) as container:
        assert container.get("/api/categories")[0] == 200
        container.signal("TERM")
        assert container.exit_code() == 0
        assert image.engine.run("diff", container.name) == ""


def test_a_function_with_a_database_answers_within_256_mib(image, mongo_url):
    with serving(image, CATEGORIES, {"MONGO_URL": mongo_url}) as container:
        status, body = container.get("/api/categories")
        assert (status, json.loads(body)) == (200, {"items": []})
        memory = image.engine.run("inspect", "--format={{.HostConfig.Memory}}", container.name)
        assert int(memory) == 256 * MIB
        assert not container.state["OOMKilled"]


def test_who_takes_more_than_256_mib_is_killed(image):
    """The limit of the test before this one is a limit."""
    greedy = ("python", "-c", f"bytearray(b'x') * {300 * MIB}")
    options = restrictions(container_of(f"services/{CATEGORIES}.yaml"))
    with started(image, *options, command=greedy) as container:
        assert container.exit_code() == 137
        assert container.state["OOMKilled"]


def test_sigterm_ends_it_after_the_request_that_it_is_in(login):
    with connect(login) as kept, connect(login) as client:
        kept.sendall(request("/healthz"))
        assert answer_of(kept)[1] == b"ok"
        whole = request("/login", body=b"next=/cart")
        client.sendall(whole[:-1])
        login.signal("TERM")
        assert rest_of(kept) == b""  # an idle one is closed at once: it is draining
        client.sendall(whole[-1:])
        head, page = answer_of(client)
        assert head.startswith(b"HTTP/1.1 200")
        assert b"Connection: close" in head
        assert b"</html>" in page
    assert login.exit_code() == 0


def test_sigterm_ends_it_while_it_still_starts(image):
    """The kernel drops what process 1 does not handle: the pod would last its whole grace."""
    environ = {"FUNCTION_SOURCE": "slow.py", "FUNCTION_TARGET": "slow", "PYTHONPATH": "/app"}
    script = 'cd /tmp && echo "$0" >slow.py && exec python -m shared.runtime.serve'
    options = (*restrictions(container_of(f"services/{LOGIN}.yaml")), *variables(environ))
    with started(image, *options, command=("sh", "-c", script, SLOW)) as container:
        container.until(lambda: "loading" in container.log, "its function is being loaded")
        container.signal("TERM")
        assert container.exit_code() == 0


def test_one_that_cannot_be_loaded_ends_with_a_line_that_says_why(image):
    environ = {"FUNCTION_SOURCE": "functions/no.py", "FUNCTION_TARGET": "no"}
    options = (*restrictions(container_of(f"services/{LOGIN}.yaml")), *variables(environ))
    with started(image, *options) as container:
        assert container.exit_code() == 1
        assert "functions/no.py" in json.loads(container.log.splitlines()[-1])["message"]


def test_every_asset_of_the_pages_is_served(image):
    own = [path.name for path in serve_asset._OWN.iterdir() if path.is_file()]
    names = [*serve_asset._FROM_NPM, *own]
    with serving(image, "storefront-serve-asset", KEY) as container:
        found = {name: container.get(f"/assets/{name}")[0] for name in names}
    assert found == dict.fromkeys(names, 200)
    assert len(names) > 4


def test_the_job_makes_the_indexes(image, mongo_url):
    manifest = container_of("jobs/create-indexes.yaml")
    databases = {
        item["name"]: mongo_url.replace("/?", f"/{item['name'].lower()}?")
        for item in manifest["env"]
        if item["name"].startswith("MONGO_URL_")
    }
    options = (*restrictions(manifest), *variables(environment(manifest, databases)))
    with started(image, *options, command=tuple(manifest["command"])) as container:
        assert container.exit_code() == 0, container.log
        assert "products: " in container.log
