"""How cost grows with properties, with the length of a text, and with the size of a schema; the memory of a schema."""

import tracemalloc
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from benchmarks.events import sample
from benchmarks.measure import COMPILED, PLAIN, Effort, Job, medians, own_jobs
from benchmarks.results import Figure
from eventschema import EventSchema, PropertyType, Rules

PROPERTIES = "growth in properties"
LENGTH = "growth in text length"
NEW_PROPERTY = "one new property"
MEMORY = "memory of a schema"


def measure_properties(effort: Effort) -> Iterator[Figure]:
    """The time for each property of a known and of a first event of ten to a thousand properties."""
    rules = Rules(max_properties=1000)
    for size in (10, 30, 100, 300, 1000):
        types, event = sample("mix", size)
        known, empty = EventSchema("event", types), EventSchema("event")
        for case, schema in (("known", known), ("first", empty)):
            jobs = own_jobs(partial(schema.merge, rules=rules), event)
            for name, seconds in medians(jobs, effort).items():
                yield Figure(
                    section=PROPERTIES,
                    case=f"{case} event, {name}",
                    what=f"a property of {size}",
                    value=seconds / size * 1e9,
                    unit="ns",
                )


class Text(NamedTuple):
    """A ``text`` of growing length, its description, and the type that it has or nearly has."""

    words: str
    type: PropertyType
    text: str


def texts_of(length: int) -> list[Text]:
    """A text of about that length for each format. It is too long for a date, and from 512 on for an address."""
    return [
        Text("string", PropertyType.STRING, "a" * length),
        Text("string beyond ASCII", PropertyType.STRING, "\u4f8b" * length),
        Text("date and digits", PropertyType.DATE, "2026-11-23" + "1" * (length - 10)),
        Text("dateTime", PropertyType.DATETIME, "2026-11-23T08:15:30." + "1" * (length - 21) + "Z"),
        Text("url", PropertyType.URL, "https://example.com/" + "a/" * (length // 2 - 10)),
        Text("url beyond ASCII", PropertyType.URL, "https://example.com/" + "\u4f8b/" * (length // 2 - 10)),
        Text("address", PropertyType.EMAIL, "a@" + "b." * (length // 2 - 2) + "co"),
    ]


def emails_of(length: int) -> list[Text]:
    """An email of about that length of each kind. Beyond ASCII, octets count; Punycode comes in whole labels."""
    return [
        Text("email", PropertyType.EMAIL, "a@" + "b." * ((length - 4) // 2) + "co"),
        Text("email, A-labels", PropertyType.EMAIL, "a@" + "xn--4ca." * ((length - 4) // 8) + "co"),
        Text("email beyond ASCII", PropertyType.EMAIL, "a@" + "\u00fc." * ((length - 4) // 3) + "co"),
    ]


def measure_length(effort: Effort) -> Iterator[Figure]:
    """Texts of 128 to 32,768 characters, emails of 16 to 254, declared and detected: ``ns`` a character.

    Flat or falling where the growth is linear.
    """
    rules = Rules(max_string_length=2**15)
    lengths = [(length, texts_of(length)) for length in (128, 512, 2048, 8192, 32768)]
    lengths += [(length, emails_of(length)) for length in (16, 64, 254)]
    for length, texts in lengths:
        for words, type_, text in texts:
            for case, schema in (
                ("declared", EventSchema("event", {"text": type_})),
                ("detected", EventSchema("event")),
            ):
                jobs = own_jobs(partial(schema.merge, rules=rules), {"text": text})
                for name, seconds in medians(jobs, effort).items():
                    yield Figure(
                        section=LENGTH,
                        case=f"{words} {case}, {name}",
                        what=f"a character of {length}",
                        value=seconds / length * 1e9,
                        unit="ns",
                    )


def measure_new_property(effort: Effort) -> Iterator[Figure]:
    """The time to add a property to a schema of 10,000, beside the time to copy a dict of that size."""
    size = 10_000 // effort.scale
    types = {f"property_{i}": PropertyType.STRING for i in range(size)}
    schema = EventSchema("event", types)
    jobs = own_jobs(schema.merge, {"another": 1})
    jobs["dict.copy"] = Job(dict.copy, types)
    seconds = medians(jobs, effort)
    for name, taken in seconds.items():
        yield Figure(
            section=NEW_PROPERTY,
            case=f"schema of {size}",
            what=name if name == "dict.copy" else f"eventschema ({name})",
            value=taken * 1e6,
            unit="us",
            compiled=seconds[COMPILED] / taken if COMPILED in seconds else None,
            plain=seconds[PLAIN] / taken,
        )


def measure_memory(effort: Effort) -> Iterator[Figure]:
    """The memory of a schema that one event made, with its names, as ``tracemalloc`` counts it."""
    for size in (100, 10_000 // effort.scale):
        rules = Rules(max_properties=size)
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            schema = EventSchema("event").merge({f"property_{i}": 1 for i in range(size)}, rules).schema
            after = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert len(schema.properties) == size
        yield Figure(
            section=MEMORY, case=f"schema of {size}", what="with its names", value=(after - before) / 1024, unit="KiB"
        )
        yield Figure(
            section=MEMORY, case=f"schema of {size}", what="a property", value=(after - before) / size, unit="bytes"
        )
