"""The comment on an exported event or property: what it is called in its schema, its type, and what gets lost.

Targets keep it as a comment, a description or a doc. ``eventschema.imports`` reads name and type back from it.
"""

import json
import re
from typing import Final

from eventschema.core.types import PropertyType
from eventschema.export.remarks import Sentences

_DECODER: Final = json.JSONDecoder()
_EVENT: Final = "Event "
_PROPERTY: Final = re.compile(r"Property ([A-Za-z0-9_]+) of type ([A-Za-z]+)\.")


def describe_event(name: str, lost: Sentences = ()) -> str:
    """The comment on the table or record of an event: ``Event "placed order".``, and the sentences of ``lost``."""
    return " ".join([f"{_EVENT}{json.dumps(name, ensure_ascii=False)}.", *lost])


def describe_property(name: str, type_: PropertyType, lost: Sentences = ()) -> str:
    """The comment on the column or field of a property: ``Property total of type float.``, and ``lost``."""
    return " ".join([f"Property {name} of type {type_}.", *lost])


def read_event(text: str) -> str | None:
    """The name of the event that :func:`describe_event` made ``text`` of; ``None`` for any other text."""
    if not text.startswith(_EVENT):
        return None
    try:
        name, _ = _DECODER.raw_decode(text, len(_EVENT))
    except ValueError:
        return None
    return name if isinstance(name, str) else None


def read_property(text: str) -> tuple[str, PropertyType] | None:
    """The name and type that :func:`describe_property` made ``text`` of; ``None`` for any other text."""
    match = _PROPERTY.match(text)
    return (match[1], PropertyType(match[2])) if match and match[2] in list(PropertyType) else None
