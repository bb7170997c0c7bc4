"""The comparison with the recordings sees what differs, and forgives what it must."""

import pytest

from tests.integration.localdev.serving.golden.comparison import differences

SETUP = {"containerConcurrency": 1}
HEADERS = [["A", "1"], ["A", "2"], ["B", "x"]]
PLAIN = {"status": 200, "headers": HEADERS, "elapsed_s": 1.0}
OWN = {"status": 400, "headers": [["X-Content-Type-Options", "nosniff"]], "body": "why\n"}
LIBRARY = {"status": 400, "headers": [["Connection", "close"]], "body": "400 Bad Request"}
GATEWAY = {"status": 502, "headers": [["Content-Length", "4"]], "body": "EOF\n", "body_bytes": 4}
GROUP = {"200": {"count": 2, "elapsed_s": [0.5, 1.0]}}


def differ(wanted, got, slack_seconds=0.0, group="headers"):
    case = {"name": "c", "group": group, "setup": SETUP, "observed": {"r": wanted}}
    return differences(case, {"r": got}, slack_seconds)


def test_a_difference_names_case_field_wanted_and_got():
    assert differ(PLAIN, PLAIN | {"status": 503}) == ["c: observed.r.status: wanted 200, got 503"]


@pytest.mark.parametrize(
    "change",
    [
        {"headers": [["b", "x"], ["a", "1"], ["a", "2"]]},
        {"elapsed_s": 1.3},
        {"elapsed_s": 0.7},
        {"chunk_times": [0.1]},
    ],
)
def test_order_and_case_of_headers_and_small_delays_are_forgiven(change):
    assert differ(PLAIN, PLAIN | change) == []


@pytest.mark.parametrize(
    "change",
    [
        {"headers": [["A", "2"], ["A", "1"], ["B", "x"]]},
        {"headers": [["A", "1"], ["B", "x"]]},
        {"headers": [*HEADERS, ["C", ""]]},
        {"elapsed_s": 1.31},
        {"elapsed_s": None},
        {"informational": []},
    ],
)
def test_what_is_too_little_too_much_or_too_late_is_a_difference(change):
    assert len(differ(PLAIN, PLAIN | change)) == 1


def test_a_field_that_was_not_observed_is_a_difference():
    assert differ(PLAIN, {"status": 200, "headers": HEADERS}) == [
        "c: observed.r.elapsed_s: wanted 1.0, got nothing"
    ]


def test_drains_have_a_second():
    assert differ(PLAIN, PLAIN | {"elapsed_s": 2.0}, group="drain") == []
    assert differ(PLAIN, PLAIN | {"elapsed_s": 2.1}, group="drain")


def test_the_lateness_of_the_machine_adds_up_along_a_queue():
    late = {"by_status": {"200": GROUP["200"] | {"elapsed_s": [0.5, 1.5]}}}
    assert differ({"by_status": GROUP}, late, slack_seconds=0.1) == []
    assert differ({"by_status": GROUP}, late, slack_seconds=0.09)


def test_a_status_that_was_not_recorded_is_a_difference():
    more = {"by_status": GROUP | {"503": {"count": 1, "elapsed_s": [0.0]}}}
    assert differ({"by_status": GROUP}, more)


def test_refusals_of_the_library_differ_in_status_alone_but_our_own_in_text_too():
    assert differ(LIBRARY, LIBRARY | {"body": "no", "headers": []}) == []
    assert differ(LIBRARY, LIBRARY | {"status": 404})
    assert differ(OWN, OWN | {"body": "why"})


def test_the_text_of_a_502_only_has_to_be_a_line():
    assert differ(GATEWAY, GATEWAY | {"body": "lost\n", "headers": [], "body_bytes": 5}) == []
    assert differ(GATEWAY, GATEWAY | {"body": "", "headers": [], "body_bytes": 0})
    assert differ(GATEWAY, GATEWAY | {"headers": [["Server", "x"]]})


def test_counts_of_probes_and_messages_may_be_a_little_off():
    wanted = {"app_probe_requests": 31, "ws_messages": 7}
    assert differ(wanted, {"app_probe_requests": 28, "ws_messages": 8}) == []
    assert len(differ(wanted, {"app_probe_requests": 27, "ws_messages": 9})) == 2
    assert differ(wanted, {"app_probe_requests": 20, "ws_messages": 7}, slack_seconds=0.03) == []
    assert len(differ({"app_probe_requests": 1}, {"app_probe_requests": 2})) == 1
