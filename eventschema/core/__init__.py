"""Types, rules and schemas: how one event is checked against one schema.

Everything here is pure: no I/O, no clock, no shared state. Import `EventSchema`, `Rules`, `PropertyType`, `classify`
and the errors from `eventschema`; the errors are listed there too.

## Types

The first value of a property decides its type. No event changes it after that; a person can (see below).

| type | detected from | then accepts |
| --- | --- | --- |
| `bool` | `True`, `False` | bools |
| `int` | an integer of 64 bits | integers; a whole float or `Decimal`, stored as int |
| `float` | a float or `Decimal` | finite numbers; an integer that a double holds exactly, stored as float |
| `date` | `2026-03-05`; a `datetime.date` | dates |
| `dateTime` | `2026-03-05T09:30`; a `datetime.datetime` | dateTimes |
| `url` | `https://example.com/a?b` | urls |
| `email` | `ann@example.com` | email addresses |
| `string` | any other text | any text, also dates, urls and addresses |

- **Numbers.** A float is rounded to 6 decimals, half to even. NaN, infinities and numbers beyond a double are
  refused. Instances of subclasses count as their base type. Numbers of other libraries count as int or as the nearest
  double; an int property accepts one of them (a `Fraction`, say) only where it equals an integer.
- **date.** `YYYY-MM-DD`, a real day of the years 0001 to 9999.
- **dateTime.** ISO 8601, extended format: a date, `T`, hours and minutes; seconds, a fraction and an offset (`Z`,
  `+01:00`) are optional. Second 60 is accepted only at 23:59:60 UTC (RFC 3339). A space in place of `T` is refused.
- **url.** A scheme of `Rules.url_schemes`, `://` and a host, as RFC 3986 and RFC 3987 define them.
- **email.** An address of at most 254 characters that
  [email-validator](https://github.com/JoshData/python-email-validator) accepts.
- **Texts are never trimmed.** `" 2026-03-05"` is a string.
- **None** is an absent property: it creates nothing and is not stored. The result reports it as `null_ignored`.
- **Everything else** (dicts, lists, bytes, other objects) is refused as `unsupported_type`.

`classify(value)` returns the type that detection gives a value:

    >>> from eventschema import classify
    >>> [str(classify(value)) for value in ("2026-03-05", "2026-02-30", 40, 40.0, "ann@example.com")]
    ['date', 'string', 'int', 'float', 'email']

## Merging an event

`schema.merge(properties, rules)` never changes its arguments, never raises for bad data, and accepts an event whole
or not at all. A rejected result is false: `if result: ...`. Two exceptions pass through, as they are no fault of the
event: `MemoryError`, and `RecursionError` for a caller near the limit of the stack. Neither leaves anything half done.
A value whose own methods raise one of them raises it too; nothing that a JSON decoder returns does.

    >>> from eventschema import EventSchema
    >>> schema = EventSchema("placed order", {"total": "float"})
    >>> result = schema.merge({"total": 40, "placedOn": "2026-03-05", "coupon": None, "weight": 1.23456789})
    >>> result.ok, dict(result.added)
    (True, {'placedOn': <PropertyType.DATE: 'date'>, 'weight': <PropertyType.FLOAT: 'float'>})
    >>> result.properties
    {'total': 40.0, 'placedOn': '2026-03-05', 'weight': 1.234568}
    >>> [(change.name, str(change.kind)) for change in result.adjustments]
    [('total', 'int_to_float'), ('coupon', 'null_ignored'), ('weight', 'rounded')]
    >>> result.schema_change(schema)
    SchemaChange(name='placed order', base_version=0, added=FrozenDict({'placedOn': <PropertyType.DATE: 'date'>, \
'weight': <PropertyType.FLOAT: 'float'>}), retyped=FrozenDict({}), frozen=None)

Dates stay texts, since only texts keep all that was sent. `schema.to_python` makes Python's types of them, and reports
what gets lost by that: leap seconds, and digits beyond microseconds.

    >>> typed = result.schema.to_python(result.properties)
    >>> typed.properties["placedOn"], typed.adjustments
    (datetime.date(2026, 3, 5), ())

`result.schema_change(schema)` is what a store must save, `None` if nothing changed. Names of events are any text
without control characters; names of properties consist of `A-Z a-z 0-9 _`.

Limits are tested first: an event of a million properties, or a name of a megabyte, is rejected without being read.

## Rules

`Rules` holds the limits and choices of one service. It is immutable and hashable; a wrong value is a `ValueError`
when the rules are made. The defaults are those of Omnisend's endpoint.

| field | default | meaning |
| --- | --- | --- |
| `max_properties` | 100 | properties of one event; contact properties of one request |
| `max_name_length` | 128 | characters of a property name |
| `max_string_length` | 2048 | characters of a text value |
| `float_digits` | 6 | decimals kept of a float |
| `max_schema_properties` | None | properties that one schema may grow to; `None`: no limit |
| `max_event_name_length` | 255 | characters of an event name |
| `url_schemes` | http, https, ftp, ftps | schemes that make a text a url |
| `detect` | all eight types | types that a new property may get; see below |
| `new_properties` | "add" | `"reject"`: a property that the schema lacks is `unknown_property` |
| `nulls` | "ignore" | `"reject"`: `None` is `unsupported_type` |
| `types` | "conform" | `"exact"`: the detected type of a value must equal its property's type |
| `invalid` | "reject" | `"drop"`: an event is accepted without its invalid properties; see below |
| `empty_texts` | "keep" | `"ignore"`: the text `""` means that the property is absent, as `None` does |
| `hints` | () | types for new properties, by patterns of their names; see below |
| `event_ids` | "uuid" | `"text"`: an `eventID` is any text of 1 to 255 characters without control characters |
| `unknown_fields` | "reject" | `"ignore"`: unknown fields of a track request are lost, knowingly |

`detect` always contains bool, float and string. Without int, integers are detected as float: use it for senders that
write 10.0 as 10, as JavaScript does. Without date, dateTime, email or url, such texts are detected as string.

    >>> from eventschema import PropertyType, Rules
    >>> rules = Rules(max_schema_properties=500, detect=frozenset(PropertyType) - {PropertyType.INT})
    >>> dict(EventSchema("order").merge({"total": 40}, rules).added)
    {'total': <PropertyType.FLOAT: 'float'>}

Under `invalid="drop"`, no event is lost for one bad property: `result.dropped` has the violations of the properties
that were left out. Only what is wrong with the whole event rejects it: `malformed_request` and `too_many_properties`.
A schema that has reached `max_schema_properties` drops further new properties, each with its own
`too_many_schema_properties`.

    >>> result = EventSchema("order", {"total": "float"}).merge({"total": 40, "e-mail": "x"}, Rules(invalid="drop"))
    >>> result.ok, result.properties, [error.pointer for error in result.dropped]
    (True, {'total': 40.0}, ['/properties/e-mail'])

`hints` are pairs of a pattern and a type. A pattern matches whole names: `*` stands for any characters, `?` for one.
The first that matches a new property's name gives the type, even one that `detect` leaves out. Hints do not convert:
a value that the type does not accept is a `type_conflict`, with `since` None.

    >>> rules = Rules(hints=[("utm_*", "string"), ("*_at", "dateTime")])
    >>> result = EventSchema("visit").merge({"utm_term": "2026-11-26", "seen_at": "today"}, rules)
    >>> [(error.pointer, str(error.expected), error.since) for error in result.errors]
    [('/properties/seen_at', 'dateTime', None)]

`new_properties`, `nulls`, `types`, `invalid`, `empty_texts` and `hints` are for events. A bad contact property rejects
its request under all rules.

## Schemas

An `EventSchema` is immutable, hashable, picklable, and equal by value. Declare the types that you know:
`EventSchema("order", {"price": "float"})`. `version` counts the changes, from 0; `since(name)` is the version that
added a property, 0 for a declared one; `fingerprint` is a hash of the name, the properties and their types.

`to_dict` and `from_dict` write and read a schema as JSON, `dumps_schemas` and `loads_schemas` a whole schema file. A
person who writes such a document may leave out `format`, `version` and `since`. The mappings in results are
`FrozenDict`s: `json.dumps` accepts the result of their `to_dict()`, not the mappings themselves.

    >>> from eventschema import dumps_schemas, loads_schemas
    >>> declared = loads_schemas('{"schemas": [{"name": "order", "properties": {"price": "float"}}]}')
    >>> loads_schemas(dumps_schemas(declared.values())) == declared
    True

## Changing a type

No event changes a type. A person can: `schema.retype({"mag": "float"})` is the schema of the next version, in which
the properties have their new types, and `retype_change` the change to save. `is_lossless(old, new)` says whether every
value of the old type is one of the new: date, dateTime, email and url to string, and nothing else. Stored events stay
as they are.

    >>> from eventschema import compare, is_lossless
    >>> first = EventSchema("earthquake").merge({"mag": 5, "time": "2026-11-26"}).schema
    >>> later = first.retype({"mag": "float", "time": "string"})
    >>> later.version, later.since("mag"), is_lossless("int", "float"), is_lossless("date", "string")
    (2, 2, False, True)

`compare(old, new)` lists what was added, removed and retyped, and says who can read what, in the words of schema
registries: `backward` (readers of the new schema can read the events of the old one), `forward`, `full` or `none`.

    >>> comparison = compare(first, later)
    >>> [(change.name, change.kind) for change in comparison.changes], comparison.compatibility
    ([('mag', 'lossy'), ('time', 'lossless')], 'none')

## Freezing a schema

`schema.freeze()` is the schema of the next version, to which no event adds a property: a new one is `frozen_schema`, or
is left out under `Rules(invalid="drop")`. Known properties are accepted as before. A person can still add properties
(`schema.apply`) and retype them. `freeze(frozen=False)` ends it, and `freeze_change` makes the change to save. A schema
can be declared frozen:
`EventSchema("order", {"price": "float"}, frozen=True)`, or `"frozen": true` in a schema file.

    >>> frozen = later.freeze()
    >>> frozen.version, frozen.frozen_since, frozen.merge({"mag": 5.4}).ok
    (3, 3, True)
    >>> [(error.code, error.pointer, error.since) for error in frozen.merge({"magType": "mb"}).errors]
    [('frozen_schema', '/properties/magType', 3)]
"""
