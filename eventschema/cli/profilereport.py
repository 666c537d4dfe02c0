"""The report of a profile: one description of it, which the JSON output is, and which the tables and the page show."""

import json
from collections.abc import Iterator
from typing import Any, Final

from rich.console import RenderableType
from rich.text import Text

from eventschema.cli.output import printable, room, show, show_json
from eventschema.cli.tables import Column, Fitted, fault_table, fitted
from eventschema.core.rules import Rules
from eventschema.core.values import AdjustmentKind
from eventschema.core.violations import InvalidName, NameTooLong, TooManyProperties
from eventschema.stream.places import Faults, Place
from eventschema.stream.profile import EventProfile
from eventschema.stream.profilefiles import ProfileResult
from eventschema.stream.recommend import first_type, in_order, refused
from eventschema.stream.tallies import EventTally, PropertyTally

Description = dict[str, Any]

_MAX_SHOWN: Final = 40  # characters of an example
_COLUMNS: Final = (
    Column("property", least=30),
    Column("declare"),
    Column("has value", right=True),
    Column("null", right=True, optional=1),
    Column("types", between=", "),
    Column("refused", right=True),
    Column("distinct", right=True, optional=2),
    Column("range", between=" to ", optional=3),
    Column("examples", least=20, optional=4),
)


def report_profile(result: ProfileResult, form: str) -> None:
    """Print a profile: ``form`` is ``table`` or ``json``."""
    description = describe(result)
    if form == "json":
        show_json(description)
    else:
        show(*_parts(description, room()))


def describe(result: ProfileResult) -> Description:
    """All that is to be told of a profile, ready for JSON."""
    profile = result.profile
    recommendation = profile.recommended()
    carried = sum(tally.count for tally in profile.events.values()) + profile.unlisted_events
    return {
        "events": carried,
        "withoutEvent": profile.count - carried,
        "faults": _faults(profile.faults),
        "byName": [
            _event(profile, name, tally, recommendation.schemas[name].properties)
            for name, tally in profile.events.items()
        ],
        "findings": [finding.to_dict() for finding in profile.findings()],
        "unsettled": [unsettled._asdict() for unsettled in recommendation.unsettled],
        "unlistedEvents": profile.unlisted_events,
        "complete": profile.is_complete,
        "unreadable": [str(error) for error in result.unreadable],
    }


def _event(profile: EventProfile, name: str, tally: EventTally, declared: Any) -> Description:
    return {
        "name": name,
        "events": tally.count,
        "lookedAt": tally.looked_at,
        "faults": _faults(tally.faults),
        "unlisted": tally.unlisted,
        "oversize": _oversize(tally),
        "badNames": _bad_names(tally),
        "properties": [
            _property(property_, counts, tally.looked_at, declared.get(property_), profile.rules)
            for property_, counts in in_order(tally)
        ],
    }


def _oversize(tally: EventTally) -> Description | None:
    """The events of too many properties, if there are any; of those looked at, how many properties are null."""
    fault = tally.faults.get(TooManyProperties.code)
    if fault is None:
        return None
    counts = tally.oversize
    return {
        "events": fault.count,
        "lookedAt": counts.events,
        "most": counts.most,
        "properties": counts.properties,
        "nulls": counts.nulls,
        "fitting": counts.fitting,
    }


def _bad_names(tally: EventTally) -> Description:
    """The names that are no property names, each with its count and what is wrong; ``unlisted`` have no room here."""
    listed = [{"name": name, **fault} for name in sorted(tally.bad_names) for fault in _faults(tally.bad_names[name])]
    total = sum(tally.faults[code].count for code in (InvalidName.code, NameTooLong.code) if code in tally.faults)
    unlisted = total - sum(fault["count"] for fault in listed)
    return {"events": tally.misnamed, "listed": listed, "unlisted": unlisted}


def _property(name: str, tally: PropertyTally, events: int, declared: str | None, rules: Rules) -> Description:
    settled = first_type(tally)
    unrounded = tally.unrounded
    return {
        "name": name,
        "recommended": declared and str(declared),
        "seen": tally.seen,
        "share": tally.seen / events,
        "nulls": tally.nulls,
        "types": {
            str(type_): {"count": counts.count, "first": _place(counts.first)}
            for type_, counts in sorted(tally.types.items(), key=lambda item: (-item[1].count, item[0]))
        },
        "refused": 0 if settled is None else refused(tally, settled, exact=rules.types == "exact"),
        "least": tally.numbers.least,
        "greatest": tally.numbers.greatest,
        "longest": tally.longest,
        "distinct": {"count": tally.distinct.count, "more": tally.distinct.exceeded},
        "distinctBeforeRounding": unrounded and {"count": unrounded.count, "more": unrounded.exceeded},
        "adjustments": _adjustments(tally, rules),
        "zeroed": tally.zeroed,
        "unsupported": tally.unsupported,
        "examples": tally.examples(),
        "faults": _faults(tally.faults),
    }


def _adjustments(tally: PropertyTally, rules: Rules) -> dict[str, int]:
    """How many values are changed where they are stored, by the kind of change."""
    found = {str(kind): tally.adjusted[kind] for kind in sorted(tally.adjusted)}
    if tally.nulls and rules.nulls == "ignore":
        found[AdjustmentKind.NULL_IGNORED] = tally.nulls
    return found


def _faults(faults: Faults) -> list[Description]:
    return [
        {"code": code, "count": tally.count, "first": {**_place(tally.first), "message": tally.message}}
        for code, tally in sorted(faults.items())
    ]


def _place(place: Place) -> Description:
    return {"source": place.source, "line": place.line}


def _parts(description: Description, room: int) -> Iterator[RenderableType]:
    places = Places(description)
    left_out: set[str] = set()
    without = description["withoutEvent"]
    lines = f", {counted(without, 'line')} without an event" if without else ""
    yield Text(f"{counted(description['events'], 'event')}{lines}", "bold")
    for event in description["byName"]:
        yield Text.assemble("\n", (printable(event["name"]), "bold cyan"), f": {counted(event['events'], 'event')}")
        if event["properties"]:
            table, missing = _property_table(event, room)
            yield table
            left_out.update(missing)
        faults = [(property_["name"], fault) for property_ in event["properties"] for fault in property_["faults"]]
        yield from _fault_table([*(("", fault) for fault in event["faults"]), *faults], places, room)
    if description["faults"]:
        yield Text("\nLines without an event", "bold")
        yield from _fault_table([("", fault) for fault in description["faults"]], places, room)
    if description["findings"]:
        yield Text("\nLook at", "bold")
        for finding in description["findings"]:
            yield _finding(finding, places)
    if left_out:
        columns = ", ".join(sorted(left_out))
        yield Text(
            f"\nLeft out, for want of room: {columns}. A wider terminal, --html and --format json have all.", "dim"
        )


def _property_table(event: Description, room: int) -> Fitted:
    rows = [
        (
            property_["name"],
            property_["recommended"] or "-",
            share(property_["seen"] - property_["nulls"], event["lookedAt"]),
            f"{property_['nulls']:,}" if property_["nulls"] else "",
            type_counts(property_),
            f"{property_['refused']:,}" if property_["refused"] else "",
            distinct(property_),
            span(property_),
            ", ".join(map(shown, property_["examples"])),
        )
        for property_ in event["properties"]
    ]
    return fitted(_COLUMNS, rows, room)


def _fault_table(faults: list[tuple[str, Description]], places: "Places", room: int) -> Iterator[RenderableType]:
    if faults:
        rows = [
            (
                fault["code"],
                name,
                f"{fault['count']:,}",
                places.text(fault["first"]),
                printable(fault["first"]["message"]),
            )
            for name, fault in faults
        ]
        yield ""
        yield fault_table("fault", rows, room)


def _finding(finding: Description, places: "Places") -> Text:
    where = " ".join(printable(finding[key]) for key in ("event", "property") if finding[key] is not None)
    found = f"{printable(finding['message'])}{evidence(finding, places)}"
    return Text.assemble("  ", (f"{where}: " if where else "", "cyan"), found)


class Places:
    """How a place is shown: by its line alone, where there is one source only."""

    def __init__(self, description: Description) -> None:
        sources = {place["source"] for place in _all_places(description)}
        self._one_source = len(sources) < 2

    def text(self, place: Description) -> str:
        """The place in words."""
        return f"line {place['line']:,}" if self._one_source else f"{printable(place['source'])}:{place['line']}"


def _all_places(description: Description) -> Iterator[Description]:
    yield from (fault["first"] for fault in description["faults"])
    for event in description["byName"]:
        yield from (fault["first"] for fault in event["faults"])
        for property_ in event["properties"]:
            yield from (fault["first"] for fault in property_["faults"])
            yield from (type_["first"] for type_ in property_["types"].values())


def evidence(finding: Description, places: Places) -> str:
    """Where to look, and at what: the places, names and examples of a finding, as they follow its sentence."""
    parts = [
        ", ".join(places.text(place) for place in finding["places"]),
        ", ".join(printable(name) for name in finding["names"]),
        ", ".join(shown(value) for value in finding["examples"]),
    ]
    found = "; ".join(part for part in parts if part)
    return f" ({found})" if found else ""


def counted(count: int, noun: str) -> str:
    """A number of things."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def share(part: int, whole: int) -> str:
    """A share in percent; never 0% or 100% where it is not quite that."""
    percent = 100 * part / whole if whole else 0.0
    if 0 < percent < 1:
        return "<1%"
    return ">99%" if 99 < percent < 100 else f"{percent:.0f}%"


def type_counts(property_: Description) -> str:
    """The types of a property's values, with their counts where there are several."""
    types = property_["types"]
    if len(types) == 1:
        return str(next(iter(types)))
    return ", ".join(f"{type_} {counts['count']:,}" for type_, counts in types.items())


def distinct(property_: Description) -> str:
    """How many different values there were."""
    return f"{'>' if property_['distinct']['more'] else ''}{property_['distinct']['count']:,}"


def span(property_: Description) -> str:
    """From the least to the greatest number, and the length of the longest text."""
    parts = []
    if property_["least"] is not None:
        parts.append(f"{property_['least']} to {property_['greatest']}")
    if property_["longest"] is not None:
        parts.append(f"up to {property_['longest']:,} characters")
    return ", ".join(parts)


def shown(value: Any) -> str:
    """The start of an example as JSON has it, on one line, without what would steer a terminal."""
    if type(value) is str and len(value) > _MAX_SHOWN:
        value = value[:_MAX_SHOWN].removesuffix("...") + "..."
    return printable(json.dumps(value, ensure_ascii=False))
