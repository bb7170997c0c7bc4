"""What an engine is: an address that answers, and the processes behind it that are ours."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit


class EngineError(RuntimeError):
    """An engine is not to be had; the message says which, why and what to do."""


class Engine(Protocol):
    """An engine that answers at ``url``; ``pids`` are the processes that are ours to end."""

    url: str
    server: str
    version: str

    @property
    def pids(self) -> list[int]:
        """Our processes, none for a given address and for one that was stopped."""

    def stop(self) -> None:
        """Ends it in good order."""

    def kill(self) -> None:
        """Ends it as a crash would (SIGKILL)."""

    def restart(self) -> None:
        """Starts it again on the same address and data; waits until it answers."""


@dataclass
class GivenEngine:
    """A server that somebody else runs."""

    url: str
    version: str
    server: str = "given"

    @property
    def pids(self) -> list[int]:
        """None: it is not ours."""
        return []

    def stop(self) -> None:
        """Leaves it alone."""

    def kill(self) -> None:
        """Refuses: it is not ours."""
        raise EngineError(f"{without_login(self.url)} was given and is not ours to kill")

    def restart(self) -> None:
        """Leaves it alone."""


@dataclass(frozen=True, slots=True)
class Engines:
    """All four; ``release`` gives the state folder back."""

    mongodb: Engine
    kafka: Engine
    redis: Engine
    s3: Engine
    release: Callable[[], None]

    def stop(self) -> None:
        """Ends those that are ours, all at once."""
        engines = (self.mongodb, self.kafka, self.redis, self.s3)
        try:
            with ThreadPoolExecutor(len(engines)) as pool:
                for ended in [pool.submit(engine.stop) for engine in engines]:
                    ended.result()
        finally:
            self.release()


def given_engine(
    variable: str, url: str, probe: Callable[[str], str], faults: tuple[type[BaseException], ...]
) -> GivenEngine:
    """The engine at an address from the environment. ``EngineError`` if it does not answer."""
    try:
        return GivenEngine(url, probe(url))
    except faults as error:
        raise EngineError(
            f"{variable}: {without_login(url)} does not answer ({error}); "
            f"correct it, or unset it for an engine of our own"
        ) from error


def without_login(url: str) -> str:
    """An address as it may be shown."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts.netloc else url
