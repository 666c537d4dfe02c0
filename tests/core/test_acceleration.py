"""Which fast path is in use: the compiled one where it was built and is not passed over."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import eventschema
from eventschema.core import acceleration, accept, columns, events, keycount

NAME = "eventschema.core._accept"
BUILT = importlib.util.find_spec(NAME) is not None
PURE = os.environ.get("EVENTSCHEMA_PURE") == "1"


HOT: dict[str, ModuleType] = {
    "accept": accept,
    "only_type_conflicts": events,
    "type_codes": columns,
    "round_floats": columns,
    **dict.fromkeys(
        ("has_repeated_key", "any_repeated_key", "has_one_a_line", "is_certainly_flat", "opening_brackets"), keycount
    ),
}


@pytest.mark.parametrize("name", HOT)
def test_the_compiled_function_is_used_if_it_was_built(name: str) -> None:
    assert eventschema.accelerated is acceleration.accelerated is (BUILT and not PURE)
    used = getattr(acceleration, name)
    assert (used is getattr(HOT[name], name)) is not eventschema.accelerated
    assert (used.__module__ == NAME) is eventschema.accelerated


def test_every_compiled_function_has_a_plain_version() -> None:
    if eventschema.accelerated:
        compiled = acceleration.load_compiled(NAME)
        assert {name for name, value in vars(compiled).items() if getattr(value, "__module__", "") == NAME} == set(HOT)


def test_the_environment_chooses_plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENTSCHEMA_PURE", "1")
    assert acceleration.load_compiled(NAME) is None


@pytest.mark.parametrize("value", ["", "0", "true"])
def test_only_1_chooses_plain_python(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("EVENTSCHEMA_PURE", value)
    assert (acceleration.load_compiled(NAME) is not None) is BUILT


def test_without_a_compiled_module_there_is_plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVENTSCHEMA_PURE", raising=False)
    monkeypatch.setitem(sys.modules, NAME, None)  # an import then fails
    assert acceleration.load_compiled(NAME) is None


def test_the_compiled_fast_path_declares_that_it_needs_no_gil() -> None:
    first, *_ = (Path(accept.__file__).parent / "_accept.pyx").read_text().splitlines()
    assert "freethreading_compatible=True" in first


def test_a_compiled_function_is_chosen_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceleration, "_compiled", SimpleNamespace(accept=len))
    chosen: object = acceleration._chosen(accept.accept)
    assert chosen is len
    monkeypatch.setattr(acceleration, "_compiled", None)
    assert acceleration._chosen(accept.accept) is accept.accept
