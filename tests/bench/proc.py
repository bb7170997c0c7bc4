"""What processes cost: CPU time and memory from /proc, for one process or a tree of them."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

_GONE = (FileNotFoundError, ProcessLookupError, PermissionError)


def tree(pid: int) -> list[int]:
    """The process and all that descend from it."""
    return [pid, *(found for child in children(pid) for found in tree(child))]


def children(pid: int) -> list[int]:
    """The processes that one has started and that have not ended."""
    found: list[int] = []
    for task in _tasks(pid):
        with suppress(*_GONE):
            found += map(int, (task / "children").read_text().split())
    return found


def parent(pid: int) -> int:
    """The process that started it; 0 when either has ended."""
    with suppress(*_GONE):
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return int(text.rpartition(")")[2].split()[1])
    return 0


def command(pid: int) -> str:
    """The command line, empty for one that has ended."""
    with suppress(*_GONE):
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        return raw.replace(b"\0", b" ").decode("utf-8", "replace").strip()
    return ""


def cpu_ms(pids: Iterable[int]) -> float:
    """CPU time that the living threads of these processes have had (schedstat: nanoseconds)."""
    return sum(_task_ns(task) for pid in pids for task in _tasks(pid)) / 1e6


def pss_mb(pids: Iterable[int]) -> float:
    """Proportional set size in MB: a page that n processes share counts as 1/n in each."""
    return sum(_pss_kb(pid) for pid in pids) / 1024


def _tasks(pid: int) -> Iterator[Path]:
    with suppress(*_GONE):
        yield from Path(f"/proc/{pid}/task").iterdir()


def _task_ns(task: Path) -> int:
    with suppress(*_GONE):
        return int((task / "schedstat").read_text().split()[0])
    return 0


def _pss_kb(pid: int) -> int:
    with suppress(*_GONE):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0
