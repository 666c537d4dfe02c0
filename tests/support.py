"""Helpers for several test modules: the tables of ``tests/cases``, their values, and comparisons of results."""

import gc
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest

from eventschema import EventSchema, FrozenDict, MergeResult, Rules, TrackDecision, TrackRequest, Violation
from eventschema.core import acceleration
from eventschema.core import accept as plain
from eventschema.core.acceleration import Accept
from eventschema.core.frozen import EMPTY
from eventschema.core.types import PropertyType
from eventschema.core.values import Adjustment
from eventschema.track.acceleration import fast_path
from eventschema.track.fastpath import FastDecide, FastParse
from eventschema.track.fastpath import fast_path as plain_fast_path
from tests import definition
from tests.definition import Outcome
from tests.hostile_values import HOSTILE_VALUES

same = definition.same

T = TypeVar("T")

_CASES = Path(__file__).parent / "cases"

#: Every fast path of events that is available here.
ACCEPTS: list[Accept] = [plain.accept] + ([acceleration.accept] if acceleration.accelerated else [])


class FastFunctions(NamedTuple):
    """The two functions of a fast path of requests."""

    parse: FastParse
    decide: FastDecide


_NO_ERRORS = TrackRequest.parse({"eventName": "e", "contact": {"id": "c1"}}).errors_by_part

#: Every fast path of requests that is available here: plain, and compiled where it was built.
FAST_PATHS = [FastFunctions(*plain_fast_path(TrackRequest, TrackDecision, _NO_ERRORS))]
if acceleration.accelerated:
    FAST_PATHS.append(FastFunctions(*fast_path(TrackRequest, TrackDecision, _NO_ERRORS)))

#: A schema that is only handed through.
SCHEMA = EventSchema("e")

FastParts = tuple[dict[str, PropertyType], list[Adjustment], list[tuple[Any, Any]]]


def fast_parts(accept: Accept, types: Mapping[str, PropertyType], event: dict[Any, Any], rules: Rules) -> FastParts:
    """What an implementation says: ``(added, adjustments, remaining)``; for ``None``, all remains.

    Checked here for all tests: the event that comes back is another; it is complete where nothing remains, and
    else lacks nothing yet.
    """
    longest_name = max(map(len, types), default=0)
    answer = accept(SCHEMA, types, longest_name, event, rules)
    if answer is None:
        return {}, [], list(event.items())
    if isinstance(answer, MergeResult):
        assert answer == MergeResult(SCHEMA, EMPTY, answer.properties, answer.adjustments, ())
        assert (type(answer), type(answer.added), type(answer.adjustments)) == (MergeResult, FrozenDict, tuple)
        stored, adjustments = answer.properties, list(answer.adjustments)
        added: dict[str, PropertyType] = {}
        remaining: list[tuple[Any, Any]] = []
    else:
        stored, added, adjustments, remaining = answer
        assert added or remaining
    assert stored is not event
    if remaining:
        assert list(stored) == list(event)
    else:
        after = {adjustment.name: adjustment.after for adjustment in adjustments}
        # An ignored null has no after, and is gone.
        expected = [(name, after.get(name, value)) for name, value in event.items()]
        assert [(name, same(value)) for name, value in stored.items()] == [
            (name, same(value)) for name, value in expected if value is not None
        ]
    return added, adjustments, remaining


def load_cases(name: str) -> Any:
    """Read one table, ``tests/cases/NAME.json``."""
    return json.loads((_CASES / f"{name}.json").read_text(encoding="utf-8"))


def decoded(value: Any) -> Any:
    """Replace ``{"$kind": ...}`` in a table, which stands for a value that JSON lacks, by the Python value."""
    if isinstance(value, dict) and len(value) == 1:
        [(kind, argument)] = value.items()
        if kind in _DECODERS:
            return _DECODERS[kind](argument)
    if isinstance(value, dict):
        return {name: decoded(member) for name, member in value.items()}
    return [decoded(member) for member in value] if isinstance(value, list) else value


def _total(terms: list[Any]) -> int:
    """The sum of integers, and of powers written as ``[base, exponent]``, which are negative if the base is."""
    return sum(
        term if isinstance(term, int) else (1 if term[0] > 0 else -1) * int(abs(term[0]) ** term[1]) for term in terms
    )


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "$float": float,
    "$decimal": Decimal,
    "$sum": _total,
    "$repeat": lambda argument: argument[0] * argument[1],
    "$date": date.fromisoformat,
    "$datetime": datetime.fromisoformat,
    "$hostile": lambda name: HOSTILE_VALUES[name](),
}


def outcome_of_merge(schema: EventSchema, event: Any, rules: Rules) -> Outcome:
    """The result of ``EventSchema.merge`` in the form of ``tests/definition.py``."""
    result = schema.merge(event, rules)
    assert result.ok is (not result.errors)
    assert type(result.errors) is tuple
    assert type(result.adjustments) is tuple
    assert type(result.properties) is dict
    return Outcome(
        [(name, type_.value) for name, type_ in result.added.items()],
        [(name, same(value)) for name, value in result.properties.items()],
        [definition.adjusted(name, kind.value, before, after) for name, kind, before, after in result.adjustments],
        _documents(result.errors),
        result.schema.to_dict(),
        _documents(result.dropped),
    )


def _documents(errors: Sequence[Violation]) -> list[dict[str, Any]]:
    """The documents of ``errors``, without what ``tests/definition.py`` leaves open."""
    return [
        {field: value for field, value in error.to_dict().items() if field not in {"message", "reason"}}
        for error in errors
    ]


def rules_of(case: Mapping[str, Any]) -> Rules:
    """The rules of a row of a table."""
    return Rules(**case.get("rules", {}))


def within_frames(frames: int, call: Callable[[], T]) -> T:
    """Call a function with at most so many ``frames`` left on the stack."""
    depth = 1
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        depth += 1
    limit = sys.getrecursionlimit()
    try:
        sys.setrecursionlimit(depth + frames)
        return call()
    finally:
        sys.setrecursionlimit(limit)


def row_id(case: Any) -> str:
    """Name a test after its row."""
    return str(case["source"])


def check_no_leak(run: Callable[[int], object], times: int, watched: Sequence[object]) -> None:
    """Assert that ``run(times)`` leaves no memory and no references to ``watched`` behind.

    Threads of earlier tests may free or take some meanwhile. So of three attempts one must succeed: a leak fails all.
    """
    gc.collect()  # what earlier tests left behind, which would else go at any time
    gc.freeze()  # what they still need, which may be much, is not looked at again
    try:
        found = []
        for _ in range(3):
            found.append(_left_behind(run, times, watched))
            if found[-1][0] and abs(found[-1][1]) < 200:
                return
        pytest.fail(f"whether all references were freed, and the blocks that were kept: {found}")
    finally:
        gc.unfreeze()


def _left_behind(run: Callable[[int], object], times: int, watched: Sequence[object]) -> tuple[bool, int]:
    """Whether ``run(times)`` leaves no references to ``watched`` behind, and how many blocks of memory it leaves."""
    run(100)  # what is made once: interned names, caches of classes, and free lists, which collecting has emptied
    gc.collect()
    references, blocks = [sys.getrefcount(each) for each in watched], sys.getallocatedblocks()
    run(times)
    gc.collect()
    return [sys.getrefcount(each) for each in watched] == references, sys.getallocatedblocks() - blocks
