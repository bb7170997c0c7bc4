"""The same function under other servers: ``python -m tests.bench.serving NAME``.

FUNCTION_SOURCE, FUNCTION_TARGET, HOST and PORT as for the function's own process.
"""

import importlib
import os
import sys

from tests.bench.rivals import TOOLS

_THREADS = 4


def ours():
    """The function's own WSGI application."""
    from shared.runtime.handler import wsgi_application  # noqa: PLC0415 - one of the two is wanted
    from shared.runtime.serve import load_function  # noqa: PLC0415

    spec = load_function(os.environ["FUNCTION_SOURCE"], os.environ["FUNCTION_TARGET"])
    return wsgi_application(spec)


def framework():
    """The Flask application that functions-framework makes of it."""
    from functions_framework import create_app  # noqa: PLC0415

    return create_app(os.environ["FUNCTION_TARGET"], os.environ["FUNCTION_SOURCE"])


def main(name: str) -> None:
    """Serves ``name`` ("ours" or "framework") with waitress until it is ended."""
    application = ours() if name == "ours" else framework()
    # Last on the path: it brings waitress and nothing that is locked.
    sys.path.append(str(TOOLS))
    waitress = importlib.import_module("waitress")
    waitress.serve(
        application, host=os.environ["HOST"], port=int(os.environ["PORT"]), threads=_THREADS
    )


if __name__ == "__main__":
    main(sys.argv[1])
