"""The end of a log, as it is quoted in messages."""

from localdev.cluster.state import State
from localdev.serving.starting.log_tail import last_lines, log_size


def test_the_last_lines_since_a_start(tmp_path):
    state = State(tmp_path)
    state.prepare()
    assert last_lines(state, "shop-tiny") == ""
    assert log_size(state, "shop-tiny") == 0
    log = state.log_of("shop-tiny")
    log.write_text("an earlier start\n")
    start = log_size(state, "shop-tiny")
    assert last_lines(state, "shop-tiny", since=start) == ""
    with log.open("a") as file:
        file.write("one\ntwo\nthree\n")
    assert last_lines(state, "shop-tiny", 2, since=start) == "two\nthree"
    assert last_lines(state, "shop-tiny", since=start) == "one\ntwo\nthree"
    assert last_lines(state, "shop-tiny") == "an earlier start\none\ntwo\nthree"


def test_bytes_that_are_no_text_do_not_harm(tmp_path):
    state = State(tmp_path)
    state.prepare()
    state.log_of("shop-tiny").write_bytes(b"x" * 100_000 + b"\n\xff\xfe\n")
    assert last_lines(state, "shop-tiny", 1) == "\ufffd\ufffd"
