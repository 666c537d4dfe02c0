"""The phrases and figures that the tables and the page of a profile share."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from eventschema.cli.names import DisplayLocations, DisplayNames, property_name
from eventschema.cli.output import printable, quantity
from eventschema.cli.profiledescription import Description
from eventschema.core.types import TEXT_TYPES
from eventschema.core.values import AdjustmentKind
from eventschema.core.violations import UnsupportedType

_MAX_EXAMPLE: Final = 40  # characters


def percentage(part: int, whole: int) -> str:
    """Return a share in percent. Only 0 is 0%, and only the whole is 100%."""
    percent = 100 * part / whole if whole else 0.0
    if 0 < percent < 1:
        return "<1%"
    return ">99%" if 99 < percent < 100 else f"{percent:.0f}%"


def display_locations(description: Description) -> DisplayLocations:
    """Return how the locations in ``description`` are printed."""
    return DisplayLocations(location["source"] for location in _locations(description))


def _locations(description: Description) -> Iterator[Description]:
    yield from (error["first"] for error in description["faults"])
    for event in description["byName"]:
        yield from (error["first"] for error in event["faults"])
        for property_ in event["properties"]:
            yield from (error["first"] for error in property_["faults"])
            yield from (type_["first"] for type_ in property_["types"].values())


def location_text(locations: DisplayLocations, location: Description) -> str:
    """Return a location of a description as it is printed."""
    return locations.text(location["source"], location["line"])


def replay_sentence(description: Description) -> str:
    """Say how many events a replay accepts."""
    events, (accepted, recommended) = description["events"], description["replay"].values()
    if accepted == recommended == events:
        return f"A replay (infer) accepts all of {quantity(events, 'event')} as they are."
    most = f"{recommended:,}" if recommended < events else "all"
    text = f"A replay (infer) accepts {accepted:,} of {quantity(events, 'event')} as they are, and {most} with the "
    text += "recommended schemas declared."
    if recommended < accepted:
        text += " That is fewer because the values that fit the recommended types are not in the same events."
    return text


def events_phrase(event: Description) -> str:
    """Say how many events of a name were counted, and of how many the properties were looked at if not of all."""
    looked_at = event["lookedAt"]
    events = quantity(event["events"], "event")
    return events if looked_at == event["events"] else f"{events}, the properties of {looked_at:,} looked at"


def unlisted_names_sentence(event: Description) -> str:
    """Say how many values have invalid names that are not listed. Empty if there are none, or no name is listed."""
    unlisted = event["badNames"]["unlisted"]
    if not unlisted or not event["badNames"]["listed"]:
        return ""
    return f"{quantity(unlisted, 'more value')} of further such names {'is' if unlisted == 1 else 'are'} not listed."


def findings_by_event(description: Description) -> Counter[str | None]:
    """Return the number of findings of each event."""
    return Counter(finding["event"] for finding in description["findings"])


def finding_names(finding: Description, names: DisplayNames) -> list[str]:
    """Return the names of the event and of the property of a finding, where it has them."""
    event, property_ = finding["event"], finding["property"]
    events = [] if event is None else [names.text(event)]
    return events if property_ is None else [*events, property_name(property_)]


def evidence(finding: Description, locations: DisplayLocations, mark: Callable[[str], str] = str) -> str:
    """Return the locations, names and examples of a finding, to follow its sentence; each goes through ``mark``."""
    listed = finding["names"]
    names = map(DisplayNames(listed).text if finding["event"] is None else property_name, listed)
    parts = [
        ", ".join(mark(location_text(locations, location)) for location in finding["places"]),
        ", ".join(map(mark, names)),
        ", ".join(mark(example_text(value)) for value in finding["examples"]),
    ]
    if finding["refused"] is not None:
        parts.append(f"first refused: {mark(location_text(locations, finding['refused']))}")
    found = "; ".join(part for part in parts if part)
    return (f" ({found})" if found else "") + _options(finding["options"], mark)


def _options(options: Sequence[str], mark: Callable[[str], str]) -> str:
    """Return the sentence that names the options that fix a finding."""
    return f" See {' or '.join(map(mark, options))}." if options else ""


def untyped_counts(property_: Description) -> dict[str, int]:
    """Return how many values of a property have no type: objects and arrays, and the other values by their error."""
    found = {error["code"]: error["count"] for error in property_["faults"]}
    if UnsupportedType.code in found:  # which counts nulls too, where they are refused
        known = sum(property_["unsupported"].values())
        others = property_["untyped"] - known - sum(n for code, n in found.items() if code != UnsupportedType.code)
        found[UnsupportedType.code] = others
    counts = {**property_["unsupported"], **found}
    return {kind: count for kind, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count}


def replayed_values(property_: Description) -> int:
    """Return how many values of a property a replay checks: without nulls, unless nulls are refused."""
    nulls_refused = sum(error["count"] for error in property_["faults"]) - property_["untyped"]
    return int(property_["values"] + property_["untyped"] + nulls_refused)


def rounded_text(property_: Description) -> str:
    """Return how many values are rounded, and how many of them to 0; empty if there are none."""
    count, zeroed = property_["adjustments"].get(AdjustmentKind.ROUNDED, 0), property_["zeroed"]
    return f"{count:,}{f' ({zeroed:,} to 0)' if zeroed else ''}" if count else ""


def distinct_text(property_: Description) -> str:
    """Return the number of distinct values; empty if there are no values."""
    if not property_["values"]:
        return ""
    return f"{'>' if property_['distinct']['more'] else ''}{property_['distinct']['count']:,}"


def range_text(property_: Description) -> str:
    """Return the least and the greatest number, the range of dates, and the length of the longest other text."""
    least, greatest, longest = property_["least"], property_["greatest"], property_["longest"]
    moments = property_["moments"]
    parts = []
    if least is not None:
        parts.append(f"{least}" if least == greatest else f"{least} to {greatest}")
    parts += [
        _short(first) if first == last else f"{_short(first)} to {_short(last)}" for first, last in moments.values()
    ]
    if longest is not None and any(type_ in TEXT_TYPES and type_ not in moments for type_ in property_["types"]):
        parts.append(f"up to {quantity(longest, 'character')}" if longest else "empty text")
    return ", ".join(parts)


def _short(text: str) -> str:
    return text if len(text) <= _MAX_EXAMPLE else text[:_MAX_EXAMPLE] + "..."


def constraint_text(property_: Description) -> str:
    """Say whether a property is required and how many values it has, if its constraints say so; else empty."""
    found = property_["constraints"]
    if found is None:
        return ""
    closed = "" if found["values"] is None else f"one of {quantity(len(found['values']), 'value')}"
    return ", ".join(filter(None, ("required" if found["required"] else "", closed)))


def example_text(value: Any) -> str:
    """Return the start of an example as printable JSON on one line."""
    if type(value) is str and len(value) > _MAX_EXAMPLE:
        value = value[:_MAX_EXAMPLE] + "..."
    return printable(json.dumps(value, ensure_ascii=False))
