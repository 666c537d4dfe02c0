"""Which fast path is in use: the compiled one where it was built and is not passed over."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

import eventschema
from eventschema.core import acceleration, accept, columns, events, keycount

BUILT = importlib.util.find_spec("eventschema.core._accept") is not None
PURE = os.environ.get("EVENTSCHEMA_PURE") == "1"


def test_the_compiled_fast_path_is_used_where_it_was_built() -> None:
    assert eventschema.accelerated is acceleration.accelerated is (BUILT and not PURE)
    if not eventschema.accelerated:
        assert acceleration.accept is accept.accept
        assert acceleration.type_codes is columns.type_codes
        assert acceleration.round_floats is columns.round_floats
        assert acceleration.has_repeated_key is keycount.has_repeated_key
        assert acceleration.any_repeated_key is keycount.any_repeated_key
        assert acceleration.opening_brackets is keycount.opening_brackets
        assert acceleration.only_type_conflicts is events.only_type_conflicts
        assert acceleration.has_one_a_line is keycount.has_one_a_line
        assert acceleration.is_certainly_flat is keycount.is_certainly_flat


def test_the_environment_passes_it_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENTSCHEMA_PURE", "1")
    assert acceleration._compiled_paths() is None


@pytest.mark.parametrize("value", ["", "0", "true"])
def test_nothing_but_1_does(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("EVENTSCHEMA_PURE", value)
    compiled = acceleration._compiled_paths()
    assert (compiled is not None) is BUILT
    if compiled is not None:
        assert [each.__module__ for each in compiled] == ["eventschema.core._accept"] * len(compiled)


def test_without_it_there_is_the_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVENTSCHEMA_PURE", raising=False)
    monkeypatch.setitem(sys.modules, "eventschema.core._accept", None)  # what an import finds that cannot succeed
    assert acceleration._compiled_paths() is None


def test_the_compiled_fast_path_declares_that_it_needs_no_gil() -> None:
    first, *_ = (Path(accept.__file__).parent / "_accept.pyx").read_text().splitlines()
    assert "freethreading_compatible=True" in first
