"""A tree of zygotes: the root has the runtime loaded, every branch more drivers."""

import asyncio
import socket
from collections.abc import Iterable

from localdev.cluster.processes import Process, container_environ, python, spawn
from localdev.cluster.state import State
from localdev.serving.starting.channel import Channel
from localdev.serving.starting.orders import MakeZygote

NAME = "zygote"
_MODULE = "localdev.serving.starting.zygote"

Modules = tuple[str, ...]


class Tree:
    """One root and its branches, made as they are needed.

    ``sets``: the branches to come; a branch is forked from the largest of them that it begins
    with, so that their memory is shared.
    """

    def __init__(self, sets: Iterable[Modules], state: State) -> None:
        self._sets = frozenset(sets)
        self._state = state
        self._branches: dict[Modules, asyncio.Task[Channel]] = {}
        self._root, self._root_channel = self._make_root()

    @property
    def is_gone(self) -> bool:
        """Whether it cannot make anything any more."""
        return self._root_channel.is_gone

    @property
    def zygotes(self) -> list[Process]:
        """The processes of the tree."""
        root = [self._root] if self._root.is_running else []
        return [*root, *(child for child in self._children() if child.name == NAME)]

    async def zygote(self, modules: Modules) -> Channel:
        """The zygote that holds these modules. Raises ``GoneError`` when it cannot be made."""
        if not modules:
            return self._root_channel
        branch = self._branches.get(modules)
        if branch is None or (branch.done() and _has_failed(branch)):
            branch = asyncio.create_task(self._branch(modules))
            self._branches[modules] = branch
        return await asyncio.shield(branch)

    async def close_after_functions(self) -> None:
        """Ends the zygotes once none of the functions that they made runs any more."""
        while functions := self._functions():
            await asyncio.wait([asyncio.ensure_future(item.wait()) for item in functions])
        await self.close()

    async def close(self) -> None:
        """Ends the zygotes, and with them whatever they made."""
        for branch in self._branches.values():
            branch.cancel()
        await asyncio.gather(*self._branches.values(), return_exceptions=True)
        children = self._children()
        for channel in self._channels():
            channel.close()
        await self._root.stop()
        await asyncio.gather(*(child.wait() for child in children))

    def _make_root(self) -> tuple[Process, Channel]:
        own, given = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with given:
            number = given.fileno()
            argv = python("-m", _MODULE, str(number))
            environ = container_environ({})
            try:
                root = spawn(NAME, argv, self._state, environ=environ, descriptors=[number])
            except OSError:
                own.close()
                raise
        return root, Channel(own, self._state)

    async def _branch(self, modules: Modules) -> Channel:
        begins = [names for names in self._sets if names == modules[: len(names)] != modules]
        base = max(begins, key=len, default=())
        parent = await self.zygote(base)
        own, given = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with given:
            order = MakeZygote(modules[len(base) :])
            try:
                await parent.fork(NAME, order, [given.fileno()])
            except BaseException:
                own.close()
                raise
        return Channel(own, self._state)

    def _channels(self) -> list[Channel]:
        branches = [branch for branch in self._branches.values() if not _is_without(branch)]
        return [*(branch.result() for branch in branches), self._root_channel]

    def _children(self) -> list[Process]:
        return [child for channel in self._channels() for child in channel.children]

    def _functions(self) -> list[Process]:
        return [child for child in self._children() if child.name != NAME]


def _is_without(branch: "asyncio.Task[Channel]") -> bool:
    """Whether there is no channel of a branch (yet)."""
    return not branch.done() or branch.cancelled() or branch.exception() is not None


def _has_failed(branch: "asyncio.Task[Channel]") -> bool:
    return _is_without(branch) or branch.result().is_gone
