"""``SchemaChange``: what to save of a schema that an event created or extended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from eventschema.core.documents import (
    FORMAT,
    read_base_version,
    read_event_name,
    read_format,
    read_object,
    read_properties,
)
from eventschema.core.frozen import FrozenDict
from eventschema.core.trusted import trusted
from eventschema.core.types import PropertyType


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """What to save after an event created or extended a schema: all that a store needs for a compare-and-swap.

    ``name`` is the event's; ``base_version`` the version that the schema must still have in the store, ``None`` if it
    must not exist yet; ``added`` the new properties and their types, in order. Raises ``ValueError`` for a name, a type
    or a version that is none.
    """

    name: str
    base_version: int | None
    added: FrozenDict[str, PropertyType]

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", read_event_name(self.name, "/name"))
        read_base_version(self.base_version, "/baseVersion")
        object.__setattr__(self, "added", FrozenDict.wrap(read_properties(self.added, "/added")))

    def to_dict(self) -> dict[str, Any]:
        """The change as a JSON-ready document with its format number. :meth:`from_dict` reads it back unchanged."""
        added = {name: type_.value for name, type_ in self.added.items()}
        return {"format": FORMAT, "name": self.name, "baseVersion": self.base_version, "added": added}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "SchemaChange":
        """Read a document made by :meth:`to_dict`. Raises ``ValueError`` with the place of what is wrong."""
        fields = read_object(document, "", ("format", "name", "baseVersion", "added"))
        read_format(fields, "")
        return cls(fields["name"], fields["baseVersion"], fields["added"])


#: Makes a ``SchemaChange`` of checked values, by position.
new_change: Final = trusted(SchemaChange)
