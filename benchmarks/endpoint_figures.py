"""The figures of the endpoint's benchmark, as a section of ``python -m benchmarks``."""

import importlib.util
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from benchmarks.measure import Effort
from benchmarks.results import Figure

ENDPOINT = "endpoint"


def measure_endpoint(_: Effort) -> Iterator[Figure]:
    """What ``benchmarks.endpoint.measure()`` returns, number by number; nothing where it is not there."""
    if importlib.util.find_spec("benchmarks.endpoint") is not None:
        yield from _numbers(import_module("benchmarks.endpoint").measure(), ())


def _numbers(measured: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Figure]:
    for name, value in measured.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, (*path, name))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield Figure(section=ENDPOINT, case=", ".join(path) or "endpoint", what=name, value=value, unit="")
