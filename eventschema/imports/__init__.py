"""Schemas from other systems: JSON Schema, tracking plans, event metadata, tables, Arrow and Parquet.

If the contract of your events is already written down elsewhere, these functions read it into declared schemas:

| function | reads | needs the extra |
| --- | --- | --- |
| `from_json_schema(document, name)` | JSON Schema of flat objects, drafts 7, 2019-09 and 2020-12 | |
| `from_tracking_plan(document)` | Segment's tracking plans | |
| `from_event_metadata(document)` | Omnisend's event metadata | |
| `from_sql_table(database, table, name)` | a table, by SQLAlchemy's reflection | `export` |
| `from_arrow(schema, name)` | a `pyarrow.Schema`, and with it Parquet | `export` |

Each returns the `schemas` by the name of the event, and the `omissions`: what could not be taken over, each with its
JSON Pointer. A `name` is needed only where the document has none.

    >>> from eventschema.imports import from_json_schema
    >>> schemas, omissions = from_json_schema({
    ...     "$schema": "https://json-schema.org/draft/2020-12/schema",
    ...     "title": "placed order",
    ...     "type": "object",
    ...     "properties": {
    ...         "total": {"type": "number", "minimum": 0},
    ...         "placedOn": {"$ref": "#/$defs/day"},
    ...         "items": {"type": "array"},
    ...     },
    ...     "$defs": {"day": {"type": "string", "format": "date"}},
    ... })
    >>> dict(schemas["placed order"].properties)
    {'total': <PropertyType.FLOAT: 'float'>, 'placedOn': <PropertyType.DATE: 'date'>}
    >>> for omission in omissions:
    ...     print(omission.pointer, omission.sentence)
    /properties/total/minimum The limit minimum gets lost.
    /properties/items The property is left out: no type takes its values: array.

`dumps_schemas(schemas)` makes a schema file of them. So does the command:

```sh
eventschema import --from json-schema order.schema.json -o declared.json
eventschema import --from segment plan.json -o declared.json
eventschema import --from omnisend metadata.json -o declared.json
eventschema import --from sql --db sqlite:///shop.db --table orders -o declared.json
eventschema import --from arrow events.parquet --event "placed order" -o declared.json
```

## What is taken over

A schema has names and types, nothing else. So every further limit on values (lengths, ranges, patterns, lists of
values, required properties) is listed as lost, unless it is what `eventschema.export` writes for the default `Rules`.
The import of an export gives the schemas back, without omissions; one of whole requests (`--request`) is not read.
SQLite keeps no comments, so there a dateTime, an email and a url come back as string.

| type | JSON Schema, Segment | Omnisend | SQL | Arrow, Parquet |
| --- | --- | --- | --- | --- |
| bool | boolean | boolean | BOOLEAN | bool |
| int | integer | integer | integers; NUMERIC without decimals | integers |
| float | number | float | FLOAT, DOUBLE, NUMERIC | floats, decimals |
| string | string | string | CHAR, VARCHAR, TEXT, enumerations | strings, dictionaries of them |
| date | string, format date | date | DATE | date32, date64 |
| dateTime | string, format date-time | | DATETIME, TIMESTAMP | timestamps |
| email | string, format email or idn-email | | | |
| url | string, format uri or iri | | | |

**A property is left out** if no one type takes all of its values: objects, arrays, text or number, anything. A property
that is not in a schema is no error: the first event with it decides its type. A property whose name has other
characters than letters, digits and `_` is left out too: see `Mapping` in `eventschema.stream`.

**References and combinations.** A `$ref` is followed within the document, by pointer and by anchor. Other documents are
never fetched. `allOf` joins properties, and `anyOf` of a type and null is that type. Properties that only a branch of
`anyOf`, `oneOf` or `if` has are not taken over. An `anyOf` of titled objects, as an export of several schemas has it,
is a schema for each. In a tracking plan, rules of other messages than `TRACK` are listed.

A document without a flat object, or of another draft, is a `ValueError` with the place.
"""

from typing import TYPE_CHECKING, Any, Final

from eventschema.export.lazy import module_of_extra
from eventschema.imports.jsonschema import from_json_schema
from eventschema.imports.metadata import from_event_metadata
from eventschema.imports.results import Imported, Omission
from eventschema.imports.trackingplan import from_tracking_plan

if TYPE_CHECKING:
    from eventschema.imports.arrow import from_arrow as from_arrow
    from eventschema.imports.sql import from_sql_table as from_sql_table

#: The names that need the extra ``export``, and the module of each.
_OF_EXTRA: Final = {"from_arrow": "arrow", "from_sql_table": "sql"}

# Without the names that need the extra: `from eventschema.imports import *` works in all installations.
__all__ = ["Imported", "Omission", "from_event_metadata", "from_json_schema", "from_tracking_plan"]


if not TYPE_CHECKING:  # with it, a type checker would find any name here

    def __getattr__(name: str) -> Any:
        """Import a name of the extra ``export``. Raises ``ModuleNotFoundError``, with the extra, without it."""
        if name not in _OF_EXTRA:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(module_of_extra(_OF_EXTRA[name], __name__), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *_OF_EXTRA])
