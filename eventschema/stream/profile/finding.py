"""A finding: what a person should look at, with the figures. And helpers for the sentences of findings."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from eventschema.stream.profile.locations import Location
from eventschema.stream.profile.typestats import TypeStats


class Finding(NamedTuple):
    """One warning.

    - ``kind``: ``first_value``, ``type_conflict``, ``no_single_type``, ``hint``, ``nearly_one_format``,
      ``empty_text``, ``rounding``, ``case_only``, ``look_alike``, ``seen_once``, ``growing_names`` or
      ``bound_reached``; one of ``HINT_KINDS`` for what values mean beyond their types; ``personal_data``; or the code
      of a violation, if events are rejected for it whatever the schema.
    - ``event``, ``property``: the event and the property that it is about, ``None`` if it is about several.
    - ``message``: what was found, with the figures, and without values.
    - ``affected``: how many values, events or names it is about. ``places``: the locations of the first of them.
    - ``names``: the first names that it is about; ``examples``: values, as many as the profile kept.
    - ``events``: how many events would be rejected for it, if nothing else were wrong and nothing were declared.
      Findings are in the order of this number.
    - ``refused``: the location of the first value that the recommended type would still refuse.
    - ``options``: options of the command, each of which fixes it.
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
    """The first three locations of values of these types."""
    return tuple(sorted({location for stats in all_stats for location in stats.firsts.locations})[:3])


def kept_values(stats: TypeStats) -> tuple[Any, ...]:
    """The examples of a type, in the order of their locations."""
    listed = sorted((location, value) for value, location in stats.examples.values.items())
    return tuple(value for _, value in listed)


def many(count: int, noun: str) -> str:
    """A number with its noun: ``1 event``, ``2,000 properties``."""
    plural = noun.removesuffix("y") + "ies" if noun.endswith("y") else noun + "s"
    return f"{count:,} {noun if count == 1 else plural}"


def of(count: int, whole: int, noun: str) -> str:
    """A part of a whole, with the noun of the whole: ``3 of 5 events``."""
    return f"{count:,} of {many(whole, noun)}"


def are(count: int) -> str:
    """``is`` or ``are``, for ``count`` things."""
    return "is" if count == 1 else "are"


def have(count: int) -> str:
    """``has`` or ``have``, for ``count`` things."""
    return "has" if count == 1 else "have"


def were(count: int) -> str:
    """``was`` or ``were``, for ``count`` things."""
    return "was" if count == 1 else "were"
