"""Apache Kafka's jars: resolved once through Maven, then kept in the user's cache."""

import re
import tempfile
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree as ET

from localdev.engines.children import run_child
from localdev.engines.engine import EngineError
from localdev.engines.place import Place

POM = Path(__file__).with_name("pom.xml")
LEAST_JAVA = 17
_JAVA_SECONDS, _MAVEN_SECONDS = 20.0, 240.0
_POM_NAMES = {"m": "http://maven.apache.org/POM/4.0.0"}


class NotInstalledError(EngineError):
    """Java, Maven or the jars cannot be had on this machine."""


def kafka_version() -> str:
    """The version that the pom asks for."""
    # The pom is our own file.
    dependencies = ET.parse(POM).iterfind(".//m:dependency", _POM_NAMES)  # noqa: S314
    versions = {
        item.findtext("m:artifactId", "", _POM_NAMES): item.findtext("m:version", "", _POM_NAMES)
        for item in dependencies
    }
    return versions["kafka_2.13"]


def java(place: Place) -> str:
    """The path of a Java that can run Kafka. Raises ``NotInstalledError``."""
    home = place.environ.get("JAVA_HOME")
    program = str(Path(home, "bin", "java")) if home else place.find("java")
    if program is None:
        raise NotInstalledError(f"there is no java on the path (it needs {LEAST_JAVA} or newer)")
    said = _run([program, "-version"], _JAVA_SECONDS)[1]
    found = re.search(r'version "(\d+)', said)
    if not found or int(found.group(1)) < LEAST_JAVA:
        first = said.partition("\n")[0]
        raise NotInstalledError(f"it needs Java {LEAST_JAVA} or newer; {program} says {first!r}")
    return program


def class_path(place: Place) -> str:
    """The class path; fetched first if it is not cached. Raises ``NotInstalledError``."""
    folder = _cache(place) / f"kafka-{kafka_version()}"
    if not folder.is_dir():
        _fetch(place, folder)
    return f"{folder}/*"


def _cache(place: Place) -> Path:
    base = place.environ.get("XDG_CACHE_HOME")
    return (
        Path(base) if base else Path(place.environ.get("HOME") or Path.home(), ".cache")
    ) / "popshop"


def _fetch(place: Place, folder: Path) -> None:
    """Downloads beside the folder and renames, so that a half-filled one is never used."""
    maven = place.find("mvn")
    if maven is None:
        raise NotInstalledError("there is no mvn on the path to fetch its jars with")
    place.report(f"fetching Apache Kafka {kafka_version()} through Maven, once")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        jars = Path(temporary, "jars")
        options = ["-q", "-B", "-C", "-f", str(POM), f"-DoutputDirectory={jars}"]
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"]
        status, said = _run([maven, *options, *goal], _MAVEN_SECONDS)
        if status or not any(jars.glob("kafka_*.jar")):
            wrong = [line for line in said.splitlines() if "ERROR" in line] or said.splitlines()[
                -1:
            ]
            raise NotInstalledError(f"Maven could not fetch its jars: {''.join(wrong[:1])}")
        # Another stack may have been faster; its folder is as good.
        with suppress(OSError):
            jars.rename(folder)


def _run(argv: list[str], patience_seconds: float) -> tuple[int, str]:
    try:
        return run_child(argv, patience_seconds)
    except EngineError as error:
        raise NotInstalledError(str(error)) from error
