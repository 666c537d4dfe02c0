"""What only the compiled fast path could do wrong: keep a reference, or depend on the locale of the C library."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from eventschema import EventSchema, Rules
from eventschema.core import acceleration
from tests.support import check_no_leak

pytestmark = pytest.mark.skipif(not acceleration.accelerated, reason="there is no compiled fast path here")

KNOWN = EventSchema(
    "e",
    {"f": "float", "g": "float", "i": "int", "b": "bool", "s": "string"}
    | {"d": "date", "t": "dateTime", "m": "email", "u": "url"},
)
EVENT = {"f": 1.23456789, "g": 7, "i": 2**40, "b": True, "s": "some text", "d": "2026-03-05"} | {
    "t": "2026-03-05T09:30:00Z",
    "m": "ann@example.com",
    "u": "https://example.com/a?b=c",
}
EVENTS: list[dict[Any, Any]] = [
    EVENT,
    {f"new_{name}": value for name, value in EVENT.items()},
    dict.fromkeys(EVENT),
    dict.fromkeys(EVENT, "gr\u00fcn"),
    dict.fromkeys(EVENT, object()),
    {"f": float("nan"), "g": 2**70, "i": 10.5, "s": date(2026, 3, 5), "a b": 1, "m": "a@xn--nxasmq6b.com"},
    {"s": "some text", 1: 2},
    {},
]


@pytest.mark.parametrize(
    "rules",
    [Rules(), Rules(types="exact"), Rules(float_digits=2, url_schemes=frozenset({"ftp"}))],
    ids=["default", "exact", "other"],
)
def test_many_events_leave_nothing_behind(rules: Rules) -> None:
    accept, types = acceleration.accept, dict(KNOWN.properties)
    watched = [rules, KNOWN, types, *types.values(), *EVENTS, *(value for event in EVENTS for value in event.values())]

    def run(count: int) -> None:
        for _ in range(count):
            for event in EVENTS:
                accept(KNOWN, types, 16, event, rules)

    check_no_leak(run, 300, watched)


@pytest.mark.slow
def test_no_locale_has_a_say(tmp_path: Path) -> None:
    # In Turkish the small letter of I is no i, so a comparison by the locale finds INVALID to be another word.
    build = ["localedef", "-c", "-i", "tr_TR", "-f", "UTF-8", str(tmp_path / "tr_TR.UTF-8")]
    try:
        subprocess.run(build, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no Turkish locale can be made here")
    program = """
import locale
locale.setlocale(locale.LC_ALL, "tr_TR.UTF-8")
from eventschema import EventSchema
for address in ("a@x.INVALID", "a@x.Invalid", "a@x.ONION", "a@x.INFO"):
    print(EventSchema("e").merge({"m": address}).added["m"], EventSchema("e", {"m": "email"}).merge({"m": address}).ok)
"""
    in_turkish = os.environ | {"LOCPATH": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", program], env=in_turkish, stdout=subprocess.PIPE, text=True, check=True)
    assert run.stdout.split("\n") == ["string False", "string False", "string False", "email True", ""]
