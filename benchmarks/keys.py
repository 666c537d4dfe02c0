"""The time to search lines for repeated keys, beside the time to decode the same lines."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.generator import write_events
from benchmarks.measure import COMPILED, PLAIN, Effort, Job, medians
from benchmarks.results import Figure
from benchmarks.streams import SAMPLE
from eventschema.core import acceleration, keycount

KEYS = "keys"

_LINES = 2000  # of the generated file
_DECODING = "msgspec decoding alone"
_NOTES = ("keeps the last of equal keys; the search for them is made of its values and of the lines",)

_Search = Callable[[list[bytes], list[Any]], bool]
_SEARCHES: Mapping[str, _Search] = {
    **({COMPILED: acceleration.any_repeated_key} if acceleration.accelerated else {}),
    PLAIN: keycount.any_repeated_key,
}


def measure_keys(effort: Effort) -> Iterator[Figure]:
    """Microseconds a line: of the earthquake sample, and of generated events."""
    yield from _of_lines("earthquakes", SAMPLE.read_bytes().splitlines(), effort)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.ndjson"
        write_events(path, _LINES)
        yield from _of_lines("generated", path.read_bytes().splitlines(), effort)


def _of_lines(case: str, lines: list[bytes], effort: Effort) -> Iterator[Figure]:
    decode = msgspec.json.Decoder().decode
    values = list(map(decode, lines))
    for name, search in _SEARCHES.items():
        assert not search(lines, values), f"{name} finds a key twice"
        assert search([*lines, b'{"a":1,"a":1}'], [*values, {"a": 1}]), f"{name} finds no key twice"
    jobs = {name: Job(_searching(search, lines), values) for name, search in _SEARCHES.items()}
    jobs[_DECODING] = Job(lambda lines: list(map(decode, lines)), lines)
    seconds = medians(jobs, effort)
    for name, taken in seconds.items():
        compiled = seconds.get(COMPILED)
        yield Figure(
            section=KEYS,
            case=case,
            what=name if name == _DECODING else f"search for keys that stand twice ({name})",
            value=taken / len(lines) * 1e6,
            unit="us",
            compiled=compiled / taken if compiled else None,
            plain=seconds[PLAIN] / taken,
            notes=_NOTES if name == _DECODING else (),
        )


def _searching(search: _Search, lines: list[bytes]) -> Callable[[list[Any]], bool]:
    return lambda values: search(lines, values)
