"""The process of a function: ``python -m shared.runtime.serve``, chosen by the environment.

FUNCTION_SOURCE is the function's file, FUNCTION_TARGET its name, PORT where to listen, THREADS how
many requests are answered at once; the same variables that functions-framework reads.
"""

import gc
import os
import signal

if __name__ == "__main__":
    gc.disable()  # what is imported below is kept for good; on again when all is loaded
    # Process 1 of a container, which ignores it otherwise until ``serve`` has a handler.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))

import importlib
import socket
import sys
from pathlib import PurePath

from shared.runtime import telemetry
from shared.runtime.declare import Socket, Spec, spec_of
from shared.runtime.handler import wsgi_application
from shared.runtime.logs import log_crash
from shared.runtime.server import listen, serve
from shared.runtime.sockets import MOST_OPEN

# One thread per open socket; a function that computes has two, since more only lengthen the tail
# (measured). One that mostly waits for others is given more, by its scaling profile.
_THREADS, _SOCKET_THREADS = 2, MOST_OPEN + 32
# Requests leave little behind; collecting after every 700 objects costs more than it frees.
_GARBAGE_OBJECTS = 10_000


def load_function(source: str, target: str) -> Spec:
    """The spec of ``target`` in the file ``source`` below the working directory."""
    root = os.getcwd()  # noqa: PTH109 - pathlib's way imports more
    if root not in sys.path:
        sys.path.insert(0, root)
    module = ".".join(PurePath(source).with_suffix("").parts)
    return spec_of(getattr(importlib.import_module(module), target))


def run(listener: socket.socket | None = None) -> None:
    """Serves the function that the environment names until SIGTERM, here or on ``listener``.

    One that cannot be loaded ends the process with status 1 and a line that says why.
    """
    gc.disable()  # nothing that is imported becomes garbage
    telemetry.set_up(os.environ)
    spec = _load()
    gc.freeze()
    gc.set_threshold(_GARBAGE_OBJECTS)
    gc.enable()
    usual = _SOCKET_THREADS if isinstance(spec.trigger, Socket) else _THREADS
    threads = int(os.environ.get("THREADS", usual))
    serve(wsgi_application(spec), listener or _listen(), threads=threads)
    telemetry.shut_down()


def _load() -> Spec:
    try:
        source, target = (os.environ[f"FUNCTION_{name}"] for name in ("SOURCE", "TARGET"))
    except KeyError as error:
        log_crash(f"no function is named; set {error.args[0]}", error)
        raise SystemExit(1) from error
    try:
        return load_function(source, target)
    except Exception as error:
        log_crash(f"the function {target!r} cannot be loaded from {source!r}", error)
        raise SystemExit(1) from error


def _listen() -> socket.socket:
    # In a pod every interface; localdev says loopback.
    host, port = os.environ.get("HOST", "0.0.0.0"), os.environ.get("PORT", "8080")  # noqa: S104
    return listen(host, int(port))


if __name__ == "__main__":
    run()
