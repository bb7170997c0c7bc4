"""A process that has loaded what functions load, and makes functions by forking itself.

It has one thread, no client and no socket but the channel to its supervisor, so that a fork is a
clean start. A child begins where ``python -m shared.runtime.serve`` is once its own modules are
loaded; a function's file is never loaded here. What all children share is the hash seed and the
address layout, which is why this is for one machine's development alone.

    python -m localdev.serving.starting.zygote <descriptor of the channel>
"""

import fnmatch
import gc
import importlib
import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType

import msgspec

from localdev.cluster.death import die_with_parent, name_process
from localdev.serving.starting.loaded import Loaded
from localdev.serving.starting.orders import (
    LARGEST_BYTES,
    Ended,
    Forked,
    MakeFunction,
    Order,
    Outdated,
    Refused,
    Report,
)
from shared.runtime import serve
from shared.runtime.logs import log_crash

_MOST_DESCRIPTORS = 2
_ORDERS = msgspec.json.Decoder(Order)


class Child(msgspec.Struct, frozen=True):
    """What this process is, once it is a child."""

    order: Order
    descriptors: list[int]


class Zygote:
    """The forking side of a channel."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._loaded = Loaded()
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, _wake_up)
        signal.set_wakeup_fd(self._wake)

    def run(self) -> Child:
        """Carries out orders until the supervisor closes the channel; returns in children alone."""
        orders = self._channel.fileno()
        while True:
            ready, _, _ = select.select([orders, self._woken], [], [])
            if self._woken in ready:
                self._reap()
            if orders in ready and (child := self._carry_out_next()):
                return child

    def _carry_out_next(self) -> Child | None:
        data, descriptors, _, _ = socket.recv_fds(self._channel, LARGEST_BYTES, _MOST_DESCRIPTORS)
        if not data:
            raise SystemExit(0)
        try:
            order = _ORDERS.decode(data)
            if isinstance(order, MakeFunction) and (file := self._loaded.changed_file()):
                self._report(Outdated(file))
            elif self._fork():
                return Child(order, descriptors)
        except (msgspec.MsgspecError, OSError) as error:
            self._report(Refused(str(error)))
        for descriptor in descriptors:
            os.close(descriptor)
        return None

    def _fork(self) -> bool:
        """Whether this is the child."""
        own = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._leave(own)
            return True
        try:
            descriptor = os.pidfd_open(pid)
        except OSError:
            os.kill(pid, signal.SIGKILL)
            raise
        self._report(Forked(pid), [descriptor])
        os.close(descriptor)
        return False

    def _leave(self, parent: int) -> None:
        """Makes a fresh process of a child: nothing of the zygote stays open."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._channel.close()
        os.close(self._woken)
        os.close(self._wake)
        os.setpgid(0, 0)
        die_with_parent()
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    def _reap(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._woken, 4096)
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._report(Ended(ended[0], os.waitstatus_to_exitcode(ended[1])))

    def _report(self, report: Report, descriptors: list[int] | None = None) -> None:
        try:
            socket.send_fds(self._channel, [msgspec.json.encode(report)], descriptors or [])
        except (BrokenPipeError, ConnectionResetError):
            raise SystemExit(0) from None


def load(patterns: tuple[str, ...]) -> None:
    """Imports them for good; what cannot be loaded is left to the functions, which will say so."""
    gc.disable()
    for module in [name for pattern in patterns for name in modules_of(pattern)]:
        try:
            importlib.import_module(module)
        except Exception as error:  # noqa: BLE001 - any module's own failure
            log_crash(f"{module} cannot be loaded ahead", error)
    gc.collect()
    gc.freeze()
    gc.enable()


def modules_of(pattern: str) -> list[str]:
    """A module's name itself, or our own modules whose names match (``fnmatch``)."""
    if "*" not in pattern:
        return [pattern]
    files = sorted(Path(pattern.partition(".")[0]).rglob("*.py"))
    names = [".".join(file.with_suffix("").parts) for file in files if file.stem != "__init__"]
    return fnmatch.filter(names, pattern)


def become_function(order: MakeFunction, listener: int, log: int) -> None:
    """Goes on as the process of a function, until it is stopped."""
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    os.close(log)
    os.environ.clear()
    os.environ.update(order.environ)
    time.tzset()
    name_process(order.name)
    os.nice(order.niceness)
    serve.run(socket.socket(fileno=listener))


def main() -> None:
    """The root of a tree; every child goes on from here as what it was ordered to be."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    patterns: tuple[str, ...] = ()
    while True:
        load(patterns)
        child = Zygote(channel).run()
        if isinstance(child.order, MakeFunction):
            become_function(child.order, *child.descriptors)
            return
        channel, patterns = socket.socket(fileno=child.descriptors[0]), child.order.modules
        name_process("zygote")


def _wake_up(_signal: int, _frame: FrameType | None) -> None:
    """Only that there is a handler makes the kernel wake us."""


if __name__ == "__main__":
    main()
