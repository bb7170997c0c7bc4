"""A wake does ahead what a first request would have to wait for."""

import sys
from typing import Any

import pytest

from shared.runtime import pages, warm
from shared.runtime.wiring import build_adapter
from tests.unit.runtime import declared
from tests.unit.runtime.test_handler import call


@pytest.fixture
def steps(monkeypatch):
    """The drivers' steps, of this test alone."""
    found: list[Any] = []
    monkeypatch.setattr(warm, "_steps", found)
    build_adapter.cache_clear()
    yield found
    build_adapter.cache_clear()


def test_a_wake_makes_the_adapters_then_connects(steps):
    built = []
    warm.on_warm_up(lambda: built.append(build_adapter.cache_info().currsize))
    assert call(declared.put_on_shelf, "GET", "/healthz", query="warm").status == 200
    assert built == [1]


def test_an_adapter_that_wants_to_be_told_is_told(steps, monkeypatch):
    told: list[object] = []

    def warm_up(shelf: declared.Shelf) -> None:
        told.append(shelf)

    monkeypatch.setattr(declared.Shelf, "warm_up", warm_up, raising=False)
    call(declared.put_on_shelf, "GET", "/healthz", query="warm")
    assert [type(one) for one in told] == [declared.Shelf]


def test_a_probe_of_the_health_makes_nothing(steps):
    warm.on_warm_up(steps.clear)
    assert call(declared.put_on_shelf, "GET", "/healthz").status == 200
    assert len(steps) == 1
    assert build_adapter.cache_info().currsize == 0


def test_what_cannot_be_done_ahead_is_left_to_the_request(steps, capfd):
    def refuse() -> None:
        raise ConnectionError("no engine")

    warm.on_warm_up(refuse)
    assert call(declared.put_on_shelf, "GET", "/healthz", query="warm").body == b"ok"
    assert "no engine" in capfd.readouterr().err


def test_a_compiled_template_is_not_compiled_again(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(pages, "_TEMPLATES", tmp_path)
    (tmp_path / "greeting.html").write_text("Hello {{ name }}")
    assert _rendered() == "Hello Ada"
    [kept] = (tmp_path / "__pycache__").iterdir()
    before = kept.read_bytes()
    monkeypatch.setattr("jinja2.Environment.compile", None)
    assert _rendered() == "Hello Ada"
    monkeypatch.undo()
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(pages, "_TEMPLATES", tmp_path)
    (tmp_path / "greeting.html").write_text("Bye {{ name }}")
    assert _rendered() == "Bye Ada"
    assert kept.read_bytes() != before


def test_nothing_is_written_where_bytecode_must_not_be(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(pages, "_TEMPLATES", tmp_path)
    (tmp_path / "greeting.html").write_text("Hello {{ name }}")
    assert _rendered() == "Hello Ada"
    assert not (tmp_path / "__pycache__").exists()


def _rendered() -> str:
    pages._environment.cache_clear()
    try:
        return pages._environment().get_template("greeting.html").render(name="Ada")
    finally:
        pages._environment.cache_clear()
