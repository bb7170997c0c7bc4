"""minikube, as far as the plan uses it."""

# ruff: noqa: T201 - a program prints

import json
import sys
import tarfile

from machine import Machine, here, option

_NOT_FOUND = 85
_STOPPED = 7


def main(argv: list[str]) -> int:
    machine = here()
    machine.note(["minikube", *argv], "")
    name = option(argv, "profile")
    if name:
        argv = argv[2:]
    told = " ".join(item for item in argv[:2] if not item.startswith("-"))
    for command, run in _COMMANDS.items():
        if told.startswith(command):
            return run(machine, name, argv) or 0
    sys.exit(f"unknown command {argv}")


def _version(machine: Machine, name: str, argv: list[str]) -> None:
    print(json.dumps({"commit": "x", "minikubeVersion": machine.state["minikube"]}))


def _list_profiles(machine: Machine, name: str, argv: list[str]) -> None:
    profile = machine.state["profile"]
    print(json.dumps({"invalid": [], "valid": [profile] if profile else []}))


def _status(machine: Machine, name: str, argv: list[str]) -> int:
    if not machine.state["profile"]:
        sys.stderr.write('Profile "popshop" not found.\n')
        return _NOT_FOUND
    print("Running" if machine.state["is_running"] else "Stopped")
    return 0 if machine.state["is_running"] else _STOPPED


def _start(machine: Machine, name: str, options: list[str]) -> None:
    config = {
        "Driver": option(options, "driver", "docker"),
        "Memory": int(option(options, "memory").removesuffix("mb")),
        "CPUs": int(option(options, "cpus")),
    }
    machine.change(profile={"Name": name, "Config": config}, is_running=True)


def _build(machine: Machine, name: str, options: list[str]) -> int:
    """Ends well whatever happened, as the real one does."""
    if not machine.state["is_running"]:
        return 0
    with tarfile.open(options[-1]) as archive:
        assert option(options, "file") in archive.getnames()
    if not machine.state["is_build_broken"]:
        machine.change(images=[*machine.state["images"], option(options, "tag")])
    return 0


def _list_images(machine: Machine, name: str, argv: list[str]) -> None:
    print("registry.k8s.io/pause:3.10", *machine.state["images"], sep="\n")


def _delete(machine: Machine, name: str, argv: list[str]) -> None:
    machine.change(profile=None, is_running=False, images=[], objects={}, kinds=[])


_COMMANDS = {
    "version": _version,
    "profile list": _list_profiles,
    "status": _status,
    "start": _start,
    "image build": _build,
    "image ls": _list_images,
    "delete": _delete,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
