"""``Rules``: the limits and choices that every operation takes, checked once, when they are made."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final, Literal, TypeVar, get_args

from eventschema.core.grammar import MAX_LINE_LENGTH, SCHEME
from eventschema.core.types import PropertyType

NewProperties = Literal["add", "reject"]
Nulls = Literal["ignore", "reject"]
TypeMatching = Literal["conform", "exact"]

_ALL_TYPES: Final = frozenset(PropertyType)
#: The types that detection always gives.
ALWAYS_DETECTED: Final = frozenset({PropertyType.BOOL, PropertyType.FLOAT, PropertyType.STRING})
_SCHEME: Final = re.compile(SCHEME)
_LIMITS: Final = ("max_properties", "max_name_length", "max_string_length", "float_digits", "max_event_name_length")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Rules:
    """The limits and choices of one service. Immutable, hashable, picklable; the defaults are Omnisend's.

    Lengths are in characters (code points), counts in properties.

    - ``max_properties``: in one event, and contact properties in one track request.
    - ``max_name_length``: of a property name. ``max_string_length``: of a text value.
    - ``float_digits``: decimals kept of a float.
    - ``max_schema_properties``: properties that one schema may grow to; ``None`` for no bound.
    - ``max_event_name_length``: of an event name.
    - ``url_schemes``: what counts as a url; kept in lower case.
    - ``detect``: the types that detection may give a new property. bool, float and string cannot be left out.
      Without int, ints are detected as float; without a text format, its texts as string.
    - ``new_properties``: ``"add"`` or ``"reject"``, for a property that the schema lacks.
    - ``nulls``: ``"ignore"`` (``None`` is an absent property) or ``"reject"``.
    - ``types``: ``"conform"`` or ``"exact"``, how a value meets the type that a property has.

    Raises ``ValueError`` for a value that makes no sense: a negative limit, an unknown option.
    """

    max_properties: int = 100
    max_name_length: int = 128
    max_string_length: int = 2048
    float_digits: int = 6
    max_schema_properties: int | None = None
    max_event_name_length: int = MAX_LINE_LENGTH
    url_schemes: frozenset[str] = frozenset({"http", "https", "ftp", "ftps"})
    detect: frozenset[PropertyType] = _ALL_TYPES
    new_properties: NewProperties = "add"
    nulls: Nulls = "ignore"
    types: TypeMatching = "conform"

    def __post_init__(self) -> None:
        for name in _LIMITS:
            _check_limit(name, getattr(self, name))
        if self.max_schema_properties is not None:
            _check_limit("max_schema_properties", self.max_schema_properties)
        _check_option("new_properties", self.new_properties, get_args(NewProperties))
        _check_option("nulls", self.nulls, get_args(Nulls))
        _check_option("types", self.types, get_args(TypeMatching))
        # Any iterable will do where a frozenset is declared; the field holds the frozenset.
        object.__setattr__(self, "url_schemes", _schemes(self.url_schemes))
        object.__setattr__(self, "detect", _detectable(self.detect))

    def __repr__(self) -> str:
        # What differs from the defaults, and sets in order: the same text whatever the hash seed.
        changed = (
            (each.name, getattr(self, each.name)) for each in fields(self) if getattr(self, each.name) != each.default
        )
        return f"Rules({', '.join(f'{name}={_shown(value)}' for name, value in changed)})"


def _shown(value: object) -> str:
    return (
        f"{{{', '.join(sorted(repr(str(member)) for member in value))}}}"
        if isinstance(value, frozenset)
        else repr(value)
    )


def _check_limit(name: str, value: object) -> None:
    if type(value) is not int or value < 0:
        raise ValueError(f"{name}: expected a whole number of at least 0, found {value!r}")


def _check_option(name: str, value: object, options: tuple[str, ...]) -> None:
    if value not in options:
        raise ValueError(f"{name}: expected one of {', '.join(options)}, found {value!r}")


def _members(name: str, values: Iterable[_T]) -> frozenset[_T]:
    if isinstance(values, str):  # a text is an iterable of its characters, which nobody means
        raise ValueError(f"{name}: expected a collection, found the text {values!r}")
    try:
        return frozenset(values)
    except TypeError:
        raise ValueError(f"{name}: expected a collection, found {values!r}") from None


def _schemes(values: Iterable[str]) -> frozenset[str]:
    schemes = _members("url_schemes", values)
    for scheme in sorted(schemes, key=repr):
        if not isinstance(scheme, str) or not _SCHEME.fullmatch(scheme):
            raise ValueError(f"url_schemes: expected URI schemes such as 'https', found {scheme!r}")
    return frozenset(scheme.lower() for scheme in schemes)


def _detectable(values: Iterable[PropertyType]) -> frozenset[PropertyType]:
    given = _members("detect", values)
    try:
        types = frozenset(map(PropertyType, sorted(given, key=repr)))  # so that always the same one is named
    except ValueError:
        none = next(value for value in sorted(given, key=repr) if value not in _ALL_TYPES)
        raise ValueError(f"detect: expected some of {', '.join(PropertyType)}, found {none!r}") from None
    if missing := ALWAYS_DETECTED - types:
        whole = ", ".join(repr(type_.value) for type_ in PropertyType if type_ in types | ALWAYS_DETECTED)
        raise ValueError(
            f"detect: bool, float and string cannot be left out, found no {' and no '.join(sorted(missing))}: "
            f"give {{{whole}}}"
        )
    return types


#: The rules of a call that names none.
DEFAULT_RULES: Final = Rules()
