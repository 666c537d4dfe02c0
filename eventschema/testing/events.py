"""Strategies for property names, for events that a schema accepts, and for rejected events with their violations.

An event is built property by property, each with the violation that it causes. So the violations of a rejected event
are known without a second validator.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import count, islice, product
from typing import Any, Final, NamedTuple

from hypothesis import strategies as st

from eventschema.core.arguments import check_kind, require_rules
from eventschema.core.events import PROPERTIES_POINTER
from eventschema.core.formats import matches
from eventschema.core.hints import hinted_type
from eventschema.core.mismatches import reason_of
from eventschema.core.pointers import pointer_to
from eventschema.core.reasons import FormatReason
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.schemaerrors import FrozenSchema
from eventschema.core.types import ACCEPTED_TYPES, TEXT_TYPES, PropertyType
from eventschema.core.violations import (
    InvalidName,
    NameTooLong,
    TooManyProperties,
    TooManySchemaProperties,
    TypeConflict,
    UnknownProperty,
    Violation,
)
from eventschema.testing.texts import filled, joined, near_misses
from eventschema.testing.values import (
    broken_floats,
    detected,
    exact_ints,
    faulty_values,
    inexact_ints,
    typed_values,
    values,
)

Event = dict[str, Any]
Refused = tuple[Event, tuple[Violation, ...]]

_NAME_CHARACTERS: Final = "abcxyz_ABCXYZ0189"
_COMMON_NAMES: Final = ("a", "b", "total", "Total", "placed_at", "item_1")
_WRONG_NAMES: Final = ("", " ", "a b", "a-b", "a.b", "a/b", "a~b", "\u00e9", "a\n", "$", "\x00", "\ud800", "\u0661")
_MAX_NAME: Final = 12  # characters of a drawn name, except for the longest allowed one
_MAX_DRAWN: Final = 1000  # no name or event exceeds a limit higher than this: the examples would be too large
_MAX_PROPERTIES: Final = 6  # of a drawn event
_MAX_FAULTS: Final = 3  # in a drawn event


class _Entry(NamedTuple):
    """A property of a drawn event: the ``violation`` that it causes, if any; ``new`` if it is added to the schema."""

    name: str
    value: Any
    violation: Violation | None = None
    new: bool = False


_Entries = st.SearchStrategy[_Entry]

_FOR_BOOLS: Final = (None, PropertyType.BOOL)  # the hints of a new property that accepts a bool


def property_names(rules: Rules = DEFAULT_RULES) -> st.SearchStrategy[str]:
    """Valid property names: 1 to ``rules.max_name_length`` latin letters, digits and ``_``.

    Names of the greatest length are drawn too. The strategy is empty if the rules allow no name.
    """
    require_rules(rules)
    longest = rules.max_name_length
    if longest == 0:
        return st.nothing()
    names = joined(st.sampled_from(_NAME_CHARACTERS), 1, min(longest, _MAX_NAME))
    common = [name for name in _COMMON_NAMES if len(name) <= longest]
    return filled(st.sampled_from(common) | names, longest)


def events(schema: EventSchema | None = None, rules: Rules = DEFAULT_RULES) -> st.SearchStrategy[Event]:
    """Events that JSON can hold.

    Without a ``schema``: events that ``rules`` accept as the first of their name. With one: events that it accepts
    (:func:`conforming`) and events that it refuses (:func:`conflicting`).
    """
    if schema is None:
        return conforming(EventSchema("event"), rules)
    return conforming(schema, rules) | conflicting(schema, rules).map(lambda drawn: drawn[0])


def conforming(schema: EventSchema, rules: Rules = DEFAULT_RULES) -> st.SearchStrategy[Event]:
    """Events that ``schema`` accepts whole under ``rules``: ``schema.merge(event, rules).ok``, and nothing is dropped.

    They have some of its properties and, if the rules allow them, new ones. Some values are adjusted by the merge (an
    int for a float, a float with too many decimals, ``None``), others are stored unchanged. A property for which the
    rules allow no value is left out.
    """
    _check(schema, rules)
    return _conforming(schema, rules).map(_event)


def conflicting(schema: EventSchema, rules: Rules = DEFAULT_RULES) -> st.SearchStrategy[Refused]:
    """Events that ``schema`` rejects under ``rules``, each with its violations.

    The violations equal ``schema.merge(event, rules).errors``, in the same order. Besides valid properties, an event
    has at least one fault: a value of another type, a text that nearly has the format, a value of no type, an invalid
    name, or too many properties for the event or for the schema. Under ``Rules(invalid="drop")``, an event is rejected
    only for too many properties: for the others see :func:`dropping`.
    """
    _check(schema, rules)
    if rules.invalid == "drop":
        few = _conforming(schema, rules).map(lambda entries: (_event(entries), ()))
        return _too_many(few, rules.max_properties) if rules.max_properties < _MAX_DRAWN else st.nothing()
    faulty = _faulty(schema, rules) if rules.max_properties else st.nothing()
    kinds = [faulty, _overgrowing(schema, rules)]
    if rules.max_properties < _MAX_DRAWN:
        kinds.append(_too_many(faulty if rules.max_properties else st.just(({}, ())), rules.max_properties))
    return st.one_of(kinds)


def dropping(schema: EventSchema, rules: Rules) -> st.SearchStrategy[Refused]:
    """Events that ``schema`` accepts under ``Rules(invalid="drop")`` without some properties, with their violations.

    The violations equal ``schema.merge(event, rules).dropped``, in the same order. The strategy is empty if the rules
    allow no property. Raises ``ValueError`` for rules that do not drop.
    """
    _check(schema, rules)
    if rules.invalid != "drop":
        raise ValueError(f"expected Rules(invalid='drop'), found {rules!r}")
    return _faulty(schema, rules) if rules.max_properties else st.nothing()


def _check(schema: EventSchema, rules: Rules) -> None:
    check_kind(schema, EventSchema, "a schema (EventSchema)")
    require_rules(rules)


# --- accepted events ---


def _conforming(schema: EventSchema, rules: Rules) -> st.SearchStrategy[list[_Entry]]:
    kinds = [_fitting(schema, name, rules) for name in schema.properties]
    if rules.nulls == "ignore":
        kinds.append(_unused_names(schema, rules).map(lambda name: _Entry(name, None)))
    allowed = _max_added(schema, rules)
    if allowed:
        kinds.append(_new(schema, rules))
    entries = _one_of(kinds)
    if entries.is_empty:
        return st.just([])
    drawn = st.lists(entries, unique_by=_name, max_size=min(_MAX_PROPERTIES, rules.max_properties))
    return drawn.map(lambda entries: _within(entries, allowed))


def _max_added(schema: EventSchema, rules: Rules) -> int:
    """How many properties an event may add to the schema."""
    bound = rules.max_schema_properties
    if rules.new_properties == "reject" or schema.frozen:
        return 0
    return rules.max_properties if bound is None else max(0, bound - len(schema.properties))


def _within(entries: Sequence[_Entry], allowed: int) -> list[_Entry]:
    """``entries`` with at most ``allowed`` new ones."""
    surplus = {entry.name for entry in [entry for entry in entries if entry.new][allowed:]}
    return [entry for entry in entries if entry.name not in surplus]


def _fitting(schema: EventSchema, name: str, rules: Rules) -> _Entries:
    """The property ``name`` of the schema, with a value that its type accepts."""
    if len(name) > rules.max_name_length:
        return st.nothing()
    expected = schema.properties[name]
    drawn = _valid(expected, rules)
    if rules.nulls == "ignore":
        drawn |= st.none()
    return drawn.map(lambda value: _Entry(name, value))


def _exactly(expected: PropertyType, rules: Rules) -> st.SearchStrategy[Any]:
    """Values whose detected type is ``expected``."""
    return _one_of([typed_values(kind, rules) for kind in PropertyType if detected(kind, rules) is expected])


def _accepted(expected: PropertyType, rules: Rules) -> st.SearchStrategy[Any]:
    """Values that a property of the type ``expected`` accepts, adjusted or not."""
    match expected:
        case PropertyType.INT:
            return values(expected, rules) | exact_ints().map(float)
        case PropertyType.FLOAT:
            return values(expected, rules) | exact_ints() | st.floats(allow_nan=False, allow_infinity=False)
        case _:
            return _one_of([values(kind, rules) for kind in PropertyType if kind in ACCEPTED_TYPES[expected]])


def _new(schema: EventSchema, rules: Rules) -> _Entries:
    """A new property, with a value of any type, or of the type that a hint gives it."""
    names = _unused_names(schema, rules)
    if not rules.hints:
        return _built(lambda name, value: _Entry(name, value, new=True), names, _of_any_type(rules))
    hinted = _one_of([_hinted(name, type_, rules) for name, type_ in _hinted_names(schema, rules)])
    free = names.filter(lambda name: hinted_type(name, rules.hints) is None)
    others = st.nothing() if any(pattern == "*" for pattern, _ in rules.hints) else free
    return hinted | _built(lambda name, value: _Entry(name, value, new=True), others, _of_any_type(rules))


def _hinted(name: str, type_: PropertyType, rules: Rules) -> _Entries:
    return _valid(type_, rules).map(lambda value: _Entry(name, value, new=True))


def _hinted_names(schema: EventSchema, rules: Rules) -> list[tuple[str, PropertyType]]:
    """For each hint, a name that is not in the schema, with the type that the hints give it."""
    names = dict.fromkeys(pattern.replace("?", "a").replace("*", "") or "a" for pattern, _ in rules.hints)
    allowed = [name for name in names if len(name) <= rules.max_name_length and name not in schema.properties]
    return [(name, type_) for name in allowed if (type_ := hinted_type(name, rules.hints)) is not None]


def _valid(expected: PropertyType, rules: Rules) -> st.SearchStrategy[Any]:
    """Values that a property of the type ``expected`` accepts under ``rules``."""
    return _exactly(expected, rules) if rules.types == "exact" else _accepted(expected, rules)


def _of_any_type(rules: Rules) -> st.SearchStrategy[Any]:
    return _one_of([typed_values(kind, rules) for kind in PropertyType])


def _unused_names(schema: EventSchema, rules: Rules) -> st.SearchStrategy[str]:
    """Names that are not in the schema; the strategy is empty if the schema has all names that the rules allow."""
    known = schema.properties
    first = list(islice(_unused(schema, rules), 3))
    if not first:
        return st.nothing()
    return st.sampled_from(first) | property_names(rules).map(lambda name: first[0] if name in known else name)


def _unused(schema: EventSchema, rules: Rules) -> Iterator[str]:
    """The names that are not in the schema, the shortest first."""
    lengths = range(1, rules.max_name_length + 1)
    names = ("".join(letters) for length in lengths for letters in product(_NAME_CHARACTERS, repeat=length))
    return (name for name in names if name not in schema.properties)


# --- rejected events ---


def _faulty(schema: EventSchema, rules: Rules) -> st.SearchStrategy[Refused]:
    """Events with at least one invalid property, and some valid ones."""
    wrong = _misnamed(rules) | _one_of([_conflict(schema, name, rules) for name in schema.properties])
    wrong |= _new_and_refused(schema, rules)
    if rules.new_properties == "add" and not schema.frozen:
        wrong |= _one_of([_conflicts(name, type_, None, rules) for name, type_ in _hinted_names(schema, rules)])
    faults = st.lists(wrong, unique_by=_name, min_size=1, max_size=min(_MAX_FAULTS, rules.max_properties))
    return _mixed(faults, _conforming(schema, rules), rules.max_properties)


@st.composite
def _mixed(
    draw: st.DrawFn, faults: st.SearchStrategy[list[_Entry]], fine: st.SearchStrategy[list[_Entry]], most: int
) -> Refused:
    """An event of invalid and valid properties in any order, with its violations."""
    wrong = draw(faults)
    names = {entry.name for entry in wrong}
    others = [entry for entry in draw(fine) if entry.name not in names]
    entries = draw(st.permutations([*wrong, *others][:most]))
    return _event(entries), tuple(entry.violation for entry in entries if entry.violation is not None)


def _misnamed(rules: Rules) -> _Entries:
    """A property with an invalid name, or with one that is too long if such a name is short enough to draw."""
    limit = rules.max_name_length
    wrong = st.sampled_from([name for name in _WRONG_NAMES if len(name) <= limit])
    drawn: st.SearchStrategy[tuple[str, Violation]] = wrong.map(
        lambda name: (name, InvalidName(pointer_to(PROPERTIES_POINTER, name, limit), "character" if name else "empty"))
    )
    if limit < _MAX_DRAWN:
        lengths = st.integers(limit + 1, limit + 3)
        drawn |= lengths.map(lambda n: ("a" * n, NameTooLong(f"{PROPERTIES_POINTER}/{'a' * limit}...", limit, n)))
    return st.builds(lambda pair, value: _Entry(pair[0], value, pair[1]), drawn, st.none() | st.booleans())


def _new_and_refused(schema: EventSchema, rules: Rules) -> _Entries:
    """A new property with a value of no type, or with any value if the rules refuse new properties."""
    names = _unused_names(schema, rules)
    faulty = faulty_values(rules)
    if rules.new_properties == "add" and not schema.frozen:
        return _built(
            lambda name, it: _Entry(name, it.value, it.violation(f"{PROPERTIES_POINTER}/{name}")), names, faulty
        )
    values = _not_ignored(_of_any_type(rules), rules) | faulty.map(lambda it: it.value)
    return _built(lambda name, value: _Entry(name, value, _new_refused(schema, rules, name)), names, values)


def _new_refused(schema: EventSchema, rules: Rules, name: str) -> Violation:
    """The violation of a new property that the rules or the schema refuse."""
    pointer = f"{PROPERTIES_POINTER}/{name}"
    if rules.new_properties == "reject" or schema.frozen_since is None:
        return UnknownProperty(pointer)
    return FrozenSchema(pointer, schema.frozen_since)


def _conflict(schema: EventSchema, name: str, rules: Rules) -> _Entries:
    """The property ``name`` of the schema, with a value that its type refuses."""
    limit = rules.max_name_length
    if len(name) > limit:
        too_long = NameTooLong(pointer_to(PROPERTIES_POINTER, name, limit), limit, len(name))
        return st.booleans().map(lambda value: _Entry(name, value, too_long))
    pointer = f"{PROPERTIES_POINTER}/{name}"
    faulty = faulty_values(rules).map(lambda faulty: _Entry(name, faulty.value, faulty.violation(pointer)))
    return _conflicts(name, schema.properties[name], schema.since(name), rules) | faulty


def _conflicts(name: str, expected: PropertyType, since: int | None, rules: Rules) -> _Entries:
    """The property ``name``, with a value that conflicts with the type ``expected``."""
    pointer = f"{PROPERTIES_POINTER}/{name}"

    def entry(value: Any, actual: PropertyType) -> _Entry:
        reason = _why_not(value, expected, rules)
        return _Entry(name, value, TypeConflict(pointer, expected, actual, since, reason))

    return _one_of(
        [_built(entry, _not_ignored(drawn, rules), st.just(actual)) for drawn, actual in _not_accepted(expected, rules)]
    )


def _not_ignored(drawn: st.SearchStrategy[Any], rules: Rules) -> st.SearchStrategy[Any]:
    """``drawn`` without the empty text, if the rules ignore it."""
    return drawn if rules.empty_texts == "keep" else drawn.filter(lambda value: value != "")


def _why_not(value: Any, expected: PropertyType, rules: Rules) -> FormatReason | None:
    if not isinstance(value, str) or matches(value, expected, rules):
        return None
    return reason_of(value, expected, rules)


def _not_accepted(expected: PropertyType, rules: Rules) -> list[tuple[st.SearchStrategy[Any], PropertyType]]:
    """Values that a property of the type ``expected`` refuses, with the ``actual`` type of the violation."""
    exact = rules.types == "exact"
    found = []
    for kind in PropertyType:
        # Under "conform" the type of a number does not depend on rules.detect, that of a text does.
        actual = detected(kind, rules) if exact or kind in TEXT_TYPES else kind
        if actual is not expected if exact else kind not in ACCEPTED_TYPES[expected]:
            found.append((typed_values(kind, rules), actual))
    if expected in TEXT_TYPES and expected is not PropertyType.STRING:
        found.append((near_misses(expected, rules), PropertyType.STRING))
    if not exact and expected is PropertyType.INT:
        found.append((broken_floats() | st.sampled_from((2.0**63, -(2.0**63) - 2048, 1e300)), PropertyType.FLOAT))
    if not exact and expected is PropertyType.FLOAT:
        found.append((inexact_ints(), PropertyType.INT))
    return found


def _too_many(refused: st.SearchStrategy[Refused], limit: int) -> st.SearchStrategy[Refused]:
    """Events of ``refused`` with further properties, more than ``limit`` in all: that is their only violation."""

    def made(few: Refused, size: int) -> Refused:
        event, _ = few
        more = (name for name in (f"p{number}" for number in count()) if name not in event)
        return event | dict.fromkeys(islice(more, size - len(event))), (
            TooManyProperties(PROPERTIES_POINTER, limit, size),
        )

    return st.builds(made, refused, st.integers(limit + 1, limit + 3))


def _overgrowing(schema: EventSchema, rules: Rules) -> st.SearchStrategy[Refused]:
    """Events with more new properties than the schema may get, and nothing else wrong."""
    bound = rules.max_schema_properties
    allowed = _max_added(schema, rules)
    if rules.new_properties == "reject" or schema.frozen:
        return st.nothing()
    if bound is None or allowed >= min(rules.max_properties, _MAX_DRAWN):
        return st.nothing()
    # Names with another hint are left out. A search through all names would be too long if none was without.
    names = [
        name for name in islice(_unused(schema, rules), _MAX_DRAWN) if hinted_type(name, rules.hints) in _FOR_BOOLS
    ]
    names = names[: min(allowed + 3, rules.max_properties)]
    size = len(schema.properties)

    def made(length: int, value: Any) -> Refused:
        return dict.fromkeys(names[:length], value), (
            TooManySchemaProperties(PROPERTIES_POINTER, bound, size + length),
        )

    if len(names) <= allowed:
        return st.nothing()
    return st.builds(made, st.integers(allowed + 1, len(names)), st.booleans())


def _built(make: Callable[[Any, Any], _Entry], one: st.SearchStrategy[Any], other: st.SearchStrategy[Any]) -> _Entries:
    """``st.builds`` of two strategies, which is empty if one of them is: ``st.builds`` alone does not see that."""
    return st.nothing() if one.is_empty or other.is_empty else st.builds(make, one, other)


def _name(entry: _Entry) -> str:
    return entry.name


def _event(entries: Sequence[_Entry]) -> Event:
    return {entry.name: entry.value for entry in entries}


def _one_of(strategies: Sequence[st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """``st.one_of`` that also accepts an empty sequence."""
    return st.one_of(strategies) if strategies else st.nothing()
