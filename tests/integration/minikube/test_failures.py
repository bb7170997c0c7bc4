"""What `up --runtime minikube` says when something is missing, too small or broken."""

import pytest

from localdev.minikube import commands

POD = {
    "metadata": {"name": "popshop-redis-0", "namespace": "popshop"},
    "status": {
        "phase": "Pending",
        "conditions": [
            {
                "type": "PodScheduled",
                "status": "False",
                "message": "0/1 nodes: Insufficient memory.",
            }
        ],
    },
}
EVENT = {
    "metadata": {"name": "x", "namespace": "popshop"},
    "involvedObject": {"name": "popshop-redis-0"},
    "reason": "FailedScheduling",
    "message": "0/1 nodes are available",
}


@pytest.fixture
def refused(bench, capsys):
    """What is said when `up` fails."""

    def run(*arguments):
        assert bench.up(*arguments) == 2
        return capsys.readouterr().err

    return run


@pytest.mark.parametrize("name", ["minikube", "kubectl"])
def test_a_missing_program_is_named_with_its_address(bench, refused, name):
    bench.take_off_path(name)
    said = refused()
    assert f"not installed:\n  {name}: https://" in said
    assert "--runtime embedded" in said
    assert bench.machine.calls() == []


def test_an_old_minikube_is_refused(bench, refused):
    bench.machine.change(minikube="v1.36.0")
    assert "minikube is 1.36.0; 1.37.0 or later is needed" in refused()


def test_an_old_kubectl_is_refused(bench, refused):
    bench.machine.change(kubectl="v1.32.4-dispatcher")
    assert "kubectl is 1.32.4; Kubernetes v1.34.0 needs 1.33.0 or later" in refused()


def test_a_newer_kubectl_is_remarked_upon(bench, capsys):
    bench.machine.change(kubectl="v1.37.1")
    bench.machine.fail("profile list")
    assert bench.up() == 2
    assert "kubectl is 1.37.1; up to 1.35 is tried" in capsys.readouterr().out


def test_a_version_that_cannot_be_read_is_shown(bench, refused):
    bench.machine.change(minikube="nightly")
    assert "unexpected output" in refused()


def test_a_machine_with_too_little_memory_is_refused_first(bench, refused, monkeypatch):
    monkeypatch.setattr(commands, "_memory_mib", lambda: 4000)
    said = refused()
    assert "this machine has 4000 MiB of memory; the profile popshop takes 8192 MiB" in said
    assert not [call for call in bench.machine.argvs() if " start" in call]


def test_a_driver_with_too_little_memory_is_explained(bench, refused):
    bench.machine.fail(" start ", "Exiting due to RSRC_INSUFFICIENT_CONTAINER_MEMORY: 3 GB", 23)
    said = refused()
    assert "Exiting due to RSRC_INSUFFICIENT_CONTAINER_MEMORY" in said
    assert "too little memory: the driver has to give 8192 MiB" in said


def test_a_driver_that_does_not_work_is_explained(bench, refused):
    bench.machine.fail(" start ", "Exiting due to PROVIDER_KVM2_NOT_FOUND: no libvirt", 69)
    said = refused("--driver", "kvm2")
    assert "wrong driver: kvm2 does not work here" in said
    assert "--driver=kvm2" in said


def test_no_driver_at_all_is_explained(bench, refused):
    bench.machine.fail(" start ", "Exiting due to DRV_NOT_DETECTED: No possible driver", 61)
    assert "wrong driver: none that Minikube found" in refused()


def test_a_profile_with_another_driver_is_not_touched(bench, refused):
    _profile(bench, Driver="docker")
    said = refused("--driver", "podman")
    assert "the profile popshop has the driver docker, not podman" in said
    assert "--delete-profile" in said


def test_a_profile_that_is_too_small_is_not_touched(bench, refused):
    _profile(bench, Memory=4096)
    assert "has 4 CPUs and 4096 MiB; 4 and 8192 MiB are needed" in refused()
    assert not [call for call in bench.machine.argvs() if " start" in call]


def test_another_profile_is_none_of_our_business(bench, refused):
    _profile(bench, name="minikube", Memory=2048)
    bench.machine.fail("profile popshop status")
    bench.machine.fail("profile popshop start", "as far as this")
    assert "as far as this" in refused()


def _profile(bench, name="popshop", **config):
    found = {"Driver": "docker", "Memory": 8192, "CPUs": 4} | config
    bench.machine.change(profile={"Name": name, "Config": found})


def test_release_files_that_cannot_be_had_are_explained(bench, refused):
    bench.machine.fail("serving-crds.yaml", "dial tcp: lookup github.com: no such host")
    assert "is there a way to it?" in refused()


def test_a_build_that_failed_and_ended_well_is_noticed(bench, refused):
    bench.machine.change(is_build_broken=True)
    said = refused()
    assert "image not found: dev.local/popshop:" in said
    assert "not built into the store of popshop" in said


def test_pods_that_cannot_pull_the_image_are_named(bench, refused):
    waiting = {"reason": "ImagePullBackOff", "message": "Back-off"}
    status = {
        "phase": "Pending",
        "containerStatuses": [{"image": "dev.local/popshop:0a", "state": {"waiting": waiting}}],
    }
    pod = {"metadata": {"name": "create-indexes-x", "namespace": "popshop"}, "status": status}
    bench.machine.change(pods=[pod])
    bench.machine.fail("wait .* job/create-indexes", "error: timed out waiting for the condition")
    said = refused()
    assert "pod create-indexes-x in popshop: image not found: dev.local/popshop:0a" in said


def test_pods_that_are_not_ready_are_named_with_their_last_events(bench, refused):
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    fine = {"metadata": {"name": "popshop-mail-0", "namespace": "popshop"}, "status": ready}
    bench.machine.change(pods=[POD, fine], events=[EVENT])
    bench.machine.fail("rollout status statefulset/popshop-redis", "timed out")
    said = refused()
    assert "not ready: pod popshop-redis-0 in popshop: 0/1 nodes: Insufficient memory." in said
    assert "FailedScheduling: 0/1 nodes are available" in said
    assert "popshop-mail-0" not in said


def test_a_forwarding_that_ends_at_once_is_shown(bench, refused):
    bench.machine.fail("port-forward", "error: unable to listen on any of the requested ports")
    assert "unable to listen" in refused()


def test_an_overlay_that_cannot_be_rendered_is_shown(bench, refused):
    (bench.project / "knative/overlays/minikube/kustomization.yaml").unlink()
    assert "unable to find 'kustomization.yaml'" in refused()


def test_auto_takes_the_embedded_cluster_where_minikube_is_missing(bench, monkeypatch):
    started = []

    def bring_up(*_: object) -> int:
        started.append("embedded")
        return 0

    monkeypatch.setattr("localdev.up.bring_up", bring_up)
    bench.take_off_path("minikube")
    assert bench.run("up", "--runtime", "auto") == 0
    assert started == ["embedded"]
    bench.put_on_path("minikube")
    bench.machine.fail("profile list")
    assert bench.run("up", "--runtime", "auto", "--manifests", str(bench.project)) == 2
    assert started == ["embedded"]
    assert "minikube version --output=json" in bench.machine.argvs()
