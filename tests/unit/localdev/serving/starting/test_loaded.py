"""What a zygote holds, and whether it is still true."""

import os
import sys
from types import ModuleType

import pytest

from localdev.serving.starting.loaded import Loaded
from localdev.serving.starting.zygote import modules_of


@pytest.fixture
def held(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "held.py"
    file.write_text("x = 1\n")
    module = ModuleType("held")
    module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, "held", module)
    return file


def test_what_was_not_touched_has_not_changed(held):
    assert Loaded().changed_file() is None


def test_an_edited_file_is_noticed(held):
    loaded = Loaded()
    os.utime(held, ns=(1, 1))
    assert loaded.changed_file() == str(held)


def test_a_removed_file_is_noticed(held):
    loaded = Loaded()
    held.unlink()
    assert loaded.changed_file() == str(held)


def test_libraries_and_other_places_are_not_watched(held, monkeypatch, tmp_path):
    library = tmp_path / "site-packages" / "held.py"
    library.parent.mkdir()
    library.write_text("")
    sys.modules["held"].__file__ = str(library)
    loaded = Loaded()
    library.unlink()
    assert loaded.changed_file() is None


def test_a_pattern_names_our_modules(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("__init__", "auth/mongo", "auth/mongo_links", "auth/redis", "auth/use_cases/in"):
        (tmp_path / "shared" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shared" / f"{name}.py").write_text("")
    assert modules_of("shared.*.mongo*") == ["shared.auth.mongo", "shared.auth.mongo_links"]
    assert modules_of("shared.*.use_cases*") == ["shared.auth.use_cases.in"]
    assert modules_of("flask_sock") == ["flask_sock"]
    assert modules_of("nowhere.*") == []
