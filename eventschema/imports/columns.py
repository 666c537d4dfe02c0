"""The columns of tables and files: each becomes a property, with the name and type that an export has noted."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from eventschema.core.types import PropertyType
from eventschema.export.descriptions import read_property
from eventschema.imports.results import Draft

#: By the type that a column has by itself: the types of the properties that an export may have made it of.
EXPORTED_AS: Final[Mapping[PropertyType, frozenset[PropertyType]]] = MappingProxyType(
    {type_: frozenset({type_}) for type_ in PropertyType}
    | {
        PropertyType.STRING: frozenset(
            {PropertyType.STRING, PropertyType.DATETIME, PropertyType.EMAIL, PropertyType.URL}
        ),
        PropertyType.INT: frozenset({PropertyType.INT, PropertyType.BOOL}),  # a bool of MySQL is a TINYINT
    }
)


class Column(NamedTuple):
    """A column: its name, and its comment. ``is_required``: it takes no null."""

    name: str
    comment: str
    is_required: bool
    pointer: str


class ColumnType(NamedTuple):
    """The type of property that a column becomes, and a sentence on what gets lost."""

    type: PropertyType
    lost: str | None = None


def add_column(draft: Draft, event: str, column: Column, found: ColumnType) -> None:
    """Add the property of a ``column`` whose own type is ``found``.

    The comment of an export decides on name and type, unless the column has been given another type since.
    """
    exported = read_property(column.comment)
    if exported is not None and exported[1] in EXPORTED_AS[found.type]:
        name, type_ = exported
        draft.add(event, name, type_, column.pointer)
    else:
        draft.add(event, column.name, found.type, column.pointer)
        if found.lost is not None:
            draft.omit(column.pointer, found.lost)
    if column.is_required:
        draft.omit(column.pointer, "That it must have a value gets lost.")
