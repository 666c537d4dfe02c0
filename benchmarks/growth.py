"""How cost grows: with properties, with the length of a text, with the size of a schema; and what a schema weighs."""

import tracemalloc
from collections.abc import Iterator
from functools import partial

from benchmarks.events import sample
from benchmarks.measure import COMPILED, PLAIN, Effort, Job, medians, own_jobs
from benchmarks.results import Figure
from eventschema import EventSchema, PropertyType, Rules

PROPERTIES = "growth in properties"
LENGTH = "growth in text length"
NEW_PROPERTY = "one new property"
MEMORY = "memory of a schema"


def measure_properties(effort: Effort) -> Iterator[Figure]:
    """A known and a first event of ten to a thousand properties, by the property: flat where the growth is linear."""
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


def texts_of(length: int) -> dict[PropertyType, str]:
    """A text of about that length in each format that has no length of its own; an email is too long to be one."""
    return {
        PropertyType.STRING: "a" * length,
        PropertyType.DATETIME: "2026-11-23T08:15:30." + "1" * (length - 21) + "Z",
        PropertyType.URL: "https://example.com/" + "a/" * (length // 2 - 10),
        PropertyType.EMAIL: "a@" + "b." * (length // 2 - 2) + "co",
    }


def measure_length(effort: Effort) -> Iterator[Figure]:
    """A text of 128 to 32,768 characters, declared and detected: ``ns`` a character, flat or falling where linear."""
    rules = Rules(max_string_length=2**15)
    for length in (128, 512, 2048, 8192, 32768):
        for type_, text in texts_of(length).items():
            for case, schema in (
                ("declared", EventSchema("event", {"text": type_})),
                ("detected", EventSchema("event")),
            ):
                jobs = own_jobs(partial(schema.merge, rules=rules), {"text": text})
                for name, seconds in medians(jobs, effort).items():
                    yield Figure(
                        section=LENGTH,
                        case=f"{type_} {case}, {name}",
                        what=f"a character of {length}",
                        value=seconds / length * 1e9,
                        unit="ns",
                    )


def measure_new_property(effort: Effort) -> Iterator[Figure]:
    """A new property on a schema of 10,000, beside copying a dict of as many."""
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
    """What ``tracemalloc`` counts for a schema that one event made, its names included."""
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
