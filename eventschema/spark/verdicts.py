"""Verdicts: what a worker says of each event, as columns. For that, it needs no other row."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa

from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.violations import Violation
from eventschema.spark.rows import RowTask, read_rows
from eventschema.stream.envelopes import Block, open_event
from eventschema.stream.replay.events import Rejection, Replay
from eventschema.stream.replay.history import History, HistoryReplay

#: The fields of a violation in a verdict, with their types in SQL. A violation has those of its class; others are null.
FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "code": "string",
        "pointer": "string",
        "message": "string",
        "expected": "string",
        "actual": "string",
        "limit": "long",
        "since": "long",
        "reason": "string",
        "field": "string",
        "other": "string",
    }
)

#: The columns of verdicts, as Spark's SQL has them.
COLUMNS: Final = (
    "position long, name string, ok boolean, "
    f"violations array<struct<{', '.join(f'`{name}`: {type_}' for name, type_ in FIELDS.items())}>>"
)

_TYPES: Final = {"string": pa.string(), "long": pa.int64()}
_ARROW: Final = pa.schema(
    [
        ("position", pa.int64()),
        ("name", pa.string()),
        ("ok", pa.bool_()),
        ("violations", pa.list_(pa.struct([(name, _TYPES[type_]) for name, type_ in FIELDS.items()]))),
    ]
)
_NONE: Final[list[dict[str, Any]]] = []


def check_rows(
    batches: Iterable[pa.RecordBatch], task: RowTask, schemas: Mapping[str, EventSchema], rules: Rules
) -> Iterator[pa.RecordBatch]:
    """In a worker: the verdicts on events, checked against fixed ``schemas`` under the ``rules`` of a check."""
    replay = Replay(schemas, rules, grow=False)
    for block in read_rows(batches, task):
        remaining = replay.accept(block.values, task.ordinary, block.source).remaining
        events = {
            index: open_event(block.source, block.numbers[index], block.values[index], task.envelope, task.rules)
            for index in remaining
        }
        yield _verdicts(block, {index: replay.add(event) for index, event in events.items()}, task)


def replay_rows(batches: Iterable[pa.RecordBatch], task: RowTask, history: History) -> Iterator[pa.RecordBatch]:
    """In a worker: the verdicts of the replay of which ``history`` has the changes."""
    replay = HistoryReplay(history, task.rules)
    for block in read_rows(batches, task):
        yield _verdicts(block, replay.decide_block(block, task.envelope, task.ordinary), task)


def _verdicts(block: Block, outcomes: Mapping[int, MergeResult | Rejection], task: RowTask) -> pa.RecordBatch:
    """The verdicts on a block: events without an outcome are accepted."""
    names: list[str | None] = []
    violations: list[list[dict[str, Any]]] = []
    for index, value in enumerate(block.values):
        outcome = outcomes.get(index)
        if outcome is None:
            names.append(_name(block.source, value, task))
            violations.append(_NONE)
        elif isinstance(outcome, Rejection):
            names.append(outcome.event)
            violations.append([as_row(error) for error in outcome.errors])
        else:
            names.append(outcome.schema.name)
            violations.append([as_row(error) for error in outcome.dropped])
    ok = [not isinstance(outcomes.get(index), Rejection) for index in range(len(block.values))]
    columns = (block.numbers, names, ok, violations)
    return pa.record_batch(
        [pa.array(column, field.type) for column, field in zip(columns, _ARROW, strict=True)], schema=_ARROW
    )


def _name(source: str, value: Any, task: RowTask) -> str | None:
    """The name of an accepted event."""
    ordinary = task.ordinary
    if not ordinary.is_plain:
        return ordinary.open(source, 0, value, task.rules).name
    if ordinary.event is not None:
        return ordinary.event
    name: str = value[ordinary.event_key]
    return name


def as_row(error: Violation) -> dict[str, Any]:
    """The fields of ``error`` for a row. ``actual`` is text: some classes have a number there."""
    row = error.to_dict()
    if "actual" in row:
        row["actual"] = str(row["actual"])
    return row
