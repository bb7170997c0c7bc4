"""The supervisor's side of one zygote: orders go out, children and their ends come back."""

import asyncio
import signal
import socket
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from localdev.cluster.processes import Process
from localdev.cluster.state import State
from localdev.serving.starting.orders import (
    LARGEST_BYTES,
    Ended,
    Forked,
    Order,
    Outdated,
    Refused,
    Report,
)
from localdev.serving.starting.starter import StartError

_REPORTS = msgspec.json.Decoder(Report)


class GoneError(RuntimeError):
    """The zygote has died; another one can be made."""


class OutdatedError(RuntimeError):
    """The zygote holds modules whose files were changed since."""


class ForkedProcess(Process):
    """A child of a zygote, which reaps it and tells its status."""

    def orphan(self) -> None:
        """The zygote has died, and the kernel ends its children: the end is all to be learnt."""
        if self.is_running:
            self.send(signal.SIGKILL)
            asyncio.get_running_loop().add_reader(self._descriptor, self._vanish)

    def _vanish(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        self.finish(-signal.SIGKILL)


class Channel:
    """The orders to one zygote."""

    def __init__(self, end: socket.socket, state: State) -> None:
        self.is_gone = False
        self._socket = end
        self._socket.setblocking(False)
        self._state = state
        self._sending = asyncio.Lock()
        self._room: asyncio.Future[None] | None = None
        self._pending: deque[tuple[str, asyncio.Future[ForkedProcess]]] = deque()
        self._children: dict[int, ForkedProcess] = {}
        asyncio.get_running_loop().add_reader(end, self._receive)

    @property
    def children(self) -> list[ForkedProcess]:
        """Those that run."""
        return list(self._children.values())

    async def fork(self, name: str, order: Order, descriptors: Sequence[int]) -> ForkedProcess:
        """The child that carries out the order.

        Raises ``StartError``, ``GoneError`` or ``OutdatedError``: then there is none.
        """
        data = msgspec.json.encode(order)
        if len(data) > LARGEST_BYTES:
            raise StartError(f"{name}: its variables take {len(data)} bytes; 96 KiB are the most")
        forked: asyncio.Future[ForkedProcess] = asyncio.get_running_loop().create_future()
        async with self._sending:
            await self._send(data, descriptors)
            self._pending.append((name, forked))
        return await forked

    def close(self) -> None:
        """No more orders: the zygote ends, and the kernel ends its children."""
        if self.is_gone:
            return
        self.is_gone = True
        self._writable()
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
        for _, forked in self._pending:
            if not forked.done():
                forked.set_exception(GoneError("the zygote has died"))
        for child in self._children.values():
            child.orphan()

    async def _send(self, data: bytes, descriptors: Sequence[int]) -> None:
        while not self.is_gone:
            with suppress(BlockingIOError):
                try:
                    socket.send_fds(self._socket, [data], descriptors)
                except (BrokenPipeError, ConnectionResetError):
                    break
                return
            self._room = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().add_writer(self._socket, self._writable)
            await self._room
        raise GoneError("the zygote has died")

    def _writable(self) -> None:
        asyncio.get_running_loop().remove_writer(self._socket)
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    def _receive(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(
                self._socket, LARGEST_BYTES, 1, socket.MSG_CMSG_CLOEXEC
            )
        except BlockingIOError:
            return
        except OSError:
            data, descriptors = b"", []
        if not data:
            self.close()
            return
        report = _REPORTS.decode(data)
        if isinstance(report, Ended):
            if child := self._children.pop(report.pid, None):
                child.finish(report.status)
        else:
            self._answer(report, descriptors)

    def _answer(self, report: Forked | Refused | Outdated, descriptors: list[int]) -> None:
        name, forked = self._pending.popleft()
        if isinstance(report, Forked):
            child = ForkedProcess(name, report.pid, descriptors[0], self._state)
            self._children[report.pid] = child
            if forked.done():  # nobody waits any more
                child.send(signal.SIGKILL)
            else:
                forked.set_result(child)
        elif not forked.done():
            forked.set_exception(
                OutdatedError(report.file)
                if isinstance(report, Outdated)
                else StartError(f"{name}: {report.reason}")
            )
