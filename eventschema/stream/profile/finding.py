"""A finding: what a person should look at, with the figures; and the words that the sentences of findings share."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from eventschema.stream.profile.locations import Location
from eventschema.stream.profile.typestats import TypeStats


class Finding(NamedTuple):
    """One warning.

    - ``kind``: ``first_value``, ``type_conflict``, ``no_single_type``, ``hint``, ``nearly_one_format``,
      ``empty_text``, ``rounding``, ``case_only``, ``look_alike``, ``seen_once``, ``growing_names`` or
      ``bound_reached``; what values are beyond their types: one of ``HINT_KINDS``; ``personal_data``; or the code of a
      violation, where events are refused for it whatever the schema.
    - ``event``, ``property``: what it is about, where it is about one.
    - ``message``: what was found, with the figures, which are of the values alone.
    - ``affected``: how many values, events or names it is about. ``places``: the first of them.
    - ``names``: those that it is about, the first few; ``examples``: values, as many as the profile kept.
    - ``events``: how many events have it and would be refused for it, if nothing else were wrong and nothing were
      declared; 0 where it costs none. Findings are in the order of it.
    - ``refused``: the location of the first value that the recommended type would still refuse.
    - ``options``: those of the command that mend it, of which one is enough.
    """

    kind: str
    event: str | None
    property: str | None
    message: str
    affected: int
    places: tuple[Location, ...] = ()
    names: tuple[str, ...] = ()
    examples: tuple[Any, ...] = ()
    events: int = 0
    refused: Location | None = None
    options: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The fields, ready for JSON."""
        return {
            **self._asdict(),
            "places": list(map(_location, self.places)),
            "names": list(self.names),
            "examples": list(self.examples),
            "options": list(self.options),
            "refused": self.refused and _location(self.refused),
        }


def _location(location: Location) -> dict[str, Any]:
    return {"source": location.source, "line": location.line}


def firsts(all_stats: Iterable[TypeStats]) -> tuple[Location, ...]:
    """The first locations of some types."""
    return tuple(sorted({location for stats in all_stats for location in stats.firsts.locations})[:3])


def kept_values(stats: TypeStats) -> tuple[Any, ...]:
    """The examples of a type, by their locations."""
    listed = sorted((location, value) for value, location in stats.examples.values.items())
    return tuple(value for _, value in listed)


def many(count: int, noun: str) -> str:
    """A number with its noun."""
    plural = noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + "s"
    return f"{count:,} {noun if count == 1 else plural}"


def of(count: int, whole: int, noun: str) -> str:
    """A part of a whole, with the noun of it."""
    return f"{count:,} of {many(whole, noun)}"


def are(count: int) -> str:
    """The verb for so many."""
    return "is" if count == 1 else "are"


def have(count: int) -> str:
    """The verb for so many."""
    return "has" if count == 1 else "have"


def were(count: int) -> str:
    """The verb for so many."""
    return "was" if count == 1 else "were"
