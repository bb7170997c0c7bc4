"""`up --runtime minikube` from nothing to a seeded shop, again, half way, and down again."""

import base64
import json
import re
import shlex
import signal
import socket

import pytest

from localdev.minikube.profile import PROFILE
from localdev.seed.catalogue import GOODS

SECRETS = "get secrets"
# A command of every step that can be cut off, in the order of the plan.
STEPS = [
    "profile list",
    "profile popshop start",
    "serving-core.yaml",
    "label namespace knative-serving",
    "eventing-kafka-sink.yaml",
    "image build",
    SECRETS,
    "rollout status statefulset/popshop-redis",
    "wait .* kafkasink",
    "wait .* job/create-indexes",
    "rollout status deployment/popshop-gateway",
    "wait .* ksvc",
    "wait .* pingsource",
    "port-forward",
]


def _secrets(bench):
    return {
        name.rpartition("/")[2]: value["data"]
        for name, value in bench.machine.state["objects"].items()
        if name.startswith("Secret/")
    }


def _is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _port(bench):
    return json.loads((bench.state / "minikube" / "up.json").read_text())["port"]


def test_up_brings_a_seeded_shop_and_says_where_it_is(brought_up):
    port = _port(brought_up.bench)
    assert f"storefront  https://shop.localhost:{port}" in brought_up.said
    assert "127.0.0.1 shop.localhost admin.localhost" in brought_up.said
    assert re.search(r"admin +admin@popshop.example / \S{8}", brought_up.said)
    assert brought_up.bench.machine.state["goods"] == len(GOODS)
    assert _is_open(port)


def test_up_starts_the_profile_as_it_is_declared(brought_up):
    assert brought_up.bench.machine.state["profile"]["Config"] == {
        "Driver": "docker",
        "Memory": PROFILE.memory_mib,
        "CPUs": PROFILE.cpus,
    }


def test_the_plan_is_what_is_run_in_that_order(brought_up):
    ran = [" ".join(call["argv"]) for call in brought_up.calls]
    planned = _commands(brought_up.plan)
    assert len(planned) > 40
    assert [call for call in ran if not call.startswith("kubectl kustomize")] == planned


def _commands(script):
    """The calls of minikube and kubectl in a plan."""
    without_manifests = re.sub(
        r"<<'END_OF_MANIFEST'\n.*?\nEND_OF_MANIFEST", "", script, flags=re.DOTALL
    )
    lines = [
        re.sub(r"^if ! |; then$| \| grep.*| &$", "", line) for line in without_manifests.split("\n")
    ]
    lines = [re.sub(r"; then$| \| grep.*", "", line).strip() for line in lines]
    return [
        " ".join(shlex.split(line)) for line in lines if line.startswith(("minikube ", "kubectl "))
    ]


def test_manifests_are_applied_as_planned_but_for_the_secrets(brought_up):
    pattern = r"<<'END_OF_MANIFEST'\n(.*?)\nEND_OF_MANIFEST"
    planned = re.findall(pattern, brought_up.plan, flags=re.DOTALL)
    applied = [call["stdin"].rstrip() for call in brought_up.calls if call["stdin"]]
    different = [pair for pair in zip(planned, applied, strict=True) if pair[0] != pair[1]]
    assert len(different) == 1
    assert "<generated>" in different[0][0]
    assert "<generated>" not in different[0][1]


def test_the_plan_needs_no_cluster_and_shows_no_secret(bench, capsys):
    bench.take_off_path("minikube")
    script = bench.plan(capsys)
    assert [call for call in bench.machine.argvs() if "kustomize" not in call] == []
    assert "PRIVATE KEY" not in script
    assert not (bench.state / "minikube" / "secrets.json").exists()


def test_secrets_are_in_no_command_line_and_in_no_log(brought_up):
    encoded = [value for keys in _secrets(brought_up.bench).values() for value in keys.values()]
    values = [*encoded, *(base64.b64decode(value).decode() for value in encoded)]
    assert len(values) > 20
    calls = "\n".join(" ".join(call["argv"]) for call in brought_up.calls)
    log = (brought_up.bench.state / "minikube" / "logs" / "minikube.log").read_text()
    assert not [value for value in values if value in calls or value in log]


def test_what_is_kept_is_readable_by_its_owner_alone(brought_up):
    folder = brought_up.bench.state / "minikube"
    assert (folder / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
def test_up_again_and_after_a_change_of_code(bench):
    assert bench.up() == 0
    before, port = _secrets(bench), _port(bench)
    bench.machine.forget_calls()
    # The cluster's secrets count before those of a state folder that has none.
    (bench.state / "minikube" / "secrets.json").unlink()
    (bench.project / "functions" / "cart.py").write_text("print('another')\n")
    assert bench.up() == 0
    calls = bench.machine.argvs()
    assert not [call for call in calls if " start " in call or "https://github.com" in call]
    assert _secrets(bench) == before
    assert _port(bench) == port
    assert _is_open(port)
    assert len(bench.machine.state["images"]) == 2
    service = bench.machine.state["objects"]["serving.knative.dev/Service/popshop/cart-get-cart"]
    container = service["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == bench.machine.state["images"][-1]
    bench.machine.forget_calls()
    assert bench.up() == 0
    assert not [call for call in bench.machine.argvs() if "image build" in call]


@pytest.mark.slow
def test_runs_that_fail_at_each_step_in_turn_go_on_and_rotate_nothing(bench, capsys):
    first: dict[str, str] = {}
    for match in STEPS:
        bench.machine.fail(match, f"no way past {match}")
        assert bench.up() == 2, match
        said = capsys.readouterr().err
        assert f"no way past {match}" in said
        assert "`up` again goes on from here" in said
        bench.machine.recover()
        first = first or _secrets(bench)
    assert bench.up() == 0
    assert first
    assert _secrets(bench) == first


@pytest.mark.slow
@pytest.mark.parametrize("match", ["serving-core.yaml", "wait .* ksvc"])
def test_a_run_that_was_killed_goes_on_and_rotates_nothing(bench, match):
    bench.machine.fail(match, kills=True)
    assert bench.up_and_die() == -signal.SIGKILL
    before = _secrets(bench)
    assert bench.up() == 0
    assert {name: _secrets(bench)[name] for name in before} == before


def test_mkcert_makes_the_certificate_where_it_is_on_path(bench, capsys):
    bench.put_on_path("mkcert")
    assert bench.up() == 0
    (made,) = [call for call in bench.machine.argvs() if "-cert-file" in call]
    assert made.endswith(" shop.localhost admin.localhost")
    assert (
        f"authority   {bench.machine.folder / 'mkcert' / 'rootCA.pem'}" in capsys.readouterr().out
    )


def test_down_deletes_the_shop_and_leaves_knative(bench, capsys):
    assert bench.up() == 0
    port = _port(bench)
    assert bench.run("down") == 0
    left = bench.machine.state["objects"]
    assert not [name for name in left if "/popshop" in name or "/kafka" in name]
    assert "Namespace//knative-serving" in left
    assert not _is_open(port)
    assert bench.run("down") == 0
    assert "nothing runs" in capsys.readouterr().out


def test_down_can_delete_the_profile(bench):
    assert bench.up() == 0
    assert bench.run("down", "--delete-profile") == 0
    assert bench.machine.state["profile"] is None


def test_down_without_a_profile_says_so(bench, capsys):
    assert bench.run("down", "--runtime", "minikube") == 0
    assert "there is no profile popshop" in capsys.readouterr().out


def test_status_tells_what_runs_and_where(brought_up, capsys):
    assert brought_up.bench.run("status", "--json") == 0
    status = json.loads(capsys.readouterr().out)
    assert status["ready"]
    assert status["runtime"] == "minikube"
    assert status["functions"] == {"all": 1, "ready": 1}
    assert status["logins"]["admin"]["email"] == "admin@popshop.example"
    assert brought_up.bench.run("status") == 0
    assert "functions   1 of 1 deployed" in capsys.readouterr().out


def test_status_without_a_profile_is_not_ready(bench, capsys):
    assert bench.run("status", "--runtime", "minikube") == 1
    assert "does not exist" in capsys.readouterr().out
