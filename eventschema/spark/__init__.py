r"""Profile, replay and check events on a Spark cluster, as one process would. Needs the extra `spark`, and Java 17.

This runs the profile of the sample on two cores of this machine, from a checkout:

```sh
python3 -m venv --without-pip .venv && python3 -m pip --python .venv/bin/python install -q '.[spark]' &&
.venv/bin/python -c '
from eventschema.spark import local_session, profile
events = local_session(2).read.text("benchmarks/data/earthquakes.ndjson")
print(profile(events).recommended().schemas["earthquake"].properties)'
```

| function | gives |
| --- | --- |
| `profile(df)` | an `EventProfile`: what is in the events |
| `infer(df, schemas)` | the schemas that a replay in order makes, and a DataFrame of verdicts |
| `check(df, schemas)` | a DataFrame of verdicts: what fixed schemas say of each event |
| `to_typed(df, schema)` | a DataFrame of the accepted events of one name, with typed columns |
| `track_stream(df, store_url, checkpoint)` | a streaming query that tracks requests into a store |
| `local_session(cores)` | a session of Spark on this machine |

`df` is any DataFrame with a column of JSON text, as `spark.read.text` gives it, or with a name and properties:
`EventColumns` says which. `Envelope` and `Rules` are those of `eventschema.stream`.

    >>> from eventschema.spark import EventColumns, check, infer, local_session, profile, to_typed
    >>> spark = local_session(2)
    >>> events = spark.read.text("benchmarks/data/earthquakes.ndjson")
    >>> declared = profile(events).recommended().schemas
    >>> schemas, verdicts = infer(events, declared)
    >>> verdicts.where("not ok").count()
    0
    >>> without_declared, verdicts = infer(events)
    >>> verdicts.where("not ok").count()
    1662
    >>> row = verdicts.where("not ok").orderBy("position").first()
    >>> row.position, row.violations[0].code, row.violations[0].pointer
    (2, 'type_conflict', '/properties/mag')
    >>> to_typed(events, schemas["earthquake"]).select("position", "mag", "type").first()
    Row(position=1, mag=2.0, type='earthquake')

Properties may be a struct, a map, or JSON text:

    >>> rows = [(1, "order", {"total": 9.5}), (2, "order", {"total": 7.0, "coupon": 1.0})]
    >>> orders = spark.createDataFrame(rows, "number int, event string, held map<string,double>")
    >>> columns = EventColumns(name="event", properties="held", position="number")
    >>> [row.ok for row in check(orders, declared["earthquake"], columns).collect()]
    [False, False]
    >>> dict(infer(orders, (), columns).schemas["order"].properties)
    {'total': <PropertyType.FLOAT: 'float'>, 'coupon': <PropertyType.FLOAT: 'float'>}

## What is promised

Where events have positions, all answers are those of one process that reads the events in the order of their positions,
to the byte: schemas with their versions, verdicts, and profiles that did not reach a bound on names. It does not matter
how many partitions there are, how the rows are divided among them, nor whether Spark runs a task again or twice.

A position is a whole number, and for `infer` each event has its own. Without a column of positions they are made, in
the order of the rows: of a single file, that of its lines. Then `df` must have its rows in the same order whenever it
is read, as files do. Positions that are made have gaps between partitions. `spark.read.text` ends a line at a lone
carriage return too, unless it has `option("lineSep", "\n")`.

A wrong value is an error of its event, never of the job: what Python cannot hold, such as a date of the year 12000, is
an `unsupported_type`, and a map with the same key twice a `malformed_request`.

In `infer`, an event name is not one task. The workers replay ranges of positions at the same time, and return
only which events changed a schema. If a range began with other schemas than the ranges before it made, it is replayed
again. Most events change nothing, whatever came before them, so one or two rounds are usual. Between rounds the sorted
rows stay with the workers, in memory or on their disks.

`verdicts` has the columns `position`, `name` (null if it is invalid), `ok` and `violations`, an array of structs with
`code`, `pointer`, `message` and the further fields of all violations, null where a violation lacks them. An event that
is `ok` has violations only under `Rules(invalid="drop")`: those of the properties that were left out. To keep whole
rows, join by position:

```python
rejected = df.join(verdicts.where("not ok"), df.line == verdicts.position)
```

`to_typed` decides by the schema as it is. To convert just what `infer` accepted, join with its verdicts first.

## Streams

`track_stream` tracks the requests of a streaming DataFrame into a `SQLStore` (extra `sql` or `postgres`), and returns
Spark's `StreamingQuery`:

```python
df = spark.readStream.option("lineSep", "\n").option("maxFilesPerTrigger", 10).text("requests")
query = track_stream(df, "postgresql://localhost/events", "checkpoint", rejected="refused")
query.awaitTermination()
```

The workers read each request, and refuse those that are refused in any case. All others are decided on the driver, by a
`SchemaRegistry`, and saved in transactions of 1,000.

- **Nothing is saved twice.** The progress is saved in the transaction of the requests. If the driver ends, start it
  again with the same checkpoint: Spark repeats the micro-batch, and what is saved of it is skipped, with or without
  an `eventID`. This needs sources that can be read again, as files and Kafka can, and sorts the rows by `position`.
- **The answers are those of one process** that loads the same requests in the same order: schemas, contacts, events,
  and rejected requests with their errors.
- **The order** within a micro-batch is that of `position`, for Kafka `["partition", "offset"]`; rows with the same
  position are sorted by their texts. Without `position` it is that of the files' paths and lines. The order of the
  micro-batches is Spark's: of files, the oldest first.
- **Rejected requests** go to a folder that `eventschema load --rejected` reads, or to a function. They are written
  before the others are saved, so a repetition writes them again: into the same files, or with the same ids.
- **Database and checkpoint belong together.** If one of them is replaced or restored without the other, the query ends
  with a `StreamProgressError`. With a new checkpoint all is tracked again, and only requests with an `eventID` are
  known to be repetitions.

What it does not do: one driver saves everything, so more machines make only reading and refusing faster. A micro-batch
takes about half a second besides its requests, and is held by the workers until it is saved: bound it, by
`maxFilesPerTrigger` or `maxOffsetsPerTrigger`. It needs a session of Spark's own, not of Spark Connect.

## On a cluster

- In place of `local_session`, use the session of `spark-submit`: `SparkSession.builder.getOrCreate()`. Sessions of
  Spark Connect are not supported.
- The workers need Python with `eventschema[spark]`: in their image, or as an archive of the environment, as below. The
  archive needs the same Python at the same path on each machine; one that `conda-pack` makes has its own.
- Where `PYSPARK_PYTHON` is not set, workers of a local session run the Python of the driver, and those of a cluster run
  `python3`.
- Have two to four partitions for each core, of at least some ten thousand events. Compressed files that Spark cannot
  cut (gzip) are one partition each; `df.repartition` before `profile` and `check` divides their rows.
- A worker holds a batch of `spark.sql.execution.arrow.maxRecordsPerBatch` rows (10,000). Lower it for rows of more
  than some kilobytes. JSON texts of more than 1 MiB are a `malformed_request`, as lines are.
- Of batches, the driver holds profiles (at most 32 at once, of bounded size, combined by workers before), schemas and
  their changes, and never an event.

This runs `job.py` on a cluster:

```sh
tar -czf environment.tar.gz --exclude=pyspark/jars -C .venv . &&
PYSPARK_DRIVER_PYTHON=.venv/bin/python PYSPARK_PYTHON=environment/bin/python \
    .venv/bin/spark-submit --master spark://HOST:7077 --archives environment.tar.gz#environment job.py
```
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from eventschema.extras import of_extra

if TYPE_CHECKING:
    from eventschema.spark.checking import check as check
    from eventschema.spark.columns import EventColumns as EventColumns
    from eventschema.spark.inferring import Inferred as Inferred
    from eventschema.spark.inferring import infer as infer
    from eventschema.spark.profiling import profile as profile
    from eventschema.spark.session import JavaError as JavaError
    from eventschema.spark.session import local_session as local_session
    from eventschema.spark.streaming import track_stream as track_stream
    from eventschema.spark.typedcolumns import to_typed as to_typed

#: The module of each name. All need the extra, so they are imported when they are first used.
_MODULES: Final = {
    "EventColumns": "columns",
    "Inferred": "inferring",
    "JavaError": "session",
    "check": "checking",
    "infer": "inferring",
    "local_session": "session",
    "profile": "profiling",
    "to_typed": "typedcolumns",
    "track_stream": "streaming",
}

# No names: `from eventschema.spark import *` works in all installations.
__all__: list[str] = []


if not TYPE_CHECKING:  # with it, a type checker would find any name here

    def __getattr__(name: str) -> Any:
        """Import a name. Raises ``ModuleNotFoundError``, which names the extra, if a package is missing."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            return getattr(import_module(f"eventschema.spark.{_MODULES[name]}"), name)
        except ModuleNotFoundError as error:
            raise of_extra("spark", error) from None


def __dir__() -> list[str]:
    return sorted(_MODULES)
