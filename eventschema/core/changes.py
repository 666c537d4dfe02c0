"""``SchemaChange``: what to save of a schema that an event created or extended, or that a person changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from eventschema.core.documents import (
    FORMAT,
    FROZEN_FORMAT,
    MAX_SHOWN,
    RETYPED_FORMAT,
    found,
    read_base_version,
    read_event_name,
    read_format,
    read_frozen,
    read_object,
    read_properties,
    wrong,
)
from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.core.pointers import pointer_to
from eventschema.core.trusted import trusted
from eventschema.core.types import PropertyType


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """A change to save by compare-and-swap: an event created or extended a schema, or a person changed it.

    ``name`` is the event's; ``base_version`` the version that the schema must still have in the store, ``None`` if it
    must not exist yet; ``added`` the new properties and their types, in order; ``retyped`` the old and the new type of
    each property whose type a person changes; ``frozen`` whether a person freezes the schema (``True``) or lets events
    add properties again (``False``), ``None`` for neither. Raises ``ValueError``, with the place, for an invalid name,
    type or version, for a retype or a freeze without a version, and for a property that is both added and retyped.
    """

    name: str
    base_version: int | None
    added: FrozenDict[str, PropertyType]
    retyped: FrozenDict[str, tuple[PropertyType, PropertyType]] = EMPTY
    frozen: bool | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", read_event_name(self.name, "/name"))
        read_base_version(self.base_version, "/baseVersion")
        object.__setattr__(self, "added", FrozenDict.wrap(read_properties(self.added, "/added")))
        retyped = _read_retyped(self.retyped)
        if retyped and self.base_version is None:
            raise wrong("/baseVersion", "the version of the schema that is retyped", "null")
        read_frozen(self.frozen, "/frozen")
        if self.frozen is not None and self.base_version is None:
            raise wrong("/baseVersion", "the version of the schema that is frozen or no longer frozen", "null")
        if both := [name for name in retyped if name in self.added]:
            raise wrong(pointer_to("/retyped", both[0], MAX_SHOWN), "a property that is not added", "one that is")
        object.__setattr__(self, "retyped", FrozenDict.wrap(retyped))

    def to_dict(self) -> dict[str, Any]:
        """The change as a JSON-ready document with its format number. :meth:`from_dict` reads it back unchanged."""
        added = {name: type_.value for name, type_ in self.added.items()}
        document = {"format": FORMAT, "name": self.name, "baseVersion": self.base_version, "added": added}
        if self.retyped:
            retyped = {name: [before.value, after.value] for name, (before, after) in self.retyped.items()}
            document |= {"format": RETYPED_FORMAT, "retyped": retyped}
        if self.frozen is not None:
            document |= {"format": FROZEN_FORMAT, "frozen": self.frozen}
        return document

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "SchemaChange":
        """Read a document made by :meth:`to_dict`. Raises ``ValueError`` with the place of what is wrong."""
        fields = read_object(document, "", ("format", "name", "baseVersion", "added"), ("retyped", "frozen"))
        format_ = FROZEN_FORMAT if "frozen" in fields else RETYPED_FORMAT if "retyped" in fields else FORMAT
        read_format(fields, "", format_)
        retyped = fields.get("retyped", EMPTY)
        return cls(fields["name"], fields["baseVersion"], fields["added"], retyped, fields.get("frozen"))


def _read_retyped(value: object) -> dict[str, tuple[PropertyType, PropertyType]]:
    if not isinstance(value, Mapping):
        raise wrong("/retyped", "an object of names and pairs of types", found(value))
    retyped = {}
    for name, pair in value.items():
        pointer = pointer_to("/retyped", name, MAX_SHOWN)
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise wrong(pointer, "a pair of types, the old and the new one", found(pair))
        before = read_properties({name: pair[0]}, "/retyped")
        after = read_properties({name: pair[1]}, "/retyped")
        ((plain, old),) = before.items()
        if old is after[plain]:
            raise wrong(pointer, "two different types", f"{old} twice")
        retyped[plain] = (old, after[plain])
    return retyped


#: Makes a ``SchemaChange`` of checked values, by position.
new_change: Final = trusted(SchemaChange)
