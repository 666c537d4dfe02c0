"""The OpenAPI schemas of the errors in the answer to a rejected request, generated from the classes of the violations.

Each class has one schema: its ``code`` is a constant, and its further fields have the types of their annotations. So a
new field of a class is described without a change here.
"""

import inspect
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from eventschema.core import schemaerrors
from eventschema.core import violations as core_violations
from eventschema.core.violations import NameConflict, UnknownEvent, Violation
from eventschema.track import violations as track_violations

_SCHEMAS: Final = "#/components/schemas"
_JSON_TYPES: Final[dict[Any, str]] = {bool: "boolean", int: "integer", str: "string", NoneType: "null"}


def error_classes() -> list[type[Violation]]:
    """The classes of the violations that a request to track an event can have, in the order of their definition."""
    members = [
        member for module in (core_violations, schemaerrors, track_violations) for member in vars(module).values()
    ]
    kinds = [member for member in members if isinstance(member, type) and issubclass(member, Violation)]
    # Classes without a code are bases. The service neither checks events against fixed schemas nor maps them.
    return [kind for kind in kinds if "code" in vars(kind) and kind not in {UnknownEvent, NameConflict}]


def error_schemas() -> dict[str, dict[str, Any]]:
    """The components by name: a schema for each class, and ``Error``, which is any one of them."""
    classes = error_classes()
    references = {kind.code: f"{_SCHEMAS}/{kind.__name__}" for kind in classes}
    any_error = {
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "code", "mapping": references},
    }
    return {"Error": any_error} | {kind.__name__: _error_schema(kind) for kind in classes}


def _error_schema(kind: type[Violation]) -> dict[str, Any]:
    fields = {name: _field_schema(kind, name) for name in ("pointer", "message", *kind.__match_args__)}
    properties = {"code": {"const": kind.code}, **fields}
    return {
        "type": "object",
        "description": _description(kind),
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def _field_schema(kind: type[Violation], name: str) -> dict[str, Any]:
    field = inspect.getattr_static(kind, name)
    return {**_type_schema(get_type_hints(field.fget)["return"]), "description": _description(field)}


def _description(documented: object) -> str:
    """The docstring as CommonMark, which OpenAPI's descriptions are."""
    return (inspect.getdoc(documented) or "").replace("``", "`")


def _type_schema(annotation: Any) -> dict[str, Any]:
    """The JSON Schema of values of a type, as ``Violation.to_dict`` writes them."""
    if annotation in _JSON_TYPES:
        return {"type": _JSON_TYPES[annotation]}
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return {"enum": [member.value for member in annotation]}
    arguments = get_args(annotation)
    match get_origin(annotation):
        case origin if origin is Literal:
            return {"enum": list(arguments)}
        case origin if origin is tuple and arguments[1:] == (...,):
            return {"type": "array", "items": _type_schema(arguments[0])}
        case origin if origin is Union or origin is UnionType:
            return _any_of([_type_schema(argument) for argument in arguments])
    raise TypeError(f"expected a type that JSON Schema can describe, found {annotation!r}")


def _any_of(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """The schema of the values that match any of ``schemas``. All enumerations become one, which includes ``null``."""
    words = dict.fromkeys(word for schema in schemas for word in schema.get("enum", ()))
    others = [schema for schema in schemas if "enum" not in schema]
    if words and {"type": "null"} in others:
        others.remove({"type": "null"})
        words[None] = None
    listed = [{"enum": list(words)}, *others] if words else others
    return listed[0] if len(listed) == 1 else {"anyOf": listed}
