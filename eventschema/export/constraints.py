"""Keywords of JSON Schema for what all events of a profile kept to: required properties, sets, ranges and lengths.

The library itself knows no such constraints, so an event that ``check`` accepts may break them.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType

if TYPE_CHECKING:
    from eventschema.stream.profile.constraints import Constraints

#: What ``EventProfile.constraints()`` returns: by the name of the event, then by that of the property.
ProfileConstraints = Mapping[str, Mapping[str, "Constraints"]]


_EXACT: Final = 2**53  # beyond it, the shortest decimal of a double need not be its value


def constraints_of(schema: EventSchema, found: ProfileConstraints | None) -> dict[str, "Constraints"]:
    """The constraints of the properties of ``schema`` by name, of those that have the profile's type in it."""
    of_event = {} if found is None else found.get(schema.name, {})
    return {name: each for name, each in of_event.items() if schema.properties.get(name) is each.type}


def constraint_keywords(constraint: "Constraints", keywords: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    """What ``constraint`` adds to the ``keywords`` of its type. Of dates and dateTimes, JSON Schema has no ranges."""
    found = {
        "enum": None if constraint.values is None else list(constraint.values),
        "minimum": _bound(constraint.least, constraint.type),
        "maximum": _bound(constraint.greatest, constraint.type),
        "maxLength": constraint.longest and min(constraint.longest, keywords["maxLength"]),
        # An empty text that rules ignore is no value, so it does not do for a required property.
        "minLength": 1 if constraint.required and rules.empty_texts == "ignore" and "maxLength" in keywords else None,
    }
    return {keyword: value for keyword, value in found.items() if value is not None}


def _bound(value: float | None, type_: PropertyType) -> float | None:
    """``value``, if validators that read numbers as decimals and those that read doubles find the same in it."""
    return None if value is None or (type_ is PropertyType.FLOAT and abs(value) > _EXACT) else value


def evidence(constraints: Iterable["Constraints"]) -> list[str]:
    """Sentences on what the constraints of an event rest on, and on what of them gets lost. None without any."""
    listed = list(constraints)
    if not listed:
        return []
    kept = f"Required properties, sets of values, ranges and lengths are those of {listed[0].events:,} profiled events."
    return [kept, "The ranges of dates and dateTimes get lost."] if any(each.moments for each in listed) else [kept]
