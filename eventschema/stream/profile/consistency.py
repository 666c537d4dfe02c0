"""Checks that the counts of a saved profile fit each other: a part is at most its whole."""

from eventschema.core.documents import wrong
from eventschema.core.pointers import pointer_to
from eventschema.core.types import PropertyType
from eventschema.core.violations import IntOutOfRange, InvalidName, NameTooLong, UnsupportedType
from eventschema.stream.profile.counts import ProfileCounts
from eventschema.stream.profile.eventstats import EventStats
from eventschema.stream.profile.locations import ErrorsByCode
from eventschema.stream.profile.propertystats import PropertyStats

_MAX_SHOWN = 128


def check_consistent(counts: ProfileCounts) -> None:
    """Raise ``ValueError``, with the place, if a count is greater than the one that it is a part of."""
    named = sum(stats.count for stats in counts.events.values()) + counts.unlisted_events
    _at_most(named, counts.count, "/events", "events, as many as there are in all")
    for name, stats in counts.events.items():
        _check_event(stats, pointer_to("/events", name, _MAX_SHOWN))
        for property_, values in stats.properties.items():
            pointer = pointer_to(pointer_to("/events", name, _MAX_SHOWN) + "/properties", property_, _MAX_SHOWN)
            _check_property(values, pointer, nulls_are_errors=counts.rules.nulls == "reject")


def _check_event(stats: EventStats, pointer: str) -> None:
    listed = sum(error.count for errors in stats.bad_names.values() for error in errors.values())
    counted = _count_of(stats.errors, InvalidName.code, NameTooLong.code)
    _at_most(listed, counted, f"{pointer}/badNames", "invalid names, as many as faults has")


def _check_property(stats: PropertyStats, pointer: str, *, nulls_are_errors: bool) -> None:
    numbers, types = stats.numbers, stats.types
    typed = sum(counts.count for counts in types.values())
    _at_most(typed + stats.nulls, stats.seen, f"{pointer}/types", "values and nulls, as many as were seen")
    _check_types(stats, f"{pointer}/types")
    floats, ints = (types[type_].count if type_ in types else 0 for type_ in (PropertyType.FLOAT, PropertyType.INT))
    _at_most(numbers.whole, floats, f"{pointer}/numbers/whole", "whole floats, as many as there are floats")
    _at_most(numbers.inexact, ints, f"{pointer}/numbers/inexact", "inexact ints, as many as there are ints")
    beyond = _count_of(stats.errors, IntOutOfRange.code)
    what = f"ints, as many as faults has of {IntOutOfRange.code}"
    _at_most(numbers.beyond, beyond, f"{pointer}/numbers/beyond", what)
    if UnsupportedType.code in stats.errors:
        unsupported = sum(stats.unsupported.values()) + (stats.nulls if nulls_are_errors else 0)
        values = f"values, as many as faults has of {UnsupportedType.code}"
        _at_most(unsupported, _count_of(stats.errors, UnsupportedType.code), f"{pointer}/unsupported", values)


def _check_types(stats: PropertyStats, pointer: str) -> None:
    for type_, counts in stats.types.items():
        if counts.values.counts is not None:
            counted = sum(counts.values.counts.values())
            if counted != counts.count:
                raise wrong(f"{pointer}/{type_}/values", f"the counts of {counts.count} values", f"those of {counted}")
        for kind, count in counts.values.settled_kinds.counts.items():
            _at_most(count, counts.count, f"{pointer}/{type_}/kinds/{kind}", "values, as many as there are")


def _count_of(errors: ErrorsByCode, *codes: str) -> int:
    return sum(errors[code].count for code in codes if code in errors)


def _at_most(part: int, whole: int, pointer: str, what: str) -> None:
    if part > whole:
        raise wrong(pointer, f"at most {whole} {what}", str(part))
