"""The time of ``import eventschema`` in fresh interpreters that have loaded nothing else, beside the peers'."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import email_validator

import eventschema
from benchmarks.measure import Effort
from benchmarks.results import Figure

IMPORT = "import"

_PATHS = [str(Path(module.__file__ or "").parents[1]) for module in (eventschema, email_validator)]
_PROGRAM = """
import os, sys, time
sys.path[:0] = {paths!r}
before = set(sys.modules)
start = time.process_time()
import {name}
taken = time.process_time() - start
print(taken, *sorted(set(sys.modules) - before))
"""
_NAMES = ("eventschema", "msgspec", "fastjsonschema", "jsonschema_rs", "genson", "pydantic", "email_validator")
_FORMAT_PACKAGES = {"email_validator", "idna", "dns", "rfc3986", "dateutil", "ipaddress"}


def measure_imports(effort: Effort) -> Iterator[Figure]:
    """The processor time of an import in a fresh interpreter that finds ``.pyc`` files, and the modules it loads."""
    times: dict[str, list[float]] = {name: [] for name in _NAMES}
    modules: dict[str, list[str]] = {}
    with TemporaryDirectory() as cache:
        for name in _NAMES:
            _import(name, cache)  # writes the compiled files
        for _ in range(effort.processes):
            for name in _NAMES:
                taken, modules[name] = _import(name, cache)
                times[name].append(taken)
        slowest = _slowest(5, cache)
    for name in _NAMES:
        yield Figure(section=IMPORT, case=f"import {name}", what="time", value=median(times[name]) * 1e3, unit="ms")
    loaded = modules["eventschema"]
    assert not _FORMAT_PACKAGES & set(loaded), "a format package is loaded before a text needs it"
    for what, own in (("modules of its own", True), ("modules of the standard library", False)):
        count = sum(name.startswith("eventschema") is own for name in loaded)
        yield Figure(section=IMPORT, case="import eventschema", what=what, value=count, unit="modules")
    for name, taken in slowest:
        yield Figure(section=IMPORT, case="import eventschema", what=f"of it, {name} alone", value=taken, unit="ms")


def _import(name: str, cache: str) -> tuple[float, list[str]]:
    output = _run(name, cache).stdout.split()
    return float(output[0]), output[1:]


def _slowest(count: int, cache: str) -> list[tuple[str, float]]:
    """The modules that take longest, without those that they import, in milliseconds."""
    report = _run("eventschema", cache, "-X", "importtime").stderr.splitlines()
    fields = [line.removeprefix("import time:").split("|") for line in report if "|" in line and "[us]" not in line]
    times = [(name.strip(), int(own) / 1e3) for own, _, name in fields]
    return sorted(times, key=lambda entry: -entry[1])[:count]


def _run(name: str, cache: str, *options: str) -> subprocess.CompletedProcess[str]:
    # Without ``site``, which loads more modules where packages are installed in editable mode; what it always loads is
    # loaded by the program, before it looks at the clock. The compiled files are kept, whatever the environment says.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        [sys.executable, "-S", *options, "-c", _PROGRAM.format(paths=_PATHS, name=name)],
        env=environment | {"PYTHONPYCACHEPREFIX": cache},
        capture_output=True,
        text=True,
        check=True,
    )
