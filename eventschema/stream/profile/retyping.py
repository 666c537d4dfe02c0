"""Plans of retypes over what a profile has counted: how many values the new types accept."""

from collections.abc import Mapping

from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.stream.profile.counts import ProfileCounts
from eventschema.stream.profile.propertystats import PropertyStats
from eventschema.stream.profile.recommendation import choice_for
from eventschema.stream.retyping import PlannedRetype, RetypePlan


def plan_retype(schema: EventSchema, types: Mapping[str, PropertyType | str], counts: ProfileCounts) -> RetypePlan:
    """Plan ``schema.retype(types)`` over the values of all types in ``counts``, also those that it refuses now.

    Raises ``ValueError`` as ``retype`` does.
    """
    change = schema.retype_change(types)
    stats = counts.stats_of(schema.name)
    known: Mapping[str, PropertyStats] = {} if stats is None else stats.properties
    planned = []
    for name, (before, after) in change.retyped.items():
        accepted, refused, first = 0, 0, None
        if name in known:
            _, accepted, refused, first = choice_for(known[name], after)
        places = () if first is None or not refused else (f"{first.source}, line {first.line}",)
        planned.append(PlannedRetype(name, before, after, accepted, refused, places, ()))
    return RetypePlan(schema.name, schema.version, tuple(planned))
