"""Streams of events for the tests of Spark: what one process says of them, and DataFrames of them.

A job of Spark takes a third of a second. So many streams stand side by side in one DataFrame, each with names of its
own: replays of different names do not touch each other.
"""

import json
import random
from collections.abc import Sequence
from typing import Any, NamedTuple

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.spark.columns import EventColumns
from eventschema.stream.envelopes import DEFAULT_ENVELOPE, Envelope, StreamEvent, open_event
from eventschema.stream.reading.files import read_block
from eventschema.stream.replay import Rejection, Replay

_VALUES: list[Any] = [1, 2, 2**70, 0.5, 10.0, 1e-9, "x", "", "2026-11-23", "a@b.co", None, True, [], "long text"]
_NAMES = ["total", "count", "note", "bad name", "when"]


#: The columns of a :func:`frame`.
COLUMNS = EventColumns(json="text", position="position")


class Row(NamedTuple):
    position: int
    text: str


def generated(seed: int, streams: int, size: int) -> list[Row]:
    """Rows of so many ``streams`` of ``size`` events, mixed: late conflicts, first types that differ, odd lines.

    In one more stream the first type of a property is another one in each part of the rows, however they are divided.
    """
    chance = random.Random(seed)
    texts = []
    for stream in range(streams):
        rare = chance.randrange(1, 6)
        for number in range(size):
            names = chance.sample(_NAMES, chance.randrange(1, 4))
            held = {name: chance.choice(_VALUES) for name in names}
            if chance.randrange(8 * rare) == 0:
                held[f"late{chance.randrange(4)}"] = chance.choice(_VALUES)
            name = f"s{stream}" if chance.randrange(9) else f"s{stream} other"
            texts.append((number, chance.random(), json.dumps({"eventName": name, "properties": held})))
    for number in range(size):
        held = {"total": _VALUES[number % len(_VALUES)], f"part{number * 7 // size}": _VALUES[number % 5]}
        texts.append((number, 0.5, json.dumps({"eventName": "parts", "properties": held})))
    texts += [(chance.randrange(size), 0.5, odd) for odd in ("", " ", "{", "[1]", '{"eventName":1}', '{"a":1,"a":2}')]
    return [Row(position, text) for position, (_, _, text) in enumerate(sorted(texts), 1)]


def frame(spark: Any, rows: Sequence[Row], partitions: int) -> Any:
    """The rows, in their order, in so many partitions. Their events are in :data:`COLUMNS`."""
    parts = spark.sparkContext.parallelize(list(map(tuple, rows)), partitions)
    return spark.createDataFrame(parts, "position long, text string")


def shuffled(rows: Sequence[Row], seed: int) -> list[Row]:
    return random.Random(seed).sample(rows, len(rows))


def events(rows: Sequence[Row], rules: Rules, envelope: Envelope = DEFAULT_ENVELOPE) -> list[StreamEvent]:
    """The events of the rows, as one process reads them from a file."""
    return [
        open_event("", position, value, envelope, rules)
        for position, text in sorted(rows)
        for value in read_block("", position, text.encode(), 10**6).values
    ]


Verdicts = list[tuple[int, str | None, bool, list[dict[str, Any]]]]


def verdicts(events: Sequence[StreamEvent], replay: Replay) -> Verdicts:
    """What a replay, or a check, in one process says of each event, in the form of a verdict."""
    found: Verdicts = []
    for event in events:
        outcome = replay.add(event)
        errors = outcome.errors if isinstance(outcome, Rejection) else outcome.dropped
        name = outcome.event if isinstance(outcome, Rejection) else outcome.schema.name
        found.append((event.line, name, bool(outcome), [error.to_dict() for error in errors]))
    return found


def collected(df: Any) -> Verdicts:
    """The rows of a DataFrame of verdicts, in the order of their positions, without the fields that are null."""
    table = df.toArrow().to_pylist()
    for row in table:
        row["violations"] = [
            {name: value for name, value in violation.items() if value is not None} for violation in row["violations"]
        ]
    return sorted((tuple(row.values()) for row in table), key=lambda row: row[0])


def plain(verdicts: Verdicts) -> Verdicts:
    """Verdicts of one process in the form of columns: ``actual`` is text, and what is ``None`` is left out."""
    return [
        (
            position,
            name,
            ok,
            [
                {key: str(value) if key == "actual" else value for key, value in error.items() if value is not None}
                for error in errors
            ],
        )
        for position, name, ok, errors in verdicts
    ]


def documents(schemas: dict[str, EventSchema]) -> list[dict[str, Any]]:
    """The documents of the schemas, in their order, with the order of their properties."""
    return [{**schema.to_dict(), "order": list(schema.properties)} for schema in schemas.values()]
