"""The two ways of starting, by the name that the command line knows them by."""

from localdev.cluster.state import State
from localdev.serving.starting.by_exec import ExecStarter
from localdev.serving.starting.by_zygote import ZygoteStarter
from localdev.serving.starting.starter import Starter


def make_starter(name: str, state: State) -> Starter:
    """``zygote``: a fork of a process that has loaded the drivers; ``exec``: a new interpreter."""
    return ZygoteStarter(state) if name == "zygote" else ExecStarter(state)
