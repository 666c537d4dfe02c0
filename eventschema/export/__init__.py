"""Schemas for other systems: JSON Schema, SQL, Arrow and Parquet, BigQuery, Avro, and tracking plans.

A schema that a service keeps is the contract of its events. These functions write it as other tools read it;
`eventschema.imports` reads what others have written.

| function | gives | needs the extra |
| --- | --- | --- |
| `to_json_schema(schemas, closed=False)` | JSON Schema 2020-12 of the properties of an event | |
| `to_request_schema(schemas, closed=False)` | JSON Schema of a whole track request, as clients send it | |
| `to_sql(schemas, dialect, typed=False)` | CREATE TABLE statements, a table for each event | `export` |
| `to_arrow(schemas)` | a `pyarrow.Schema` | `export` |
| `to_arrow_table(events, schema)` | a reader of the columns of accepted events, in batches | `export` |
| `to_bigquery(schemas)` | the fields of a BigQuery table | |
| `to_avro(schemas)` | an Avro record | |
| `to_tracking_plan(schemas, vendor)` | a tracking plan for `"segment"` or `"rudderstack"` | |

`schemas` is one `EventSchema`, or several (a list, or what `loads_schemas` returns). Where the limits of a service
matter, pass its `Rules` as `rules`; `help` of each function has its other options.

    >>> from eventschema import EventSchema
    >>> from eventschema.export import remarks, to_json_schema, to_sql
    >>> order = EventSchema("placed order", {"total": "float", "email": "email"})
    >>> print(to_sql(order, "postgresql").partition("COMMENT")[0])
    -- Event "placed order".
    -- Texts with the character U+0000 cannot be stored.
    CREATE TABLE "placed order" (
        "total" DOUBLE PRECISION,
        "email" VARCHAR(254)
    );
    <BLANKLINE>
    >>> to_json_schema(order, closed=True)["properties"]["total"]["type"]
    ['number', 'null']
    >>> [remark.sentence for remark in remarks(order, "postgresql") if remark.property == "email"]
    ['Any text is accepted.']

## From events to a table, a file, a model, a type and a plan

Look at your events, and declare what `profile` recommends:

```sh
eventschema profile events.ndjson -o declared.json
```

A table in PostgreSQL for each event:

```sh
eventschema export declared.json --to sql --dialect postgresql | psql "$DATABASE_URL"
```

A pydantic model of one event, which accepts and refuses what `eventschema check` does. Its int is strict: it refuses
10.0.

```sh
eventschema export declared.json --event "placed order" --to json-schema --closed -o event.schema.json
datamodel-codegen --input event.schema.json --input-file-type jsonschema --output event.py \
--output-model-type pydantic_v2.BaseModel --strict-types str bool int float --formatters builtin \
--type-mappings string+date=string string+email=string string+uri=string
```

A TypeScript type of that event, and one of the requests that a client may send:

```sh
npx --package json-schema-to-typescript json2ts event.schema.json -o event.ts
eventschema export declared.json --to json-schema --request --closed -o request.schema.json
npx --package json-schema-to-typescript json2ts request.schema.json -o request.ts
```

A Parquet file of the accepted events, in bounded memory; and the same from Python, where `events` are the properties
that `merge` returned:

```sh
eventschema convert events.ndjson --schema declared.json --event-name "placed order" -o orders.parquet
```

```python
import pyarrow.parquet as pq
from eventschema.export import to_arrow_table

reader = to_arrow_table(events, schema)
with pq.ParquetWriter("events.parquet", reader.schema) as writer:
    for batch in reader:
        writer.write_batch(batch)
```

**Constraints.** A profile also says what else its events kept to (`EventProfile.constraints()`). JSON Schema carries it
if it is asked to: properties that all events had are `required`, a closed set of values is an `enum`, numbers have
their range, and texts the length of the longest. `eventschema check` knows no such limits: an event that breaks them
may be accepted by it. A property with another type in the profile than in the schema is not constrained, nor are floats
beyond 2^53, and dates and dateTimes keep no range.

```sh
eventschema profile events.ndjson -o declared.json --save counts.json
eventschema export declared.json --to json-schema --closed --constraints counts.json -o event.schema.json
```

    >>> from eventschema.stream import EventProfile
    >>> profile = EventProfile()
    >>> for number in range(60):
    ...     profile.add("order", {"currency": "EUR" if number % 3 else "USD", "items": 1 + number % 9})
    >>> schema = profile.recommended().schemas["order"]
    >>> document = to_json_schema(schema, constraints=profile.constraints())
    >>> document["required"], document["properties"]["currency"]["enum"]
    (['currency', 'items'], ['EUR', 'USD'])

A tracking plan: for Segment the body of its Public API's call that updates the rules of a plan, for RudderStack the
files of a project of its command line tool.

```sh
eventschema export declared.json --to segment -o rules.json
eventschema export declared.json --to rudderstack -o plan
```

## Types

| target | bool | int | float | string | date | dateTime | email, url |
| --- | --- | --- | --- | --- | --- | --- | --- |
| JSON Schema, tracking plans | boolean | integer within 64 bits | number | string, maxLength | string, pattern, \
format | string, pattern | string, pattern, format |
| PostgreSQL, SQLite, DuckDB, Snowflake | BOOLEAN | BIGINT | double precision | TEXT | DATE | TEXT | VARCHAR |
| MySQL | BOOL | BIGINT | DOUBLE | TEXT | DATE | TEXT | TEXT, since a row has room for eight VARCHAR of 2,048 |
| ClickHouse, all nullable | Bool | Int64 | Float64 | String | Date32 | String | String |
| Arrow, Parquet | bool | int64 | double | string | date32 | timestamp(us, UTC) | string |
| BigQuery | BOOL | INT64 | FLOAT64 | STRING(2048) | DATE | TIMESTAMP | STRING |
| Avro | boolean | long | double | string | int, date | long, timestamp-micros | string |

Every column and field may be null, and so may every value in JSON Schema, unless `rules` refuse null.

**dateTime.** Only text keeps all that was sent: an offset or none, digits beyond microseconds, leap seconds. So a
dateTime is text in SQL; with `typed=True` it is the dialect's timestamp, in UTC, as it always is in Arrow, BigQuery and
Avro. `to_typed(schema, properties)` gives the values for such columns. A dateTime without an offset is a
`TypedValueError` there, which names its place, unless `naive=` gives their time zone.

    >>> from datetime import UTC
    >>> from eventschema.export import to_typed
    >>> to_typed(EventSchema("e", {"at": "dateTime"}), {"at": "2026-03-05T09:30"}, naive=UTC).properties["at"]
    datetime.datetime(2026, 3, 5, 9, 30, tzinfo=datetime.timezone.utc)

**Names.** In SQL every name is quoted, so reserved words and upper case stay. A name that a target does not take
(`placed order` and `1st` in Avro, 64 letters in PostgreSQL) becomes a lawful one: `placed_order`, `_1st`. The comment
on the table or column has the name in the schema: `Property 1st of type float.` Two names that would become one are a
`ValueError` with both, as are `total` and `Total` where the target ignores case. So are more properties than a table
may have columns: 1,600 in PostgreSQL, 2,000 in SQLite, 1,017 in MySQL, 10,000 in BigQuery.

## What each target cannot say

`remarks(schemas, target)` lists this for given schemas. The documents have it too, in comments and descriptions.

| what | of | in |
| --- | --- | --- |
| Accepted too: texts with lone surrogates; and a final newline, by validators whose $ matches before it (Python). | \
the event | json-schema, segment, rudderstack |
| A validator that reads numbers as doubles is inexact beyond 2^53. | int | json-schema, segment, rudderstack |
| Integers that no double holds exactly are accepted. That floats are rounded is not said. | float | json-schema, \
segment, rudderstack |
| Second 60 with an offset such as +01:00 is accepted at any time, not only at 23:59:60 UTC. | dateTime | json-schema, \
segment, rudderstack |
| Accepted too: addresses with over 64 characters before @, of special-use domains such as localhost, with -- as third \
and fourth character of a label, and with letters beyond ASCII that Unicode and IDNA exclude. | email | json-schema, \
segment, rudderstack |
| Refused by validators that assert formats (2020-12 does not): characters beyond ASCII. | email, url | json-schema, \
segment, rudderstack |
| Accepted too: values of another type that fit, such as an int for a float or a date for a string. | the event | \
json-schema, segment, rudderstack |
| Refused, though check only leaves the property out: events with an invalid property (invalid=drop). | the event | \
json-schema, segment, rudderstack |
| Accepted too: new properties whose values are not of the type that a hint gives them. | the event | json-schema, \
segment, rudderstack |
| Refused, though check passes them over: null and ignored empty texts for unknown properties. | the event | \
json-schema, segment, rudderstack |
| Texts with the character U+0000 cannot be stored. | the event | postgresql |
| The limit on the length of texts gets lost. | string | SQL, arrow, avro |
| Any text is accepted. | dateTime, email, url | SQL, arrow, bigquery, avro |
| No table, since a table needs a column. | the event | SQL |
| A point in time in UTC, to the microsecond: the offset as sent, further digits and leap seconds get lost. | dateTime \
| SQL, arrow, bigquery, avro |
| SQLite accepts values of any type in every column. | the event | sqlite |
| Stored as 1 and 0. | bool | sqlite, mysql |
| Years before 1000 are not supported. | date, dateTime | mysql |
| Years before 1900 and after 2299 are not supported. | date, dateTime | clickhouse |
| The limit on the number of properties and on the length of new names gets lost. | the event | rudderstack |
| Any text is accepted in a property that has texts of several types in several events. | the event | rudderstack |

All other differences are in how values are written. Outside JSON Schema and tracking plans nothing limits the number of
properties of an event.
"""

from typing import TYPE_CHECKING, Any, Final

from eventschema.export.avro import to_avro
from eventschema.export.bigquery import to_bigquery
from eventschema.export.jsonschema import to_json_schema
from eventschema.export.lazy import module_of_extra
from eventschema.export.remarks import Remark
from eventschema.export.requests import to_request_schema
from eventschema.export.targets import remarks
from eventschema.export.trackingplan import to_tracking_plan
from eventschema.export.typed import TypedValueError, to_typed

if TYPE_CHECKING:
    from eventschema.export.arrow import to_arrow as to_arrow
    from eventschema.export.arrow import to_arrow_table as to_arrow_table
    from eventschema.export.sql import to_sql as to_sql

#: The names that need the extra ``export``, and the module of each.
_OF_EXTRA: Final = {"to_arrow": "arrow", "to_arrow_table": "arrow", "to_sql": "sql"}

# Without the names that need the extra: `from eventschema.export import *` works in all installations.
__all__ = [
    "Remark",
    "TypedValueError",
    "remarks",
    "to_avro",
    "to_bigquery",
    "to_json_schema",
    "to_request_schema",
    "to_tracking_plan",
    "to_typed",
]


if not TYPE_CHECKING:  # with it, a type checker would find any name here

    def __getattr__(name: str) -> Any:
        """Import a name of the extra ``export``. Raises ``ModuleNotFoundError``, with the extra, without it."""
        if name not in _OF_EXTRA:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(module_of_extra(_OF_EXTRA[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *_OF_EXTRA])
