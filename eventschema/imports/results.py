"""What an import returns: the schemas, and what could not be taken over."""

from typing import NamedTuple

from eventschema.core.documents import MAX_SHOWN
from eventschema.core.names import is_name
from eventschema.core.pointers import truncate
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType


class Omission(NamedTuple):
    """Something in a document that was not taken over: its JSON Pointer, and an English sentence that says why."""

    pointer: str
    sentence: str


class Imported(NamedTuple):
    """The declared ``schemas`` by the name of the event, in the order of the document, and the ``omissions``."""

    schemas: dict[str, EventSchema]
    omissions: tuple[Omission, ...]


class Draft:
    """Schemas while they are read."""

    def __init__(self) -> None:
        self._events: dict[str, dict[str, PropertyType]] = {}
        self._omissions: dict[Omission, None] = {}

    def has(self, event: str) -> bool:
        """Whether the event has a schema already."""
        return event in self._events

    def add_event(self, event: str) -> None:
        """Add the schema of an ``event``, without properties, unless there is one."""
        self._events.setdefault(event, {})

    def add(self, event: str, name: object, type_: PropertyType, pointer: str) -> None:
        """Add a property to the schema of ``event``. Omits one whose name or type cannot be taken over."""
        self.add_event(event)
        if not is_name(name):
            self.leave_out(pointer, "its name has other characters than latin letters, digits and _")
            return
        present = self._events[event].setdefault(str(name), type_)
        if present is not type_:
            self.leave_out(pointer, f"it has the type {present} at another place, and {type_} here")

    def leave_out(self, pointer: str, why: str) -> None:
        """Note that the property at ``pointer`` is not taken over."""
        self.omit(pointer, f"The property is left out: {why}.")

    def omit(self, pointer: str, sentence: str) -> None:
        """Note that something is not taken over. The same is noted once."""
        self._omissions[Omission(pointer, sentence)] = None

    def imported(self) -> Imported:
        """All that was read."""
        schemas = {name: EventSchema(name, properties) for name, properties in self._events.items()}
        return Imported(schemas, tuple(self._omissions))


def shown(text: str) -> str:
    """A text of a document for a sentence: quoted, and cut."""
    return repr(truncate(text, MAX_SHOWN))
