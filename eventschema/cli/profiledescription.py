"""The description of a profile: what ``--format json`` prints, and what the tables and the page show."""

from typing import Any

from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.core.values import AdjustmentKind
from eventschema.core.violations import InvalidName, NameTooLong, TooManyProperties
from eventschema.stream.profile.acceptance import Acceptance
from eventschema.stream.profile.distinct import Distinct
from eventschema.stream.profile.files import ProfileResult
from eventschema.stream.profile.locations import Faults, Place
from eventschema.stream.profile.recommendation import choose, first_type, in_order, refused
from eventschema.stream.profile.stats import EventTally, PropertyTally

Description = dict[str, Any]


def describe(result: ProfileResult, acceptance: Acceptance | None = None) -> Description:
    """Return what a profile found, ready for JSON; with ``acceptance`` also how many events a replay accepts.

    Events with findings come first, in the order of the findings, then the others by name.
    """
    profile = result.profile
    recommendation = profile.recommended()
    findings = profile.findings()
    events = profile.events
    with_findings = (finding.event for finding in findings if finding.event is not None)
    named = sum(event.count for event in events.values()) + profile.unlisted_events
    return {
        "events": named,
        "withoutEvent": profile.count - named,
        "withoutProperties": profile.without_properties,
        "replay": acceptance and acceptance._asdict(),
        "faults": _errors(profile.faults),
        "byName": [_event(profile.rules, name, events[name]) for name in dict.fromkeys((*with_findings, *events))],
        "findings": [finding.to_dict() for finding in findings],
        "unsettled": [{**one._asdict(), "first": one.first and _place(one.first)} for one in recommendation.unsettled],
        "unlistedEvents": profile.unlisted_events,
        "complete": profile.is_complete,
        "unreadable": [str(error) for error in result.unreadable],
    }


def _event(rules: Rules, name: str, event: EventTally) -> Description:
    return {
        "name": name,
        "events": event.count,
        "lookedAt": event.looked_at,
        "faults": _errors(event.faults),
        "unlisted": event.unlisted,
        "oversize": _oversize(event),
        "badNames": _bad_names(event),
        "properties": [_property(rules, each, tally, event.looked_at) for each, tally in in_order(event)],
    }


def _oversize(event: EventTally) -> Description | None:
    """Return the counts of the events with too many properties, ``None`` if there are none."""
    error = event.faults.get(TooManyProperties.code)
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


def _bad_names(event: EventTally) -> Description:
    """Return the listed invalid names, each with its error, and how many values have one that is not listed."""
    listed = [{"name": name, **error} for name in sorted(event.bad_names) for error in _errors(event.bad_names[name])]
    total = sum(event.faults[code].count for code in (InvalidName.code, NameTooLong.code) if code in event.faults)
    return {"events": event.misnamed, "listed": listed, "unlisted": total - sum(error["count"] for error in listed)}


def _property(rules: Rules, name: str, tally: PropertyTally, events: int) -> Description:
    exact = rules.types == "exact"
    first, choice = first_type(tally), choose(tally, exact=exact)
    values = sum(counts.count for counts in tally.types.values())
    errors = sum(error.count for error in tally.faults.values())
    unrounded = tally.unrounded
    return {
        "name": name,
        "recommended": choice and str(choice.type),
        "taken": 0 if choice is None else choice.taken,
        "notTaken": {"count": choice.refused, "first": choice.first_refused and _place(choice.first_refused)}
        if choice and choice.refused
        else None,
        "seen": tally.seen,
        "values": values,
        "share": values / events,
        "nulls": tally.nulls,
        "types": {
            str(type_): {"count": counts.count, "first": _place(counts.first)}
            for type_, counts in sorted(tally.types.items(), key=lambda item: (-item[1].count, item[0]))
        },
        "untyped": errors - (tally.nulls if rules.nulls == "reject" else 0),
        "firstType": first and str(first),
        "refused": errors + (_conflicts(tally, first, exact=exact) if first else 0),
        "least": tally.numbers.least,
        "greatest": tally.numbers.greatest,
        "longest": tally.longest,
        "distinct": _distinct(tally.distinct),
        "distinctBeforeRounding": unrounded and _distinct(unrounded),
        "adjustments": _adjustments(rules, tally),
        "zeroed": tally.zeroed,
        "unsupported": dict(sorted(tally.unsupported.items())),
        "examples": tally.examples(),
        "faults": _errors(tally.faults),
    }


def _conflicts(tally: PropertyTally, type_: PropertyType, *, exact: bool) -> int:
    """Return how many values ``type_`` refuses, less the ints beyond 64 bits that it takes though they are errors."""
    return refused(tally, type_, exact=exact) - (tally.numbers.beyond if type_ is PropertyType.FLOAT else 0)


def _distinct(values: Distinct) -> Description:
    return {"count": values.count, "more": values.exceeded}


def _adjustments(rules: Rules, tally: PropertyTally) -> dict[str, int]:
    """Return how many values are stored otherwise than they were sent, by the kind of change."""
    found = {str(kind): tally.adjusted[kind] for kind in sorted(tally.adjusted)}
    if tally.nulls and rules.nulls == "ignore":
        found[AdjustmentKind.NULL_IGNORED] = tally.nulls
    return found


def _errors(errors: Faults) -> list[Description]:
    return [
        {"code": code, "count": error.count, "first": {**_place(error.first), "message": error.message}}
        for code, error in sorted(errors.items())
    ]


def _place(place: Place) -> Description:
    return {"source": place.source, "line": place.line}
