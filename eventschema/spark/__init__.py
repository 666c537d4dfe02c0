r"""Replay and profile on a Spark cluster, with the answers of one process. Needs the extra `spark`, and Java 17.

The functions take any DataFrame with a column of JSON text, as `spark.read.text` gives it, or with columns of the name
and the properties of events. `EventColumns` says which.

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
  again with the same checkpoint: Spark repeats the micro-batch, and what is saved of it is passed over, with or without
  an `eventID`. This needs sources that can be read again, as files and Kafka can, and sorts the rows by `position`.
- **The answers are those of one process** that loads the same requests in the same order: schemas, contacts, events,
  and refused requests with their errors.
- **The order** within a micro-batch is that of `position`, for Kafka `["partition", "offset"]`; rows with the same
  position are sorted by their texts. Without `position` it is that of the files' paths and lines. The order of the
  micro-batches is Spark's: of files, the oldest first.
- **Refused requests** go to a folder that `eventschema load --rejected` reads, or to a function. They are written
  before the others are saved, so a repetition writes them again: into the same files, or with the same ids.
- **Database and checkpoint belong together.** If one of them is replaced or restored without the other, the query ends
  with a `StreamProgressError`. With a new checkpoint all is tracked again, and only requests with an `eventID` are
  known to be repetitions.

What it does not do: one driver saves everything, so more machines make only reading and refusing faster. A micro-batch
takes about half a second beside its requests, and is held by the workers until it is saved: bound it, by
`maxFilesPerTrigger` or `maxOffsetsPerTrigger`. It needs a session of Spark's own, not of Spark Connect.
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
