"""The values of one type of one property, as a part of the document of a profile."""

from collections.abc import Mapping
from typing import Any, Final

from eventschema.core.documents import read_object, wrong
from eventschema.core.formats import CHECKS
from eventschema.core.rules import DEFAULT_RULES
from eventschema.core.types import CLASSES, PropertyType
from eventschema.stream.profile.counts import Bounds
from eventschema.stream.profile.documentparts import is_stored, read_count, read_location, read_members
from eventschema.stream.profile.locations import Examples, FirstLocations, Location
from eventschema.stream.profile.moments import MomentRange, moment_range
from eventschema.stream.profile.typestats import TypeStats
from eventschema.stream.profile.valuecounts import MAX_VALUES, ValueCounts
from eventschema.stream.profile.valuekinds import MAX_OTHERS, KindCounts, ValueKind

_TYPE: Final = ("count", "first", "examples")
# Older documents do not have these.
_VALUES: Final = "values"
_KINDS: Final = "kinds"
_WITHOUT_FORM: Final = "withoutForm"
_RANGE: Final = "range"


def write_type(stats: TypeStats) -> dict[str, Any]:
    """The JSON-ready document of the values of one type."""
    examples = sorted((*location, value) for value, location in stats.examples.values.items())
    values = stats.values
    kinds = values.settled_kinds
    return {
        "count": stats.count,
        "first": [list(location) for location in stats.firsts.locations],
        "examples": examples,
        _VALUES: None if values.counts is None else sorted(map(list, values.counts.items())),
        **({_KINDS: {kind.value: kinds.counts[kind] for kind in sorted(kinds.counts)}} if kinds.counts else {}),
        **({_WITHOUT_FORM: kinds.others} if kinds.others else {}),
        **({} if stats.range is None else {_RANGE: list(stats.range)}),
    }


def read_type(value: object, pointer: str, type_: PropertyType, bounds: Bounds) -> TypeStats:
    """Read the stats from a document. Raises ``ValueError``, with the place, for another document."""
    given = read_object(value, pointer, _TYPE, (_VALUES, _KINDS, _WITHOUT_FORM, _RANGE))
    listed = given["examples"]
    if not isinstance(listed, list) or len(listed) > bounds.examples:
        raise wrong(f"{pointer}/examples", f"an array of at most {bounds.examples} examples", "another")
    examples = dict(_read_example(item, f"{pointer}/examples", type_) for item in listed)
    count = read_count(given["count"], f"{pointer}/count")
    stats = TypeStats(Examples(bounds.examples, examples), _read_values(given, pointer, type_, bounds), count)
    firsts = given["first"]
    if not isinstance(firsts, list) or not firsts:
        raise wrong(f"{pointer}/first", "an array of locations", "another")
    stats.firsts = FirstLocations()
    stats.firsts.add(read_location(location, f"{pointer}/first") for location in firsts)
    if _RANGE in given:
        stats.range = _read_range(given[_RANGE], f"{pointer}/{_RANGE}", type_, bounds)
    return stats


def _read_example(value: object, pointer: str, type_: PropertyType) -> tuple[Any, Location]:
    if not isinstance(value, list | tuple) or len(value) != 3 or not is_stored(value[2], CLASSES[type_]):
        raise wrong(pointer, f"examples of source, line and value: {type_}", "another")
    return value[2], read_location(value[:2], pointer)


def _read_values(given: Mapping[str, Any], pointer: str, type_: PropertyType, bounds: Bounds) -> ValueCounts:
    """The counts of values and of kinds; of an older document, only that they are not known."""
    if _VALUES not in given:
        return ValueCounts(type_, None, KindCounts({}, MAX_OTHERS + 1))
    listed = given[_VALUES]
    where = f"{pointer}/{_VALUES}"
    if listed is not None and (not isinstance(listed, list) or len(listed) > MAX_VALUES or not bounds.examples):
        raise wrong(where, f"an array of at most {MAX_VALUES if bounds.examples else 0} values, or null", "another")
    counts = None
    if listed is not None:
        counts = dict(_read_value(item, where, type_) for item in listed)
        if len(counts) < len(listed):
            raise wrong(where, "different values", "one of them twice")
    kinds = read_members(given.get(_KINDS, {}), f"{pointer}/{_KINDS}", read_count)
    for name in kinds:
        if name not in list(ValueKind):
            raise wrong(f"{pointer}/{_KINDS}", f"one of {', '.join(ValueKind)}", "another")
    others = read_count(given.get(_WITHOUT_FORM, 0), f"{pointer}/{_WITHOUT_FORM}")
    return ValueCounts(type_, counts, KindCounts({ValueKind(name): count for name, count in kinds.items()}, others))


def _read_value(value: object, pointer: str, type_: PropertyType) -> tuple[Any, int]:
    if not isinstance(value, list | tuple) or len(value) != 2 or not is_stored(value[0], CLASSES[type_]):
        raise wrong(pointer, f"pairs of a value and its count: {type_}", "another")
    return value[0], read_count(value[1], pointer, 1)


def _read_range(value: object, pointer: str, type_: PropertyType, bounds: Bounds) -> MomentRange:
    check = CHECKS.get(type_) if type_ in {PropertyType.DATE, PropertyType.DATETIME} and bounds.examples else None
    if (
        check is None
        or not isinstance(value, list | tuple)
        or len(value) != 2
        or not all(type(text) is str and check(text, DEFAULT_RULES) for text in value)
        or moment_range(list(value), type_) != tuple(value)
    ):
        raise wrong(pointer, "the earliest and the latest of dates or dateTimes", "another")
    return MomentRange(*value)
