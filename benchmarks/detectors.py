"""The contenders for a first event: they detect the type of each property from its value alone.

Before a contender is timed, the types that it finds are compared with those that the event was made of.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from genson import SchemaBuilder

from benchmarks.events import Event, Types
from benchmarks.measure import VARIANTS, nothing, use
from benchmarks.peers import PACKAGES, READERS
from eventschema import EventSchema, PropertyType

_JSON_TYPES = {
    PropertyType.BOOL: "boolean",
    PropertyType.INT: "integer",
    PropertyType.FLOAT: "number",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """A contender. ``run`` finds the types of a first event, and ``types`` returns what it found, by name.

    ``word`` is its own word for a type.
    """

    name: str
    run: Callable[[Event], Any]
    types: Callable[[Any], dict[str, str]]
    word: Callable[[PropertyType], str] = lambda type_: type_.value
    prepare: Callable[[], None] = nothing
    notes: tuple[str, ...] = ()


def check(detector: Detector, types: Types, event: Event) -> None:
    """Raise ``AssertionError`` if the detector finds other types than those of the event."""
    detector.prepare()
    found = detector.types(detector.run(event))
    expected = {name: detector.word(type_) for name, type_ in types.items()}
    assert found == expected, f"{detector.name} finds {found}, not {expected}"


def _own(variant: str) -> Detector:
    return Detector(
        name=f"eventschema ({variant})",
        run=lambda event: EventSchema("event").merge(event),
        types=lambda result: {name: type_.value for name, type_ in result.schema.properties.items()},
        prepare=lambda: use(variant),
    )


def _genson(event: Event) -> SchemaBuilder:
    builder = SchemaBuilder()
    builder.add_object(event)
    return builder


def _genson_types(builder: SchemaBuilder) -> dict[str, str]:
    return {name: field["type"] for name, field in builder.to_schema()["properties"].items()}


def _packages(event: Event) -> dict[str, PropertyType]:
    return {name: _detect(value) for name, value in event.items()}


def _detect(value: Any) -> PropertyType:
    for kind, type_ in ((bool, PropertyType.BOOL), (int, PropertyType.INT), (float, PropertyType.FLOAT)):
        if isinstance(value, kind):
            READERS[type_](value)
            return type_
    for type_ in (PropertyType.DATE, PropertyType.DATETIME, PropertyType.URL, PropertyType.EMAIL):
        try:
            READERS[type_](value)
        except Exception:  # each package has exceptions of its own
            continue
        return type_
    READERS[PropertyType.STRING](value)
    return PropertyType.STRING


#: The contenders, ours first.
DETECTORS = (
    *map(_own, VARIANTS),
    Detector(
        name="GenSON",
        run=_genson,
        types=_genson_types,
        word=lambda type_: _JSON_TYPES.get(type_, "string"),
        notes=("finds JSON's types and no formats, checks no limits; without writing its schema out",),
    ),
    Detector(
        name=PACKAGES,
        run=_packages,
        types=lambda types: {name: type_.value for name, type_ in types.items()},
        notes=("each text given to one after the other, as a plain implementation would",),
    ),
)
