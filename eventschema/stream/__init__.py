"""Many events: replay files of events as a service would take them, and profile what is in them.

The names of this package need no extra; `eventschema.stream.reading`, which reads files, needs the extra `stream`.
The commands `eventschema infer`, `check`, `track` and `profile` do the same from a terminal: see `eventschema.cli`.

## Replay

Replay merges event after event, in order, into the schema of its name. A rejected event adds nothing.

    >>> from eventschema import EventSchema
    >>> from eventschema.stream import replay
    >>> from eventschema.stream.reading import read_events
    >>> declared = {"earthquake": EventSchema("earthquake", {"mag": "float", "gap": "float", "cdi": "float"})}
    >>> schemas, rejections = replay(read_events("benchmarks/data/earthquakes.ndjson"), declared)
    >>> len(rejections), schemas["earthquake"].version
    (0, 3)

Each rejection has the source, the line and the errors. `check` does the same against schemas that do not grow,
`TrackReplay` for whole track requests with contacts in memory. `Envelope` says under which keys the objects of a file
carry an event's name and properties.

`eventschema.stream.replay.files` replays files with several processes. `eventschema.stream.replay.pieces` shares the
work in any other way, among machines for instance: each piece of the stream is decided as far as possible with any
earlier schemas, and the results, combined in order, are those of one process. `eventschema.stream.replay.requestpieces`
does this for track requests: the pieces decide the events, and the contacts are decided in order.

Files are JSON Lines, a JSON array, CSV, TSV, Parquet or Arrow. Cells of CSV and TSV that are JSON numbers become
numbers, unless `InputOptions` says that their column is text: ids and ZIP codes are no numbers, and in ZIP codes
`01234` is a text anyway.

    >>> from eventschema.stream import Envelope
    >>> from eventschema.stream.reading import InputOptions
    >>> path, envelope = "benchmarks/data/unemployment.tsv", Envelope(event="county")
    >>> [next(read_events(path, envelope, options=InputOptions(text_columns=columns))).properties["id"]
    ...  for columns in [(), ("id",)]]
    [1001, '1001']

## Nested and messy properties

The engine refuses objects, arrays and names such as `Order ID`. A `Mapping` makes flat properties of them first. It
never makes one property of two, and its errors point to where the sender put the value.

    >>> from eventschema.stream import Mapping
    >>> mapping = Mapping(objects="flatten", arrays="json", names="snake_case", nulls="drop")
    >>> mapped = mapping.map({"orderId": 7, "context": {"page": {"url": "https://example.com"}}, "tags": ["a", "b"]})
    >>> mapped.properties
    {'order_id': 7, 'context_page_url': 'https://example.com', 'tags': '["a","b"]'}
    >>> result = mapped.merge(EventSchema("order", {"context_page_url": "date"}))
    >>> [(error.code, error.pointer) for error in result.errors]
    [('type_conflict', '/properties/context/page/url')]

## Plan a retype

A person can change the type of a property (see `eventschema.core`). Before that, `plan_retype` counts how many values
of stored events the new type accepts, by the version that each was accepted under, and finds the first of the others.
`EventProfile.plan_retype` does the same over what a profile has counted.

    >>> from eventschema import FrozenDict, TrackedEvent
    >>> from eventschema.stream import plan_retype
    >>> magnitudes = (FrozenDict({"mag": 5.0}), FrozenDict({"mag": 5.4}))
    >>> events = [TrackedEvent("quake", one, FrozenDict(), id=f"of {one['mag']}") for one in magnitudes]
    >>> plan = plan_retype(EventSchema("quake", {"mag": "float"}), {"mag": "int"}, events)
    >>> [(planned.name, planned.accepted, planned.refused, planned.first) for planned in plan.properties]
    [('mag', 1, 1, ('of 5.4',))]

## Profile

The first value of a property decides its type, and no later event changes it. So look at real events before you go
live: a profile refuses nothing, counts everything, and recommends what to declare.

    >>> from eventschema.stream import EventProfile
    >>> monday, tuesday = EventProfile(), EventProfile()
    >>> monday.add("order", {"total": 10}, source="monday")
    >>> tuesday.add("order", {"total": 10.5}, source="tuesday")
    >>> week = monday.combine(tuesday)
    >>> week.recommended().schemas["order"].properties
    FrozenDict({'total': <PropertyType.FLOAT: 'float'>})

Profiles of parts combine to the profile of the whole, in any order, so workers and machines can share the job.
`to_dict` and `from_dict` carry a profile between them. Memory is bounded, whatever the data: `Bounds` has the limits,
and a profile says if it reached one.

**Recommendation.** Each property gets the type that accepts most of its values. Among types that accept equally many, a
type that some value has comes first, then float, then the order of `PropertyType`.

**Findings** are warnings. First come those that would cost events, the costliest first: values that no type accepts
(objects, arrays), names that are not valid property names, events with too many properties, a first value whose type
refuses later ones, and a property that no single type fits, with what the recommended type would still refuse. Then
come the others: values that rounding makes 0 or makes equal, texts that nearly always have one format, empty texts
among dates or numbers, names that look the same or differ only in case, a property seen once in many events, names
made of dates or ids, and limits that were reached.

After these come hints at what values mean beyond their types, with the figures: numbers as text, date-times with a
space, UUIDs, hexadecimal, JSON, epoch seconds and milliseconds, `true` as text, placeholders such as `N/A`, dates of
another form (ambiguous where nobody can tell day from month), IP addresses, url templates and other schemes, leading
zeros. Last comes personal data in properties that are not declared so: email addresses, phone numbers, and card numbers
(by their check digit), as counts and names only. `Finding.options` has the options of the command that fix a finding.

Texts of none of these forms count as words. After 1,000 of them, a property's texts are only searched for placeholders,
and for email addresses and phone numbers (with `+`) inside texts.

**Constraints.** `EventProfile.constraints()` says what else could be declared, with its evidence: `required` (all of at
least 20 events have a value), a closed set of `values` (at most 30, seen 20 times each on average), the range of
numbers and of dates, and the longest text.

    >>> profile = EventProfile()
    >>> for number in range(60):
    ...     profile.add("order", {"currency": "EUR" if number % 3 else "USD", "items": 1 + number % 9})
    >>> found = profile.constraints()["order"]
    >>> found["currency"].required, found["currency"].values
    (True, {'EUR': 40, 'USD': 20})
    >>> found["items"].least, found["items"].greatest
    (1, 9)

**On a cluster.** For Spark there is `eventschema.spark`. Other systems reduce profiles by `combine`, from the empty
profile on, in any order. With Dask, workers profile a file each, and combine eight profiles at a time:

```python
import dask.bag
from eventschema.stream import EventProfile
from eventschema.stream.profile.files import profile_files

def profile_file(path):
    return profile_files([path]).profile

def combined(profiles):
    whole = EventProfile()
    for profile in profiles:
        whole.update(profile)  # combine, in place
    return whole

def profile_all(paths):
    profiles = dask.bag.from_sequence(paths, partition_size=1).map(profile_file)
    return profiles.reduction(combined, combined, split_every=8).compute()
```

With Ray, the same:

```python
import ray
from eventschema.stream import EventProfile
from eventschema.stream.profile.files import profile_files

@ray.remote
def profile_file(path):
    return profile_files([path]).profile

@ray.remote
def combined(*profiles):
    whole = EventProfile()
    for profile in profiles:
        whole.update(profile)
    return whole

def profile_all(paths):
    profiles = [profile_file.remote(path) for path in paths] or [combined.remote()]
    while len(profiles) > 1:
        profiles = [combined.remote(*profiles[start : start + 8]) for start in range(0, len(profiles), 8)]
    return ray.get(profiles[0])
```

With Beam, for a collection of events, each as its name, its properties, its source and its line:

```python
import apache_beam as beam
from eventschema.stream import EventProfile

class ProfileFn(beam.CombineFn):
    def create_accumulator(self):
        return EventProfile()

    def add_input(self, profile, event):
        name, properties, source, line = event
        profile.add(name, properties, source=source, line=line)
        return profile

    def merge_accumulators(self, profiles):
        whole = EventProfile()
        for profile in profiles:
            whole.update(profile)
        return whole

    def extract_output(self, profile):
        return profile

def profile_all(events):
    return events | beam.CombineGlobally(ProfileFn())
```

**Drift.** `eventschema.stream.profile.drift.changes` lists what changed from one profile to a later one, each change
with a rate from 0 to 1. `profile --before` prints it.
"""

from typing import TYPE_CHECKING, Any

from eventschema.stream.envelopes import Envelope, StreamEvent, StreamObject
from eventschema.stream.mapping import Mapping
from eventschema.stream.replay import Rejection, Replay, ReplayResult, TrackReplay, check, replay
from eventschema.stream.retyping import RetypePlan, plan_retype

if TYPE_CHECKING:
    from eventschema.stream.profile import Bounds, EventProfile

__all__ = [
    "Bounds",
    "Envelope",
    "EventProfile",
    "Mapping",
    "Rejection",
    "Replay",
    "ReplayResult",
    "RetypePlan",
    "StreamEvent",
    "StreamObject",
    "TrackReplay",
    "check",
    "plan_retype",
    "replay",
]


if not TYPE_CHECKING:  # with it, a type checker would find any name here

    def __getattr__(name: str) -> Any:
        """Import ``Bounds`` or ``EventProfile``: a process that replays a part of a stream starts sooner without."""
        if name not in {"Bounds", "EventProfile"}:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from eventschema.stream import profile

        return getattr(profile, name)


def __dir__() -> list[str]:
    return __all__
