"""The report of a profile: one description of it, which the JSON output is, and which the tables and the page show."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.text import Text

from eventschema.cli.names import DisplayNames, property_name
from eventschema.cli.output import printable, show, show_json, terminal_width
from eventschema.cli.running import without_properties
from eventschema.cli.tables import FittedTable, Table, TableColumn, error_table, fit_table
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.core.values import AdjustmentKind
from eventschema.core.violations import InvalidName, NameTooLong, TooManyProperties, UnsupportedType
from eventschema.stream.acceptance import Acceptance
from eventschema.stream.places import Faults, Place
from eventschema.stream.profile import EventProfile
from eventschema.stream.profilefiles import ProfileResult
from eventschema.stream.recommend import Choice, choose, first_type, in_order, refused
from eventschema.stream.tallies import EventTally, PropertyTally

Description = dict[str, Any]

_MAX_SHOWN: Final = 40  # characters of an example
_MANY_EVENTS: Final = 10  # names; a report of more begins with a list of them
_COLUMNS: Final = (
    TableColumn("property", least=30),
    TableColumn("declare"),
    TableColumn("has value", right=True),
    TableColumn("null", right=True, optional=1),
    TableColumn("types", between=", "),
    TableColumn("refused", right=True),
    TableColumn("distinct", right=True, optional=2),
    TableColumn("range", between=" to ", optional=3),
    TableColumn("examples", least=20, optional=4),
)


def report_profile(description: Description, form: str) -> None:
    """Print what :func:`describe` says of a profile: ``form`` is ``table`` or ``json``."""
    if form == "json":
        show_json(description)
    else:
        show(*_parts(description, terminal_width()))


def describe(result: ProfileResult, acceptance: Acceptance | None = None) -> Description:
    """All that is to be told of a profile, ready for JSON; with ``acceptance``, also what a replay would accept.

    Events with findings come first, in the order of these; then the others by name.
    """
    profile = result.profile
    recommendation = profile.recommended()
    findings = profile.findings()
    tallies = profile.events
    found = (finding.event for finding in findings if finding.event is not None)
    carried = sum(tally.count for tally in tallies.values()) + profile.unlisted_events
    return {
        "events": carried,
        "withoutEvent": profile.count - carried,
        "withoutProperties": profile.without_properties,
        "replay": acceptance and acceptance._asdict(),
        "faults": _faults(profile.faults),
        "byName": [_event(profile, name, tallies[name]) for name in dict.fromkeys((*found, *tallies))],
        "findings": [finding.to_dict() for finding in findings],
        "unsettled": [{**one._asdict(), "first": one.first and _place(one.first)} for one in recommendation.unsettled],
        "unlistedEvents": profile.unlisted_events,
        "complete": profile.is_complete,
        "unreadable": [str(error) for error in result.unreadable],
    }


def _event(profile: EventProfile, name: str, tally: EventTally) -> Description:
    return {
        "name": name,
        "events": tally.count,
        "lookedAt": tally.looked_at,
        "faults": _faults(tally.faults),
        "unlisted": tally.unlisted,
        "oversize": _oversize(tally),
        "badNames": _bad_names(tally),
        "properties": [
            _property(property_, counts, tally.looked_at, profile.rules) for property_, counts in in_order(tally)
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


def _property(name: str, tally: PropertyTally, events: int, rules: Rules) -> Description:
    exact = rules.types == "exact"
    settled, choice = first_type(tally), choose(tally, exact=exact)
    conflicts = 0 if settled is None else refused(tally, settled, exact=exact)
    beyond = tally.numbers.beyond if settled is PropertyType.FLOAT else 0  # which are faults until a type takes them
    values = sum(counts.count for counts in tally.types.values())
    faulty = sum(fault.count for fault in tally.faults.values())
    unrounded = tally.unrounded
    return {
        "name": name,
        "recommended": choice and str(choice.type),
        "taken": 0 if choice is None else choice.taken,
        "notTaken": choice and _not_taken(choice),
        "seen": tally.seen,
        "values": values,
        "share": values / events,
        "nulls": tally.nulls,
        "types": {
            str(type_): {"count": counts.count, "first": _place(counts.first)}
            for type_, counts in sorted(tally.types.items(), key=lambda item: (-item[1].count, item[0]))
        },
        "untyped": faulty - (tally.nulls if rules.nulls == "reject" else 0),
        "firstType": settled and str(settled),
        "refused": conflicts + faulty - beyond,
        "least": tally.numbers.least,
        "greatest": tally.numbers.greatest,
        "longest": tally.longest,
        "distinct": {"count": tally.distinct.count, "more": tally.distinct.exceeded},
        "distinctBeforeRounding": unrounded and {"count": unrounded.count, "more": unrounded.exceeded},
        "adjustments": _adjustments(tally, rules),
        "zeroed": tally.zeroed,
        "unsupported": dict(sorted(tally.unsupported.items())),
        "examples": tally.examples(),
        "faults": _faults(tally.faults),
    }


def _not_taken(choice: Choice) -> Description | None:
    """The values that the recommended type would still refuse, if there are any."""
    first = choice.first_refused
    return {"count": choice.refused, "first": first and _place(first)} if choice.refused else None


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


def _parts(description: Description, width: int) -> Iterator[RenderableType]:
    places, names = Places(description), DisplayNames(event["name"] for event in description["byName"])
    left_out: set[str] = set()
    without = description["withoutEvent"]
    lines = f", {counted(without, 'line')} without an event" if without else ""
    yield Text(f"{counted(description['events'], 'event')}{lines}", "bold")
    if description["replay"] is not None:
        yield Text(replayed(description))
    if description["withoutProperties"]:
        yield Text(without_properties(description["withoutProperties"]))
    if len(description["byName"]) > _MANY_EVENTS:
        yield ""
        yield _contents(description, names, width)
    for event in description["byName"]:
        yield Text.assemble("\n", (names.text(event["name"]), "bold cyan"), f": {events_looked_at(event)}")
        if event["properties"]:
            table, missing = _property_table(event, width)
            yield table
            left_out.update(missing)
        faults = [(property_["name"], fault) for property_ in event["properties"] for fault in property_["faults"]]
        yield from _fault_table([*(("", fault) for fault in event["faults"]), *faults], places, width)
        yield from _bad_names_table(event, places, width)
    if description["faults"]:
        yield Text("\nLines without an event", "bold")
        yield from _fault_table([("", fault) for fault in description["faults"]], places, width)
    if description["findings"]:
        yield Text("\nLook at", "bold")
        for finding in description["findings"]:
            yield _finding(finding, places, names)
    if left_out:
        columns = ", ".join(heading for heading, *_ in _COLUMNS if heading in left_out)
        yield Text(f"\nColumns left out to fit the terminal: {columns}. --html and --format json have all.", "dim")


def _contents(description: Description, names: DisplayNames, width: int) -> Table:
    """The events, with what there is of each."""
    columns = (
        TableColumn("event", least=30),
        TableColumn("events", right=True),
        TableColumn("properties", right=True),
        TableColumn("findings", right=True),
    )
    found = findings_by_event(description)
    rows = [
        (
            names.text(event["name"]),
            f"{event['events']:,}",
            f"{len(event['properties']):,}",
            f"{found[event['name']]:,}" if found[event["name"]] else "",
        )
        for event in description["byName"]
    ]
    return fit_table(columns, rows, width).table


def findings_by_event(description: Description) -> Counter[str | None]:
    """How many findings there are of each event."""
    return Counter(finding["event"] for finding in description["findings"])


def events_looked_at(event: Description) -> str:
    """How many events of a name there are, and of how many the properties were looked at, if not of all."""
    looked_at = event["lookedAt"]
    found = counted(event["events"], "event")
    return found if looked_at == event["events"] else f"{found}, the properties of {looked_at:,} looked at"


def further_names(event: Description) -> str:
    """Of how many values the names are no property names and have no room in the list, as a sentence, if of any."""
    unlisted = event["badNames"]["unlisted"]
    if not unlisted or not event["badNames"]["listed"]:
        return ""
    return f"{counted(unlisted, 'more value')} of further such names {'is' if unlisted == 1 else 'are'} not listed."


def _property_table(event: Description, width: int) -> FittedTable:
    rows = [
        (
            property_["name"],
            property_["recommended"] or "-",
            share(property_["values"], event["lookedAt"]),
            f"{property_['nulls']:,}" if property_["nulls"] else "",
            _kinds(property_),
            f"{property_['refused']:,}" if property_["refused"] else "",
            distinct(property_),
            span(property_),
            ", ".join(map(shown, property_["examples"])),
        )
        for property_ in event["properties"]
    ]
    return fit_table(_COLUMNS, rows, width)


def _fault_table(faults: list[tuple[str, Description]], places: "Places", width: int) -> Iterator[RenderableType]:
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
        yield error_table("fault", rows, width)


def _bad_names_table(event: Description, places: "Places", width: int) -> Iterator[RenderableType]:
    listed = event["badNames"]["listed"]
    if listed:
        columns = (
            TableColumn("no property name", least=24),
            TableColumn("fault"),
            TableColumn("count", right=True),
            TableColumn("first", least=16),
            TableColumn("what is wrong", least=24),
        )
        rows = [
            (
                property_name(fault["name"]),
                fault["code"],
                f"{fault['count']:,}",
                places.text(fault["first"]),
                what_is_wrong(fault),
            )
            for fault in listed
        ]
        yield ""
        yield fit_table(columns, rows, width).table
    if further := further_names(event):
        yield Text(further)


def what_is_wrong(fault: Description) -> str:
    """The message of a fault without the pointer at its end, for where the name stands beside it."""
    message: str = fault["first"]["message"]
    return printable(f"{message.partition(', at /')[0]}.")


class _Item:
    """An item of a list: its text indented, the lines after the first a little more."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        for number, line in enumerate(self._text.wrap(console, max(1, options.max_width - 4))):
            line.rstrip()
            yield Text.assemble("    " if number else "  ", line)


def _finding(finding: Description, places: "Places", names: DisplayNames) -> _Item:
    where = " ".join(where_found(finding, names))
    found = f"{printable(finding['message'])}{evidence(finding, places)}"
    return _Item(Text.assemble((f"{where}: " if where else "", "cyan"), found))


def where_found(finding: Description, names: DisplayNames) -> list[str]:
    """The names of the event and of the property that a finding is about, as far as it is about one."""
    event, property_ = finding["event"], finding["property"]
    of_event = [] if event is None else [names.text(event)]
    return of_event if property_ is None else [*of_event, property_name(property_)]


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


def evidence(finding: Description, places: Places, mark: Callable[[str], str] = str) -> str:
    """Where to look, and at what: the places, names and examples of a finding, as they follow its sentence.

    Each of them goes through ``mark``.
    """
    listed = finding["names"]
    names = map(DisplayNames(listed).text if finding["event"] is None else property_name, listed)
    parts = [
        ", ".join(mark(places.text(place)) for place in finding["places"]),
        ", ".join(map(mark, names)),
        ", ".join(mark(shown(value)) for value in finding["examples"]),
    ]
    if finding["refused"] is not None:
        parts.append(f"first not taken: {mark(places.text(finding['refused']))}")
    found = "; ".join(part for part in parts if part)
    return f" ({found})" if found else ""


def replayed(description: Description) -> str:
    """How many events a replay would accept, in words."""
    events, (accepted, recommended) = description["events"], description["replay"].values()
    if accepted == recommended == events:
        return f"A replay (infer) accepts all of {counted(events, 'event')} as they are."
    most = f"{recommended:,}" if recommended < events else "all"
    text = f"A replay (infer) accepts {accepted:,} of {counted(events, 'event')} as they are, and {most} with the "
    text += "recommended schemas declared."
    if recommended < accepted:
        text += " Fewer, since several properties conflict: the most values of each are not in the same events."
    return text


def counted(count: int, noun: str) -> str:
    """A number of things."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def share(part: int, whole: int) -> str:
    """A share in percent; never 0% or 100% where it is not quite that."""
    percent = 100 * part / whole if whole else 0.0
    if 0 < percent < 1:
        return "<1%"
    return ">99%" if 99 < percent < 100 else f"{percent:.0f}%"


def untyped(property_: Description) -> dict[str, int]:
    """How many values of a property are of no type that a property can have: objects, arrays, or by their fault."""
    found = {fault["code"]: fault["count"] for fault in property_["faults"]}
    if UnsupportedType.code in found:  # which counts nulls too, where they are refused
        known = sum(property_["unsupported"].values())
        others = property_["untyped"] - known - sum(n for code, n in found.items() if code != UnsupportedType.code)
        found[UnsupportedType.code] = others
    counts = {**property_["unsupported"], **found}
    return {kind: count for kind, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count}


def met(property_: Description) -> int:
    """How many values of a property a replay meets: not the nulls, unless those are refused."""
    nulls_refused = sum(fault["count"] for fault in property_["faults"]) - property_["untyped"]
    return int(property_["values"] + property_["untyped"] + nulls_refused)


def _kinds(property_: Description) -> str:
    """What the values of a property are, with their counts where there are several kinds."""
    counts = {type_: counts["count"] for type_, counts in property_["types"].items()} | untyped(property_)
    if len(counts) == 1:
        return "".join(counts)
    return ", ".join(f"{kind} {count:,}" for kind, count in counts.items())


def rounded(property_: Description) -> str:
    """How many values rounding changes, and how many of them it makes 0; nothing where it changes none."""
    count, zeroed = property_["adjustments"].get(AdjustmentKind.ROUNDED, 0), property_["zeroed"]
    return f"{count:,}{f' ({zeroed:,} to 0)' if zeroed else ''}" if count else ""


def distinct(property_: Description) -> str:
    """How many different values there were; nothing where there was none."""
    if not property_["values"]:
        return ""
    return f"{'>' if property_['distinct']['more'] else ''}{property_['distinct']['count']:,}"


def span(property_: Description) -> str:
    """From the least to the greatest number, and the length of the longest text."""
    least, greatest, longest = property_["least"], property_["greatest"], property_["longest"]
    parts = []
    if least is not None:
        parts.append(f"{least}" if least == greatest else f"{least} to {greatest}")
    if longest is not None:
        parts.append(f"up to {counted(longest, 'character')}" if longest else "empty text")
    return ", ".join(parts)


def shown(value: Any) -> str:
    """The start of an example as JSON has it, on one line, without what would steer a terminal."""
    if type(value) is str and len(value) > _MAX_SHOWN:
        value = value[:_MAX_SHOWN].removesuffix("...") + "..."
    return printable(json.dumps(value, ensure_ascii=False))
