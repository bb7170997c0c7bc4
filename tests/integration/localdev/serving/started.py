"""A function that tells what process it runs in."""

import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

from bson import ObjectId

from shared.kernel.ids import new_id
from shared.runtime.declare import http
from shared.runtime.identity import Access


@http("GET", "/started", access=Access.PUBLIC)
def started() -> dict[str, Any]:
    """What this process is."""
    links = [Path(f"/proc/self/fd/{number}") for number in range(3)]
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "group": os.getpgid(0),
        "session": os.getsid(0),
        "environ": dict(os.environ),
        "directory": str(Path.cwd()),
        "path": [item for item in sys.path if item],
        "streams": [str(link.readlink()) for link in links],
        "child_signal": signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL,
        "open": len(list(Path("/proc/self/fd").iterdir())),
        "drivers": sorted({"jinja2", "pymongo", "redis"} & set(sys.modules)),
        "random": random.random(),
        "uuid7": new_id(),
        "object_id_process": ObjectId().binary[4:9].hex(),
        "urandom": os.urandom(8).hex(),
    }
