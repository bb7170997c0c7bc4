"""Whether a process listens on a port: tells our server from another one on the same port."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_LISTENING = "0A"
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


def listens(pid: int, port: int) -> bool:
    """Whether one of the process's own sockets listens on the port (proc(5), /proc/net/tcp)."""
    wanted = {f"socket:[{inode}]" for inode in _listening_sockets(port)}
    return bool(wanted) and any(name in wanted for name in _open_files(pid))


def _listening_sockets(port: int) -> Iterator[str]:
    for table in _TABLES:
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def _open_files(pid: int) -> Iterator[str]:
    with suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                yield str(entry.readlink())
