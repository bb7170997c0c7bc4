"""The process of a function: ``python -m shared.runtime.serve``, chosen by the environment.

FUNCTION_SOURCE is the function's file, FUNCTION_TARGET its name, PORT where to listen; the same
variables that functions-framework reads.
"""

import importlib
import os
import sys
from pathlib import PurePath

from shared.runtime.declare import Socket, Spec, spec_of
from shared.runtime.handler import wsgi_application
from shared.runtime.server import serve

# One thread per open socket; a function has two, since more only lengthen the tail (measured).
_THREADS, _SOCKET_THREADS = 2, 512


def load_function(source: str, target: str) -> Spec:
    """The spec of ``target`` in the file ``source`` below the working directory."""
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - pathlib's way imports more
    module = ".".join(PurePath(source).with_suffix("").parts)
    return spec_of(getattr(importlib.import_module(module), target))


def main() -> None:
    """Serves until SIGTERM."""
    spec = load_function(os.environ["FUNCTION_SOURCE"], os.environ["FUNCTION_TARGET"])
    is_socket = isinstance(spec.trigger, Socket)
    serve(
        wsgi_application(spec),
        host=os.environ.get("HOST", "0.0.0.0"),  # noqa: S104 - in a pod; localdev says loopback
        port=int(os.environ.get("PORT", "8080")),
        threads=_SOCKET_THREADS if is_socket else _THREADS,
    )


if __name__ == "__main__":
    main()
