"""Writes a profile as a JSON document and reads it back, to save it or to send it between machines."""

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final, TypeVar

from eventschema.core.documents import FORMAT, read_event_name, read_format, read_object, wrong
from eventschema.core.names import is_name
from eventschema.core.pointers import pointer_to
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.core.values import AdjustmentKind
from eventschema.core.violations import IntOutOfRange, InvalidName, MalformedRequest, NameTooLong, TooManyProperties
from eventschema.stream.profile.columns import FirstSeen
from eventschema.stream.profile.consistency import check_consistent
from eventschema.stream.profile.counts import Bounds, ProfileCounts
from eventschema.stream.profile.distinct import Distinct
from eventschema.stream.profile.documentparts import (
    MAX_SHOWN,
    is_stored,
    placed,
    read_count,
    read_location,
    read_members,
)
from eventschema.stream.profile.eventstats import MAX_BAD_NAMES, EventStats, OversizeStats
from eventschema.stream.profile.locations import ErrorsByCode, ErrorStats
from eventschema.stream.profile.propertystats import UNSUPPORTED, NumberStats, PropertyStats
from eventschema.stream.profile.typedocument import read_type, write_type

_T = TypeVar("_T")

_PROFILE: Final = ("format", "rules", "bounds", "count", "unlistedEvents", "faults", "events")
_WITHOUT_PROPERTIES: Final = "withoutProperties"  # which older documents do not have, either
_EVENT: Final = ("count", "unlisted", "faults", "properties")
_PROPERTY: Final = ("seen", "nulls", "longest", "numbers", "distinct", "faults", "types")
_FIRST_SEEN: Final = "firstSeen"  # older documents do not have it
_NUMBERS: Final = ("least", "greatest", "whole", "inexact")
# Older documents do not have these.
_NEW_IN_EVENT: Final = ("unread", "oversize", "misnamed", "badNames")
_NEW_IN_PROPERTY: Final = ("adjusted", "empty", "zeroed", "unsupported", "unrounded")
_BEYOND: Final = "beyond"
_NEW_IN_NUMBERS: Final = {
    "firstFraction": "first_fraction",
    "firstInexact": "first_inexact",
    "firstBeyond": "first_beyond",
}
_NEW_IN_RULES: Final = ("invalid", "empty_texts", "hints", "event_ids", "unknown_fields")
_OVERSIZE: Final = ("events", "most", "properties", "nulls", "fitting")
_ERROR: Final = ("count", "first", "message")
_CODE: Final = re.compile("[a-z][a-z0-9_]{0,99}")  # also one of a later version


def write_profile(counts: ProfileCounts) -> dict[str, Any]:
    """The JSON-ready document of a profile; equal profiles give the same one, whatever the order of their parts."""
    rules = asdict(counts.rules)
    rules["url_schemes"] = sorted(counts.rules.url_schemes)
    rules["detect"] = sorted(type_.value for type_ in counts.rules.detect)
    rules["hints"] = [[pattern, type_.value] for pattern, type_ in counts.rules.hints]
    return {
        "format": FORMAT,
        "rules": rules,
        "bounds": asdict(counts.bounds),
        "count": counts.count,
        "unlistedEvents": counts.unlisted_events,
        _WITHOUT_PROPERTIES: counts.without_properties,
        "faults": _write_errors(counts.errors),
        "events": {name: _write_event(stats) for name, stats in counts.sorted_events().items()},
    }


def _write_event(stats: EventStats) -> dict[str, Any]:
    return {
        "count": stats.count,
        "unlisted": stats.unlisted,
        "unread": stats.unread,
        "oversize": {name: getattr(stats.oversize, name) for name in _OVERSIZE},
        "misnamed": stats.misnamed,
        "badNames": {name: _write_errors(stats.bad_names[name]) for name in sorted(stats.bad_names)},
        "faults": _write_errors(stats.errors),
        "properties": {name: _write_property(stats.properties[name]) for name in sorted(stats.properties)},
    }


def _write_property(stats: PropertyStats) -> dict[str, Any]:
    return {
        "seen": stats.seen,
        "nulls": stats.nulls,
        **({} if stats.first_seen is None else {_FIRST_SEEN: [*stats.first_seen.location, stats.first_seen.position]}),
        "longest": stats.longest,
        "empty": stats.empty,
        "numbers": _write_numbers(stats.numbers),
        "adjusted": {str(kind): stats.adjusted[kind] for kind in sorted(stats.adjusted)},
        "zeroed": stats.zeroed,
        "unsupported": {kind: stats.unsupported[kind] for kind in sorted(stats.unsupported)},
        "distinct": stats.distinct.to_text(),
        **({} if stats.unrounded is None else {"unrounded": stats.unrounded.to_text()}),
        "faults": _write_errors(stats.errors),
        "types": {type_.value: write_type(stats.types[type_]) for type_ in PropertyType if type_ in stats.types},
    }


def _write_numbers(numbers: NumberStats) -> dict[str, Any]:
    locations = {word: getattr(numbers, name) for word, name in _NEW_IN_NUMBERS.items()}
    return {
        **{name: getattr(numbers, name) for name in (*_NUMBERS, _BEYOND)},
        **{word: location and list(location) for word, location in locations.items()},
    }


def _write_errors(errors: ErrorsByCode) -> dict[str, Any]:
    return {
        code: {"count": errors[code].count, "first": list(errors[code].first), "message": errors[code].message}
        for code in sorted(errors)
    }


def read_profile(document: object) -> ProfileCounts:
    """Read the counts from the document of a profile. Raises ``ValueError``, with the place, for another document."""
    given = read_object(document, "", _PROFILE, (_WITHOUT_PROPERTIES,))
    read_format(given, "")
    rules = _options(given["rules"], "/rules", Rules)
    bounds = _options(given["bounds"], "/bounds", Bounds)

    def event(value: object, pointer: str) -> EventStats:
        return _read_event(value, pointer, bounds)

    counts = ProfileCounts(
        rules,
        bounds,
        read_count(given["count"], "/count"),
        read_count(given["unlistedEvents"], "/unlistedEvents"),
        read_count(given.get(_WITHOUT_PROPERTIES, 0), f"/{_WITHOUT_PROPERTIES}"),
        _read_errors(given["faults"], "/faults"),
        {read_event_name(name, "/events"): t for name, t in read_members(given["events"], "/events", event).items()},
    )
    check_consistent(counts)
    return counts


def _options(value: object, pointer: str, kind: type[_T]) -> _T:
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # typing has no name for a dataclass's type
    required = tuple(name for name in names if name not in _NEW_IN_RULES)
    given = read_object(value, pointer, required, tuple(name for name in names if name in _NEW_IN_RULES))
    try:
        return kind(**given)
    except (TypeError, ValueError) as error:
        raise wrong(pointer, "options that make sense", f"others ({error})") from None


def _read_event(value: object, pointer: str, bounds: Bounds) -> EventStats:
    given = read_object(value, pointer, _EVENT, _NEW_IN_EVENT)
    stats = EventStats()
    stats.count = read_count(given["count"], f"{pointer}/count")
    stats.unlisted = read_count(given["unlisted"], f"{pointer}/unlisted")
    stats.errors = _read_errors(given["faults"], f"{pointer}/faults")
    stats.unread = _least_known(given, "unread", pointer, stats, TooManyProperties.code, MalformedRequest.code)
    stats.misnamed = _least_known(given, "misnamed", pointer, stats, InvalidName.code, NameTooLong.code)
    if "oversize" in given:
        counts = read_object(given["oversize"], f"{pointer}/oversize", _OVERSIZE)
        stats.oversize = OversizeStats(
            **{name: read_count(counts[name], f"{pointer}/oversize/{name}") for name in _OVERSIZE}
        )
    stats.bad_names = read_members(given.get("badNames", {}), f"{pointer}/badNames", _read_errors)
    if len(stats.bad_names) > MAX_BAD_NAMES:
        raise wrong(f"{pointer}/badNames", f"at most {MAX_BAD_NAMES} names", "more")

    def property_(value: object, pointer: str) -> PropertyStats:
        return _read_property(value, pointer, stats.count, bounds)

    stats.properties = read_members(given["properties"], f"{pointer}/properties", property_)
    for name in stats.properties:
        if not is_name(name):
            raise wrong(
                pointer_to(f"{pointer}/properties", name, MAX_SHOWN),
                "a name of latin letters, digits and _",
                "another",
            )
    return stats


def _least_known(given: Mapping[str, Any], name: str, pointer: str, stats: EventStats, *codes: str) -> int:
    """The count ``name`` of events; for an older document without it, the count of the errors of ``codes``."""
    known = sum(stats.errors[code].count for code in codes if code in stats.errors)
    return read_count(given.get(name, min(known, stats.count)), f"{pointer}/{name}", most=stats.count)


def _read_errors(value: object, pointer: str) -> ErrorsByCode:
    errors = read_members(value, pointer, _read_error)
    for code in errors:
        if not _CODE.fullmatch(code):
            raise wrong(pointer_to(pointer, code, MAX_SHOWN), "a code of small latin letters, digits and _", "another")
    return errors


def _read_property(value: object, pointer: str, events: int, bounds: Bounds) -> PropertyStats:
    given = read_object(value, pointer, _PROPERTY, (_FIRST_SEEN, *_NEW_IN_PROPERTY))
    stats = PropertyStats(bounds.examples, bounds.distinct)
    stats.seen = read_count(given["seen"], f"{pointer}/seen", 1, events)
    stats.nulls = read_count(given["nulls"], f"{pointer}/nulls", most=stats.seen)
    if _FIRST_SEEN in given:
        stats.first_seen = _read_first_seen(given[_FIRST_SEEN], f"{pointer}/{_FIRST_SEEN}")
    stats.longest = None if given["longest"] is None else read_count(given["longest"], f"{pointer}/longest")
    stats.numbers = _read_numbers(given["numbers"], f"{pointer}/numbers")
    if not bounds.examples:  # then no value is kept, but older documents have these two
        stats.numbers.least = stats.numbers.greatest = None
    stats.distinct = _read_distinct(given["distinct"], f"{pointer}/distinct", bounds)
    if "unrounded" in given:
        stats.unrounded = _read_distinct(given["unrounded"], f"{pointer}/unrounded", bounds)
    stats.empty = read_count(given.get("empty", 0), f"{pointer}/empty")
    stats.zeroed = read_count(given.get("zeroed", 0), f"{pointer}/zeroed")
    stats.unsupported = _read_counts(given.get("unsupported", {}), f"{pointer}/unsupported", UNSUPPORTED)
    adjusted = _read_counts(given.get("adjusted", {}), f"{pointer}/adjusted", tuple(AdjustmentKind))
    stats.adjusted = {AdjustmentKind(kind): count for kind, count in adjusted.items()}
    stats.errors = _read_errors(given["faults"], f"{pointer}/faults")
    for word, (found, location) in placed(given["types"], f"{pointer}/types").items():
        if word not in list(PropertyType):
            raise wrong(location, f"one of {', '.join(PropertyType)}", "another")
        stats.types[PropertyType(word)] = read_type(found, location, PropertyType(word), bounds)
    _fill_first_locations(stats)
    return stats


def _read_distinct(value: Any, pointer: str, bounds: Bounds) -> Distinct:
    try:
        return Distinct.from_text(value, bounds.distinct)
    except (TypeError, ValueError):
        raise wrong(pointer, f"at most {bounds.distinct} digests in hex, or null", "others") from None


def _read_counts(value: object, pointer: str, names: tuple[str, ...]) -> dict[str, int]:
    found = read_members(value, pointer, read_count)
    for name in found:
        if name not in names:
            raise wrong(pointer_to(pointer, name, MAX_SHOWN), f"one of {', '.join(names)}", "another")
    return found


def _fill_first_locations(stats: PropertyStats) -> None:
    """Fill in the locations that older documents lack: the first value of the type is not after them."""
    numbers, types = stats.numbers, stats.types
    floats, ints = types.get(PropertyType.FLOAT), types.get(PropertyType.INT)
    if numbers.first_fraction is None and floats is not None and floats.count > numbers.whole:
        numbers.first_fraction = floats.first
    if numbers.first_inexact is None and ints is not None and numbers.inexact:
        numbers.first_inexact = ints.first
    if numbers.first_beyond is None and numbers.beyond and IntOutOfRange.code in stats.errors:
        numbers.first_beyond = stats.errors[IntOutOfRange.code].first


def _read_numbers(value: object, pointer: str) -> NumberStats:
    given = read_object(value, pointer, _NUMBERS, (_BEYOND, *_NEW_IN_NUMBERS))
    least, greatest = given["least"], given["greatest"]
    numbers = [number for number in (least, greatest) if is_stored(number, int) or is_stored(number, float)]
    if len(numbers) == 1 or (not numbers and (least, greatest) != (None, None)) or numbers != sorted(numbers):
        raise wrong(pointer, "a least and a greatest number, or null for both", "others")
    read = NumberStats(least, greatest)
    for name in ("whole", "inexact", _BEYOND):
        setattr(read, name, read_count(given.get(name, 0), pointer))
    for word, name in _NEW_IN_NUMBERS.items():
        if given.get(word) is not None:
            setattr(read, name, read_location(given[word], f"{pointer}/{word}"))
    return read


def _read_first_seen(value: object, pointer: str) -> FirstSeen:
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise wrong(pointer, "a source, a line and a position", "another")
    return FirstSeen(read_location(value[:2], pointer), read_count(value[2], pointer))


def _read_error(value: object, pointer: str) -> ErrorStats:
    given = read_object(value, pointer, _ERROR)
    if type(given["message"]) is not str:
        raise wrong(f"{pointer}/message", "text", "another")
    count = read_count(given["count"], f"{pointer}/count")
    return ErrorStats(count, read_location(given["first"], f"{pointer}/first"), given["message"])
