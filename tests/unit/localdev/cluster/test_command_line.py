import json
from types import SimpleNamespace

import pytest

from localdev.cli import main
from localdev.events import event_line
from localdev.table import print_status

FUNCTION = {
    "name": "cart-get-cart",
    "context": "cart",
    "desired": 1,
    "ready": 1,
    "pids": [7],
    "phase": "Active",
    "path": "activator",
    "starts": 2,
    "last_cold_start_ms": 41.0,
    "last_failure": "cart-get-cart ended with status 1 while starting\nKeyError: MONGO_URL",
    "requests": 120,
    "errors": 3,
    "always_on": False,
}


def test_status_for_programs_is_json_even_when_nothing_runs(tmp_path, capsys):
    assert main(["status", "--json", "--state", str(tmp_path)]) == 1
    assert json.loads(capsys.readouterr().out) == {"ready": False, "runtime": "embedded"}


@pytest.mark.parametrize("command", [["status"], ["scale", "cart-get-cart"], ["events"]])
def test_commands_say_that_nothing_runs(tmp_path, capsys, command):
    assert main([*command, "--state", str(tmp_path)]) == 1
    assert f"nothing runs on {tmp_path}" in capsys.readouterr().err


def test_down_on_a_folder_that_never_was_is_no_error(tmp_path, capsys):
    assert main(["down", "--state", str(tmp_path / "never")]) == 0
    assert "nothing runs" in capsys.readouterr().out


def test_a_seed_that_is_no_file_is_refused_at_once(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["up", "--state", str(tmp_path), "--seed", "nothing.csv"])
    assert "nothing.csv is neither demo nor none nor a file" in capsys.readouterr().err


def test_logs_of_functions_and_engines_are_found_by_name(tmp_path, capsys):
    (tmp_path / "logs").mkdir()
    for name in ("cart-get-cart", "mongodb"):
        file = tmp_path / "logs" / f"{name}.log"
        file.write_text(f"{name} says hello\n")
    for name in ("cart-get-cart", "mongodb"):
        assert main(["logs", name, "--state", str(tmp_path)]) == 0
        assert capsys.readouterr().out == f"{name} says hello\n"
    assert main(["logs", "../secrets", "--state", str(tmp_path)]) == 1
    assert "there are: cart-get-cart, mongodb" in capsys.readouterr().err


def test_the_status_table_shows_functions_that_ran_and_unknown_figures(capsys):
    idle = FUNCTION | {"name": "cart-clear-cart", "starts": 0, "ready": 0}
    print_status(
        {
            "ready": True,
            "storefront": "https://shop.localhost:8443",
            "admin": "https://admin.localhost:8443",
            "mail": "http://127.0.0.1:1",
            "logins": {"shopper": {"email": "a@b", "password": "pw"}},
            "engines": {"redis": {"server": "redis-server", "version": "7", "url": "redis://r"}},
            "functions": [FUNCTION, idle],
            "metrics": {"consumer_lag": None},
        }
    )
    said = capsys.readouterr().out
    assert "cart-get-cart" in said
    assert "cart-clear-cart" not in said
    assert "2 functions, 1 running in 1 processes" in said
    assert "KeyError: MONGO_URL" in said
    assert "consumer lag: unknown" in said
    assert "a@b / pw" in said


def test_an_event_is_one_line():
    headers = [
        ("ce_time", b"2026-01-01T00:00:00Z"),
        ("ce_subject", b"o-1"),
        ("ce_aggregateversion", b"3"),
    ]
    record = SimpleNamespace(topic="order.paid", headers=headers, value=b'{"id":"o-1"}')
    line = event_line(record)
    assert line.split() == ["2026-01-01T00:00:00Z", "order.paid", "o-1", "v3", '{"id":"o-1"}']
