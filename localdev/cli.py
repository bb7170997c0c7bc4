"""The command line: up, status, down, logs, events, scale.

Every command loads what it needs itself: `status` is asked often and must not wait for drivers.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from localdev.cluster.control import NotRunningError, RefusedError, call
from localdev.cluster.options import Options
from localdev.cluster.state import REPOSITORY, AlreadyRunningError, State
from localdev.down import take_down
from localdev.logs import follow_log
from localdev.minikube.state import noted
from localdev.table import print_status, watch_status

DEFAULT_STATE = REPOSITORY / ".popshop"
_RUNTIMES = ("auto", "embedded", "minikube")
_REPLICAS_PER_CORE = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; its exit status."""
    options = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except (AlreadyRunningError, NotRunningError, RefusedError) as error:
        print(error, file=sys.stderr)
        return 1
    except (BrokenPipeError, KeyboardInterrupt):
        return 130


def _up(options: argparse.Namespace) -> int:
    if (status := _up_on_minikube(options)) is not None:
        return status
    state = State(options.state)
    from localdev.up import bring_up, detach  # noqa: PLC0415 - see the module

    if options.detach:
        return detach(state, _arguments_of(options))
    chosen = Options(
        seed=options.seed,
        window_seconds=options.window,
        start=options.start,
        max_scale_limit=options.max_scale_limit,
        is_warming=options.warming,
        has_telemetry=options.telemetry,
        manifests=options.manifests,
    )
    return bring_up(chosen, state)


def _up_on_minikube(options: argparse.Namespace) -> int | None:
    """The exit status, or ``None`` if the embedded cluster is meant."""
    if options.runtime == "embedded" and not options.plan:
        return None
    from localdev.minikube import commands  # noqa: PLC0415 - see the module

    if options.runtime == "auto" and not options.plan and not commands.is_available():
        return None
    return commands.bring_up(
        options.manifests,
        options.state,
        driver=options.driver,
        seed=options.seed,
        is_plan=options.plan,
    )


def _is_on_minikube(options: argparse.Namespace) -> bool:
    """What was said, else what `up` brought up on this state folder."""
    if options.runtime == "auto":
        return noted(options.state) is not None and not State(options.state).is_running()
    return bool(options.runtime == "minikube")


def _arguments_of(options: argparse.Namespace) -> list[str]:
    arguments = ["up", "--state", str(options.state), "--seed", options.seed]
    arguments += ["--manifests", str(options.manifests), "--start", options.start]
    arguments += ["--max-scale-limit", str(options.max_scale_limit)]
    arguments += [] if options.warming else ["--no-warming"]
    arguments += [] if options.telemetry else ["--no-telemetry"]
    return arguments + (["--window", str(options.window)] if options.window else [])


def _status(options: argparse.Namespace) -> int:
    if _is_on_minikube(options):
        from localdev.minikube.status import show_status  # noqa: PLC0415 - see the module

        return show_status(options.state, is_json=options.json)
    if options.watch:
        watch_status(options.state)
        return 0
    try:
        status = call(options.state, "status")
    except NotRunningError:
        if options.json:
            print(json.dumps({"ready": False, "runtime": "embedded"}))
            return 1
        raise
    if options.json:
        print(json.dumps(status, indent=2))
    else:
        print_status(status)
    return 0


def _down(options: argparse.Namespace) -> int:
    if _is_on_minikube(options):
        from localdev.minikube import commands  # noqa: PLC0415 - see the module

        return commands.take_down(options.state, is_profile_deleted=options.delete_profile)
    return take_down(State(options.state))


def _logs(options: argparse.Namespace) -> int:
    return follow_log(State(options.state), options.name, is_followed=options.follow)


def _events(options: argparse.Namespace) -> int:
    from localdev.events import print_events  # noqa: PLC0415 - see the module

    return print_events(options.state, options.topic, options.last, is_followed=options.follow)


def _scale(options: argparse.Namespace) -> int:
    count = "" if options.count is None else f"&count={options.count}"
    answer = call(options.state, f"scale?name={options.name}{count}", timeout_seconds=60)
    print(f"{answer['name']}: desired {answer['desired']}, ready {answer['ready']}")
    return 0


def _folder(text: str) -> Path:
    """Absolute: a detached supervisor has a working directory of its own."""
    return Path(text).resolve()


def _seed(text: str) -> str:
    if text in {"demo", "none"}:
        return text
    file = Path(text).resolve()
    if not file.is_file():
        raise argparse.ArgumentTypeError(f"{text} is neither demo nor none nor a file")
    return str(file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m localdev", description=__doc__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--state",
        type=_folder,
        default=DEFAULT_STATE,
        help="the stack's folder (default: .popshop)",
    )
    commands = parser.add_subparsers(required=True)

    def command(name: str, run: Callable[..., int], about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, parents=[common], help=about)
        added.set_defaults(command=run)
        return added

    _add_up(command("up", _up, "start the shop"))
    status = command("status", _status, "what runs, and where")
    status.add_argument("--json", action="store_true", help="for programs")
    status.add_argument("--watch", "-w", action="store_true", help="again every second")
    down = command("down", _down, "stop the shop")
    down.add_argument("--delete-profile", action="store_true", help="Minikube's profile as well")
    for asked in (status, down):
        asked.add_argument(
            "--runtime", choices=_RUNTIMES, default="auto", help="(default: what `up` brought up)"
        )
    logs = command("logs", _logs, "print a log")
    logs.add_argument("name", help="a function, or gateway, dispatcher, sink, ...")
    logs.add_argument("--follow", "-f", action="store_true", help="go on as it grows")
    events = command("events", _events, "print the events in Kafka")
    events.add_argument("--topic", help="only this one, e.g. order.paid")
    events.add_argument("--last", type=int, default=20, metavar="N", help="per topic (default: 20)")
    events.add_argument("--follow", "-f", action="store_true", help="go on as they come")
    scale = command("scale", _scale, "show or set how many processes a function has")
    scale.add_argument("name")
    scale.add_argument("count", type=int, nargs="?", help="0 or more; the autoscaler goes on")
    return parser


def _add_up(up: argparse.ArgumentParser) -> None:
    up.add_argument("--detach", action="store_true", help="return when the shop answers")
    up.add_argument(
        "--seed",
        type=_seed,
        default="none",
        metavar="demo|none|FILE",
        help="goods and demo logins to start with (default: none)",
    )
    up.add_argument(
        "--runtime",
        choices=_RUNTIMES,
        default="embedded",
        help="where; auto: minikube if it and kubectl are on PATH (default: embedded)",
    )
    up.add_argument("--driver", default="", help="Minikube's driver (default: it chooses)")
    up.add_argument(
        "--plan",
        action="store_true",
        help="print what --runtime minikube would run, as a shell script, and run nothing",
    )
    up.add_argument(
        "--window",
        type=float,
        metavar="SECONDS",
        help="shorten every stable window, after which idle functions go",
    )
    up.add_argument(
        "--start",
        choices=("zygote", "exec"),
        default="zygote",
        help="how a function's process is made: a fork, or a new interpreter as in the image",
    )
    up.add_argument(
        "--max-scale-limit",
        type=int,
        default=_REPLICAS_PER_CORE * (os.cpu_count() or 1),
        metavar="N",
        help="no function has more replicas, 0: as many as it asks for (default: %(default)s)",
    )
    up.add_argument(
        "--warming",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="wake what usually follows a page (default: yes)",
    )
    up.add_argument(
        "--telemetry",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="keep traces and metrics, shown as pages (default: yes)",
    )
    up.add_argument(
        "--manifests",
        type=_folder,
        default=REPOSITORY,
        metavar="DIR",
        help="where knative/ and eventing/ are (default: this project)",
    )
