"""The runtime contract (serving test/conformance/runtime)."""

import ipaddress
import os
import re

from tests.integration.knative.client import Line, ask
from tests.integration.knative.cluster import Service
from tests.integration.knative.scenarios import CALLEE, DIRECT, scenario, sibling

# As upstream checks it (test/conformance/runtime/header_test.go).
FORWARDED = r'((^|\s*[,;]\s*)((for|by)=("[^"]+"|[0-9.:]+)|proto=https?|host=[^",;]+))+$'
SERVICE_URL = {"valueFrom": {"configMapKeyRef": {"name": "popshop-config", "key": "service-url"}}}
_DEVICES = ("full", "null", "ptmx", "random", "tty", "urandom", "zero")


@scenario()
def must_have_files_and_should_have_files(service: Service) -> None:
    files = ask(service).json["host"]["files"]
    assert {name: told for name, told in files.items() if "error" in told} == {}
    devices = [files[f"/dev/{name}"] for name in _DEVICES]
    assert all(told["mode"] == "crw-rw-rw-" for told in devices)
    assert [name for name, told in files.items() if told["isDir"]] == [
        *("/dev/fd", "/proc/self/fd", "/tmp"),
    ]
    assert files["/tmp"]["mode"].startswith("drwxrwxrw")
    assert files["/tmp"]["usable"]
    assert files["/etc/resolv.conf"]["mode"][1::3].count("r") == 3


@scenario(args=("first", "--second=2"))
def the_runtime_document_tells_process_user_and_mounts(service: Service) -> None:
    told = ask(service, "/document?n=1").json
    host, request = told["host"], told["request"]
    assert host["stdin"] == {"eof": True}
    assert host["args"] == ["first", "--second=2"]
    assert (host["user"]["uid"], host["user"]["gid"]) == (os.getuid(), os.getgid())
    assert any(path == "/" for _, path, *_ in host["mounts"])
    assert host["cgroups"]
    assert host["pid"] in service.told["pids"]
    assert (request["uri"], request["version"]) == ("/document?n=1", "HTTP/1.1")


def _headers_that_must_and_should(service: Service) -> None:
    told = ask(service, by="gateway", this_was_user_set="a value", traceparent="00-1-2-03")
    request = told.json["request"]
    headers = request["headers"]
    assert request["host"] == service.facts["base_url"].partition("//")[2]
    assert re.search(FORWARDED, headers["Forwarded"][0]), headers
    assert headers["X-Forwarded-Proto"] == ["https"]
    for hop in headers["X-Forwarded-For"][0].split(", "):
        ipaddress.ip_address(hop)
    assert headers["This-Was-User-Set"] == ["a value"]
    assert headers["Traceparent"] == ["00-1-2-03"]


@scenario()
def must_have_headers_set_by_the_gateway(service: Service) -> None:
    _headers_that_must_and_should(service)


@scenario(scale=DIRECT)
def must_have_headers_set_past_the_activator(service: Service) -> None:
    ask(service)
    service.until(lambda told: told["path"] == "direct", "goes direct")
    _headers_that_must_and_should(service)
    told = ask(service, by="gateway").json["request"]["headers"]
    assert "K-Proxy-Request" not in told


@scenario()
def headers_of_a_hop_and_of_the_revision_stay_behind(service: Service) -> None:
    told = ask(
        service,
        Connection="keep-alive, X-Secret",
        X_Secret="1",
        Keep_Alive="timeout=5",
        TE="trailers",
        Knative_Serving_Revision="other-00001",
        Knative_Serving_Namespace="default",
        K_Original_Host="shop.example",
    ).json["request"]
    gone = {"X-Secret", "Keep-Alive", "Connection", "K-Original-Host", "User-Agent"}
    gone |= {"Knative-Serving-Revision", "Knative-Serving-Namespace"}
    assert gone.isdisjoint(told["headers"])
    assert told["headers"]["Te"] == ["trailers"]
    assert told["headers"]["K-Proxy-Request"] == ["activator"]


@scenario()
def every_method_and_body_arrives(service: Service) -> None:
    for by in ("activator", "gateway"):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            told = ask(service, by=by, method=method, body=b"x=1").json["request"]
            assert (told["method"], told["body"]) == (method, "x=1")
        head = ask(service, by=by, method="HEAD")
        assert (head.status, head.body) == (200, b"")
        assert int(head.headers["content-length"]) > 1000
        pieces = [b"p" * 65536] * 48
        assert ask(service, "/size", by=by, method="POST", body=pieces).json == 3 * 2**20
        whole = b"".join(pieces)
        assert ask(service, "/size", by=by, method="POST", body=whole).json == 3 * 2**20


@scenario()
def a_stream_is_passed_on_as_it_comes(service: Service) -> None:
    ask(service, "/age")
    for by in ("activator", "gateway"):
        line = Line(service, by)
        times = line.stream("/stream?n=6&gap=0.4")
        line.close()
        assert len(times) == 6
        assert times[-1] > 1.5


@scenario()
def an_unknown_revision_is_404(service: Service) -> None:
    told = ask(sibling(service, "nothing"))
    assert told.status == 404
    assert told.body.startswith(b"Error getting active endpoint: ")


@scenario(env={"SERVICE_URL": SERVICE_URL})
def service_to_service_call(service: Service) -> None:
    """The callee is at zero; it hears of a host of the cluster (serving service_to_service)."""
    told = ask(service, f"/call?service={CALLEE}").json
    assert told["host"]["envs"]["K_SERVICE"] == CALLEE
    assert told["request"]["host"] == f"{CALLEE}.popshop.svc.cluster.local"
