"""minikube, as far as the plan uses it."""

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
    match argv:
        case ["version", *_]:
            print(json.dumps({"commit": "x", "minikubeVersion": machine.state["minikube"]}))
        case ["profile", "list", *_]:
            profile = machine.state["profile"]
            print(json.dumps({"invalid": [], "valid": [profile] if profile else []}))
        case ["status", *_]:
            return _status(machine)
        case ["start", *options]:
            _start(machine, name, options)
        case ["image", "build", *options]:
            return _build(machine, options)
        case ["image", "ls", *_]:
            print("registry.k8s.io/pause:3.10", *machine.state["images"], sep="\n")
        case ["delete"]:
            machine.change(profile=None, is_running=False, images=[], objects={}, kinds=[])
        case _:
            sys.exit(f"unknown command {argv}")
    return 0


def _status(machine: Machine) -> int:
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


def _build(machine: Machine, options: list[str]) -> int:
    """Ends well whatever happened, as the real one does."""
    if not machine.state["is_running"]:
        return 0
    with tarfile.open(options[-1]) as archive:
        assert option(options, "file") in archive.getnames()
    if not machine.state["is_build_broken"]:
        machine.change(images=[*machine.state["images"], option(options, "tag")])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
