"""The description of a profile: what ``--format json`` prints, and what the tables and the page show."""

from collections.abc import Mapping
from typing import Any, Final

from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.core.values import AdjustmentKind
from eventschema.core.violations import InvalidName, NameTooLong, TooManyProperties
from eventschema.stream.profile.acceptance import Acceptance
from eventschema.stream.profile.constraints import Constraints, top_values
from eventschema.stream.profile.distinct import Distinct
from eventschema.stream.profile.eventstats import EventStats
from eventschema.stream.profile.files import ProfileResult
from eventschema.stream.profile.locations import ErrorsByCode, Location
from eventschema.stream.profile.propertystats import PropertyStats
from eventschema.stream.profile.recommendation import choice_of, in_order, refused, type_at_first

Description = dict[str, Any]

_MAX_TOP: Final = 10  # top values


def describe(result: ProfileResult, acceptance: Acceptance | None = None) -> Description:
    """Return what a profile found, ready for JSON; with ``acceptance`` also how many events a replay accepts.

    Events with findings come first, in the order of the findings, then the others by name.
    """
    profile = result.profile
    recommendation = profile.recommended()
    findings = profile.findings()
    events, constraints = profile.events, profile.constraints()
    with_findings = (finding.event for finding in findings if finding.event is not None)
    names = dict.fromkeys((*with_findings, *events))
    named = sum(event.count for event in events.values()) + profile.unlisted_events
    return {
        "events": named,
        "withoutEvent": profile.count - named,
        "withoutProperties": profile.without_properties,
        "skipped": result.skipped,
        "replay": acceptance and acceptance._asdict(),
        "faults": _errors(profile.errors),
        "byName": [_event(profile.rules, name, events[name], constraints[name]) for name in names],
        "findings": [finding.to_dict() for finding in findings],
        "unsettled": [
            {**one._asdict(), "first": one.first and _location(one.first)} for one in recommendation.unsettled
        ],
        "unlistedEvents": profile.unlisted_events,
        "complete": profile.is_complete,
        "unreadable": [str(error) for error in result.unreadable],
    }


def _event(rules: Rules, name: str, event: EventStats, constraints: Mapping[str, Constraints]) -> Description:
    return {
        "name": name,
        "events": event.count,
        "lookedAt": event.looked_at,
        "faults": _errors(event.errors),
        "unlisted": event.unlisted,
        "oversize": _oversize(event),
        "badNames": _bad_names(event),
        "properties": [
            {
                **_property(rules, each, stats, event.looked_at),
                "constraints": constraints[each].to_dict() if each in constraints else None,
            }
            for each, stats in in_order(event)
        ],
    }


def _oversize(event: EventStats) -> Description | None:
    """Return the counts of the events with too many properties, ``None`` if there are none."""
    error = event.errors.get(TooManyProperties.code)
    if error is None:
        return None
    oversize = event.oversize
    return {
        "events": error.count,
        "lookedAt": oversize.events,
        "most": oversize.most,
        "properties": oversize.properties,
        "nulls": oversize.nulls,
        "fitting": oversize.fitting,
    }


def _bad_names(event: EventStats) -> Description:
    """Return the listed invalid names, each with its error, and how many values have one that is not listed."""
    listed = [{"name": name, **error} for name in sorted(event.bad_names) for error in _errors(event.bad_names[name])]
    total = sum(event.errors[code].count for code in (InvalidName.code, NameTooLong.code) if code in event.errors)
    return {"events": event.misnamed, "listed": listed, "unlisted": total - sum(error["count"] for error in listed)}


def _property(rules: Rules, name: str, stats: PropertyStats, events: int) -> Description:
    exact = rules.types == "exact"
    first, choice = type_at_first(name, stats, rules), choice_of(name, stats, rules)
    values = sum(counts.count for counts in stats.types.values())
    errors = sum(error.count for error in stats.errors.values())
    unrounded = stats.unrounded
    return {
        "name": name,
        "recommended": choice and str(choice.type),
        "taken": 0 if choice is None else choice.taken,
        "notTaken": {"count": choice.refused, "first": choice.first_refused and _location(choice.first_refused)}
        if choice and choice.refused
        else None,
        "seen": stats.seen,
        "values": values,
        "share": values / events if events else 0.0,  # older documents may count all events as not looked at
        "nulls": stats.nulls,
        "types": {
            str(type_): {"count": counts.count, "first": _location(counts.first)}
            for type_, counts in sorted(stats.types.items(), key=lambda item: (-item[1].count, item[0]))
        },
        "untyped": errors - (stats.nulls if rules.nulls == "reject" else 0),
        "firstType": first and str(first),
        "refused": errors + (_conflicts(stats, first, exact=exact) if first else 0),
        "least": stats.numbers.least,
        "greatest": stats.numbers.greatest,
        "longest": stats.longest,
        "moments": _moments(stats),
        "topValues": [{"value": value, "count": count} for value, count in top_values(stats)[:_MAX_TOP]],
        "distinct": _distinct(stats.distinct),
        "distinctBeforeRounding": unrounded and _distinct(unrounded),
        "adjustments": _adjustments(rules, stats),
        "zeroed": stats.zeroed,
        "unsupported": dict(sorted(stats.unsupported.items())),
        "examples": stats.examples(),
        "faults": _errors(stats.errors),
    }


def _moments(stats: PropertyStats) -> dict[str, list[str]]:
    """Return the earliest and the latest value of each type that has these."""
    return {
        str(type_): list(stats.types[type_].range or ())
        for type_ in PropertyType
        if type_ in stats.types and stats.types[type_].range is not None
    }


def _conflicts(stats: PropertyStats, type_: PropertyType, *, exact: bool) -> int:
    """Return how many values ``type_`` refuses, less the ints beyond 64 bits that it takes though they are errors."""
    return refused(stats, type_, exact=exact) - (stats.numbers.beyond if type_ is PropertyType.FLOAT else 0)


def _distinct(values: Distinct) -> Description:
    return {"count": values.count, "more": values.exceeded}


def _adjustments(rules: Rules, stats: PropertyStats) -> dict[str, int]:
    """Return how many values are stored otherwise than they were sent, by the kind of change."""
    found = {str(kind): stats.adjusted[kind] for kind in sorted(stats.adjusted)}
    if stats.nulls and rules.nulls == "ignore":
        found[AdjustmentKind.NULL_IGNORED] = stats.nulls
    if stats.empty and rules.empty_texts == "ignore":
        found[AdjustmentKind.EMPTY_IGNORED] = stats.empty
    return found


def _errors(errors: ErrorsByCode) -> list[Description]:
    return [
        {"code": code, "count": error.count, "first": {**_location(error.first), "message": error.message}}
        for code, error in sorted(errors.items())
    ]


def _location(location: Location) -> Description:
    return {"source": location.source, "line": location.line}
