import pytest

from localdev.engines import kafka
from localdev.engines.kafka_jars import NotInstalledError, class_path, java, kafka_version
from tests.unit.localdev.engines.fakes import JAVA_21

FILL_THE_FOLDER = """
for argument in "$@"; do
  case "$argument" in -DoutputDirectory=*) folder="${argument#*=}";; esac
done
/bin/mkdir -p "$folder" && : > "$folder/kafka_2.13.jar"
"""
MAVEN = f"""
echo "$@" >> "$HOME/maven-calls"
{FILL_THE_FOLDER}
"""
FAILING_MAVEN = f"""
{FILL_THE_FOLDER}
echo "[INFO] looking"; echo "[ERROR] the repository is unreachable"; exit 1
"""


@pytest.fixture(autouse=True)
def _home(machine, monkeypatch):
    monkeypatch.setenv("HOME", str(machine.home))


def cached(machine):
    return sorted(item.name for item in (machine.home / ".cache" / "popshop").iterdir())


def test_without_java_the_reason_is_one_line_and_the_wheel_is_next(machine):
    assert kafka.apache_kafka(machine.place) is None
    assert machine.said == [
        "Apache Kafka is not available: there is no java on the path (it needs 17 or newer)"
    ]


def test_an_old_java_is_refused_by_its_version(machine):
    machine.install("java", """echo 'java version "11.0.2"' >&2""")
    with pytest.raises(NotInstalledError, match=r'17 or newer; .*/java says .*"11\.0\.2"'):
        java(machine.place)


def test_java_home_wins_over_the_path(machine, tmp_path):
    machine.install("java", """echo 'java version "11.0.2"' >&2""")
    program = machine.install("java21", JAVA_21)
    (tmp_path / "jdk" / "bin").mkdir(parents=True)
    program.rename(tmp_path / "jdk" / "bin" / "java")
    machine.environ["JAVA_HOME"] = str(tmp_path / "jdk")
    assert java(machine.place) == str(tmp_path / "jdk" / "bin" / "java")


def test_a_java_home_without_a_java_is_said(machine, tmp_path):
    machine.environ["JAVA_HOME"] = str(tmp_path / "nothing")
    assert kafka.apache_kafka(machine.place) is None
    assert "nothing/bin/java cannot be run" in machine.said[0]


def test_without_maven_and_jars_the_reason_is_one_line(machine):
    machine.install("java", JAVA_21)
    assert kafka.apache_kafka(machine.place) is None
    assert machine.said == [
        "Apache Kafka is not available: there is no mvn on the path to fetch its jars with"
    ]


def test_the_jars_are_fetched_once(machine):
    machine.install("mvn", MAVEN)
    first, second = class_path(machine.place), class_path(machine.place)
    folder = machine.home / ".cache" / "popshop" / f"kafka-{kafka_version()}"
    assert first == second == f"{folder}/*"
    assert [item.name for item in folder.iterdir()] == ["kafka_2.13.jar"]
    (call,) = (machine.home / "maven-calls").read_text().splitlines()
    assert "dependency:copy-dependencies" in call
    assert machine.said == [f"fetching Apache Kafka {kafka_version()} through Maven, once"]


def test_jars_in_the_cache_need_no_maven(machine):
    (machine.home / ".cache" / "popshop" / f"kafka-{kafka_version()}").mkdir(parents=True)
    assert class_path(machine.place).endswith("/*")
    assert machine.said == []


def test_a_failed_fetch_leaves_nothing_and_says_why(machine):
    machine.install("mvn", FAILING_MAVEN)
    with pytest.raises(NotInstalledError, match=r"fetch its jars: \[ERROR\] the repository is"):
        class_path(machine.place)
    assert cached(machine) == []


def test_a_fetch_that_another_stack_won_is_as_good(machine):
    folder = machine.home / ".cache" / "popshop" / f"kafka-{kafka_version()}"
    won = f'/bin/mkdir -p "{folder}" && : > "{folder}/theirs.jar"'
    machine.install("mvn", f"{MAVEN}\n{won}")
    assert class_path(machine.place) == f"{folder}/*"
    assert [item.name for item in folder.iterdir()] == ["theirs.jar"]
    assert cached(machine) == [folder.name]
