"""Starting by fork: functions come from zygotes that have their drivers loaded already.

An edited function file is new at the function's next start, for only the child loads it. An edited
file below ``shared/`` that a zygote holds is noticed at the next start, too: a new tree of zygotes
is made, and the old one ends with the last of its functions. New versions of libraries need a
restart of the stack.
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress

from localdev.cluster.crash_orders import take_crash_order
from localdev.cluster.manifests import Workload
from localdev.cluster.ports import HOST, Reservation
from localdev.cluster.processes import Process
from localdev.cluster.state import State
from localdev.serving.starting.by_exec import ExecStarter
from localdev.serving.starting.channel import GoneError, OutdatedError
from localdev.serving.starting.log_tail import last_lines, log_size
from localdev.serving.starting.orders import MakeFunction
from localdev.serving.starting.starter import Started, StartError, function_environ, niceness_of
from localdev.serving.starting.tree import NAME, Modules, Tree
from shared.runtime.server import listen

_ANNOTATION = "popshop/preloads"
_ATTEMPTS = 3
# What the interpreter and the loader read once, when a process begins.
_READ_AT_EXEC = ("PYTHON", "LD_")


class ZygoteStarter:
    """Forks functions; what has a command of its own is started by exec."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._sets: frozenset[Modules] = frozenset()
        self._exec = ExecStarter(state)
        self._tree: Tree | None = None
        self._retired: dict[Tree, asyncio.Task[None]] = {}

    @property
    def zygotes(self) -> list[Process]:
        """The zygotes that run, of retired trees as well."""
        trees = [*self._retired, *([self._tree] if self._tree else [])]
        return [process for tree in trees for process in tree.zygotes]

    async def prepare(self, workloads: Iterable[Workload]) -> None:
        """See ``Starter``: makes a zygote for every set of modules that they load."""
        self._sets = frozenset(preloads_of(item) for item in workloads if _is_forked(item))
        # What fails is tried again by the next start, which has somebody to tell.
        with suppress(GoneError, StartError, OSError):
            tree = self._current_tree()
            for modules in sorted(self._sets):
                await tree.zygote(modules)

    async def start(
        self,
        workload: Workload,
        variables: Mapping[str, str],
        *,
        reservation: Reservation | None = None,
    ) -> Started:
        """See ``Starter``."""
        if not _is_forked(workload):
            return await self._exec.start(workload, variables, reservation=reservation)
        variables = {**variables, **take_crash_order(self._state, workload.name)}
        port = reservation.port if reservation else 0
        for _ in range(_ATTEMPTS):
            try:
                tree = self._current_tree()
                return await self._fork(tree, workload, variables, port)
            except OutdatedError:
                self._retire(tree)
            except GoneError:
                continue
            except OSError as error:
                raise StartError(f"{workload.name} cannot be started: {error}") from error
        said = last_lines(self._state, NAME)
        raise StartError(f"{workload.name}: its zygote ended {_ATTEMPTS} times; it said: {said}")

    async def close(self) -> None:
        """Ends the zygotes and whatever functions are left."""
        if self._tree is not None:
            self._retire(self._tree)
        for tree, closing in list(self._retired.items()):
            closing.cancel()
            await asyncio.wait([closing])
            await tree.close()
        await self._exec.close()

    async def _fork(
        self,
        tree: Tree,
        workload: Workload,
        variables: Mapping[str, str],
        port: int,
    ) -> Started:
        zygote = await tree.zygote(preloads_of(workload))
        offset = log_size(self._state, workload.name)
        # It listens from now on: the first connection waits in the backlog, nobody polls.
        with listen(HOST, port) as listener:
            port = listener.getsockname()[1]
            environ = function_environ(workload, variables, port)
            order = MakeFunction(workload.name, environ, niceness_of(workload))
            with self._state.log_of(workload.name).open("ab") as log:
                process = await zygote.fork(workload.name, order, [listener.fileno(), log.fileno()])
        return Started(process, port, offset)

    def _current_tree(self) -> Tree:
        if self._tree is None or self._tree.is_gone:
            if self._tree is not None:
                self._retire(self._tree)
            self._tree = Tree(self._sets, self._state)
        return self._tree

    def _retire(self, tree: Tree) -> None:
        """Its functions run on; the next start makes a new tree."""
        if tree is self._tree:
            self._tree = None
            closing = asyncio.create_task(tree.close_after_functions())
            self._retired[tree] = closing
            closing.add_done_callback(lambda _: self._retired.pop(tree, None))


def _is_forked(workload: Workload) -> bool:
    is_read_at_exec = any(name.startswith(_READ_AT_EXEC) for name in workload.variables)
    return not workload.command and not is_read_at_exec


def preloads_of(workload: Workload) -> Modules:
    """What the manifest says that the function loads; nothing for manifests of others."""
    named = workload.annotations.get(_ANNOTATION, "")
    return tuple(name.strip() for name in named.split(",") if name.strip())
