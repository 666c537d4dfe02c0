"""What ``eventschema convert`` does: choose the tables, and write each accepted event into the table of its name."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from hashlib import sha256
from typing import IO, Final, NamedTuple

import click

from eventschema.cli.files import is_special
from eventschema.cli.options import LineFormat
from eventschema.cli.output import Failure, printable, quantity, say
from eventschema.cli.running import RunResult, fail_for, progress, replay_events, write_line
from eventschema.cli.tablefiles import NoFile, TableFile, TableFormat
from eventschema.core.pythonvalues import TimeAdjustmentKind
from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.export import TypedValueError
from eventschema.export.typed import DateTimes
from eventschema.stream.envelopes import StreamEvent
from eventschema.stream.replay import Replay, check_rules
from eventschema.stream.replay.accepted import AcceptedEvents
from eventschema.stream.replay.files import replay_files
from eventschema.stream.replay.pieces import ReplayTask
from eventschema.stream.replay.stats import ReplayStats

_MAX_TABLES: Final = 200  # files that are open at once
_MAX_SHOWN: Final = 5  # names in a message
_MAX_FILE_NAME: Final = 100
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_ -]")  # in the name of a file

_LOST: Final[Mapping[TimeAdjustmentKind, str]] = {
    TimeAdjustmentKind.DIGITS_CUT: "dateTimes: digits beyond microseconds are cut.",
    TimeAdjustmentKind.LEAP_SECOND: "dateTimes: a leap second became the last microsecond before it.",
}


class Reading(NamedTuple):
    """How the files are read. Only events of the name ``event_name`` are converted, if there is one."""

    files: tuple[str, ...]
    line_format: LineFormat
    rules: Rules
    jobs: int
    event_name: str | None


class Table(NamedTuple):
    """A table to write: the schema of its event, and the path of its file."""

    schema: EventSchema
    path: str


class Tables(NamedTuple):
    """All tables, and how their files are made.

    ``bare`` are schemas without properties, which have no table. ``is_declared``: the schemas do not grow.
    """

    listed: list[Table]
    bare: list[EventSchema]
    format: TableFormat
    datetimes: DateTimes
    naive: tzinfo | None
    is_declared: bool

    def replay(self, rules: Rules) -> tuple[Replay, Rules]:
        """The replay that fills the tables, and its rules. Its schemas are declared, or become those of the tables."""
        if not self.is_declared:
            return Replay({}, rules), rules
        fixed = check_rules(rules, allow_new=False)
        schemas = [*(table.schema for table in self.listed), *self.bare]
        return Replay({schema.name: schema for schema in schemas}, fixed, grow=False), fixed


def infer_schemas(reading: Reading) -> dict[str, EventSchema]:
    """The schemas that the events make. Ends the command if a file cannot be read to its end, or be read twice."""
    if any(path == "-" or is_special(path) for path in reading.files):
        raise click.UsageError(
            "Without --schema, files are read twice, which standard input and pipes cannot be. Give --schema FILE."
        )
    replay = Replay({}, reading.rules)
    outcome = replay_events(reading.files, reading.line_format, reading.rules, replay, None, reading.jobs)
    outcome.require_objects()
    fail_for(outcome.unreadable)
    return replay.schemas


def choose_schemas(schemas: Mapping[str, EventSchema], wanted: str | None, *, one: bool) -> list[EventSchema]:
    """The schemas of the tables to write. Ends the command if it is not clear which."""
    if wanted is not None:
        if wanted not in schemas:
            raise Failure(f"There is no schema of the event {printable(wanted)}, but of {_names(schemas)}.")
        return [schemas[wanted]]
    if not schemas:
        raise Failure("No event was accepted: infer says why.")
    if one and len(schemas) > 1:
        raise click.UsageError(
            f"A table has the events of one name, found {_names(schemas)}. Give --event-name NAME, or --to FORMAT for "
            "a file for each."
        )
    if len(schemas) > _MAX_TABLES:
        raise Failure(f"Expected at most {_MAX_TABLES} event names, found {len(schemas):,}. Give --event-name NAME.")
    return sorted(schemas.values(), key=lambda schema: schema.name)


def _names(schemas: Mapping[str, EventSchema]) -> str:
    shown = [printable(name) for name in sorted(schemas)[:_MAX_SHOWN]]
    more = f" and {len(schemas) - _MAX_SHOWN:,} more" if len(schemas) > _MAX_SHOWN else ""
    return (", ".join(shown) or "none") + more


def file_names(events: Collection[str]) -> dict[str, str]:
    """The name of the file of each of ``events``, without its ending.

    It is the name of the event, if every system accepts it and no other one differs from it in case alone. Otherwise it
    is the name with ``_`` for each character that some system refuses, and a part of its hash.
    """
    alike = Counter(event.lower() for event in events)
    return {event: event if alike[event.lower()] == 1 and _safe(event) == event else _hashed(event) for event in events}


def _safe(event: str) -> str:
    return _UNSAFE.sub("_", event)[:_MAX_FILE_NAME].strip(" ")


def _hashed(event: str) -> str:
    return f"{_safe(event)}_{sha256(event.encode()).hexdigest()[:8]}"


def convert_events(
    reading: Reading, tables: Tables, replay: Replay, rules: Rules, files: Sequence[IO[bytes]], errors: IO[bytes] | None
) -> RunResult:
    """Replay the events, and write the accepted ones into ``files``, which are those of the tables."""
    rows = _Rows(tables, files)
    stats = ReplayStats(replay)
    task = ReplayTask(reading.line_format.envelope, rules, reading.line_format.max_line_bytes)
    on_rejection = None if errors is None else partial(write_line, errors)
    names = None if reading.event_name is None else {reading.event_name}
    events = AcceptedEvents(replay, stats, task, on_rejection, on_accepted=rows.write, names=names)
    try:
        with progress(reading.files, "converting") as on_read:
            replay_files(reading.files, events, on_read=on_read, options=reading.line_format.options)
        rows.finish()
    except BaseException:
        rows.abandon()
        raise
    if events.others:
        were = "was" if events.others == 1 else "were"
        say(f"{quantity(events.others, 'event')} of other names {were} skipped.")
    return RunResult(stats, events.unreadable, events.has_object)


class _Rows:
    """Writes each event into the file of its name."""

    def __init__(self, tables: Tables, files: Sequence[IO[bytes]]) -> None:
        self._files: dict[str, tuple[EventSchema, TableFile]] = {
            schema.name: (schema, NoFile()) for schema in tables.bare
        }
        for table, file in zip(tables.listed, files, strict=True):
            made = tables.format.make(file, table.schema, tables.datetimes, tables.naive, len(files))
            self._files[table.schema.name] = (table.schema, made)

    def write(self, event: StreamEvent, result: MergeResult) -> None:
        """Write an accepted event. Ends the command if its table has no place for it."""
        schema, file = self._files.get(result.schema.name, (None, None))
        if schema is None or file is None or any(schema.properties.get(n) is not t for n, t in result.added.items()):
            raise Failure(f"{printable(event.source)} changed while it was read: convert it again.")
        try:
            file.write(result.properties)
        except TypedValueError as error:
            where = f"{printable(event.source)}:{event.line}"
            problem = f"Expected {error.expected}, found {error.found}, at {error.pointer}."
            zone = "--naive UTC or another time zone, or " if error.needs_zone else ""
            raise Failure(f"{where}: {problem} Give {zone}--datetimes text.") from None

    def abandon(self) -> None:
        """Write no more: the files will not be used."""
        for _, file in self._files.values():
            file.abandon()

    def finish(self) -> None:
        """Write the ends of the files, and print what dateTimes have lost."""
        lost: Counter[TimeAdjustmentKind] = Counter()
        for _, file in self._files.values():
            file.finish()
            lost.update(file.adjustments)
        say(*(f"{lost[kind]:,} {sentence}" for kind, sentence in _LOST.items() if lost[kind]))
