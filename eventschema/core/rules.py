"""``Rules``: the limits and choices of a service, checked when they are made."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar, get_args

from eventschema.core.grammar import MAX_LINE_LENGTH, SCHEME
from eventschema.core.hints import Hints, read_hints
from eventschema.core.types import ALWAYS_DETECTED, PropertyType

NewProperties = Literal["add", "reject"]
Nulls = Literal["ignore", "reject"]
TypeMatching = Literal["conform", "exact"]
Invalid = Literal["reject", "drop"]
EmptyTexts = Literal["keep", "ignore"]
EventIds = Literal["uuid", "text"]
UnknownFields = Literal["reject", "ignore"]

_ALL_TYPES: Final = frozenset(PropertyType)
_SCHEME: Final = re.compile(SCHEME)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Rules:
    """The limits and choices of one service. Immutable, hashable, picklable; the defaults are Omnisend's.

    Lengths are in characters (code points), counts in properties.

    - ``max_properties``: in one event, and contact properties in one track request.
    - ``max_name_length``: of a property name. ``max_string_length``: of a text value.
    - ``float_digits``: decimals kept of a float.
    - ``max_schema_properties``: properties that one schema may grow to; ``None`` for no limit.
    - ``max_event_name_length``: of an event name.
    - ``url_schemes``: what counts as a url; kept in lower case.
    - ``detect``: the types that detection may give a new property. bool, float and string cannot be left out.
      Without int, ints are detected as float; without a text format, its texts as string.
    - ``new_properties``: ``"add"`` or ``"reject"``, for a property that the schema lacks.
    - ``nulls``: ``"ignore"`` (``None`` is an absent property) or ``"reject"``.
    - ``types``: ``"conform"`` (a value that fits its property's type is accepted) or ``"exact"`` (its detected type
      must be that type).
    - ``invalid``: ``"reject"`` (an invalid property rejects its event) or ``"drop"`` (the event is accepted
      without it).
    - ``empty_texts``: ``"keep"`` or ``"ignore"`` (the text ``""`` is an absent property).
    - ``hints``: pairs of a name pattern (``*`` for any characters, ``?`` for one) and a type, or a mapping of these. A
      new property gets the type of the first pattern that matches its name, in place of detection.
    - ``event_ids``: ``"uuid"`` or ``"text"`` (an ``eventID`` is any line of 1 to 255 characters, kept as it is).
    - ``unknown_fields``: ``"reject"`` or ``"ignore"``, for unknown top-level fields of a track request.

    ``new_properties``, ``nulls``, ``types``, ``invalid``, ``empty_texts`` and ``hints`` are for the properties of
    events alone, not for those of contacts.

    Raises ``ValueError`` for an invalid value, such as a negative limit or an unknown choice.
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
    invalid: Invalid = "reject"
    empty_texts: EmptyTexts = "keep"
    hints: Hints = ()
    event_ids: EventIds = "uuid"
    unknown_fields: UnknownFields = "reject"

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))

    def __repr__(self) -> str:
        # Only what differs from the defaults, and sets in order, so that the text is the same on any hash seed.
        changed = (
            (each.name, getattr(self, each.name)) for each in fields(self) if getattr(self, each.name) != each.default
        )
        return f"Rules({', '.join(f'{name}={_text_of(value)}' for name, value in changed)})"


def _text_of(value: object) -> str:
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(repr(str(member)) for member in value))}}}"
    if isinstance(value, tuple):
        return repr(tuple((pattern, str(type_)) for pattern, type_ in value))
    return repr(value)


def _limit(name: str, value: object) -> object:
    if type(value) is not int or value < 0:
        raise ValueError(f"{name}: expected a whole number of at least 0, found {value!r}")
    return value


def _optional_limit(name: str, value: object) -> object:
    return value if value is None else _limit(name, value)


def _choice(*choices: str) -> "_Check":
    def check(name: str, value: object) -> object:
        if value not in choices:
            raise ValueError(f"{name}: expected one of {', '.join(choices)}, found {value!r}")
        return value

    return check


def _members(name: str, values: Iterable[_T]) -> frozenset[_T]:
    if isinstance(values, str):  # would be read as the collection of its characters
        raise ValueError(f"{name}: expected a collection, found the text {values!r}")
    try:
        return frozenset(values)
    except TypeError:
        raise ValueError(f"{name}: expected a collection, found {values!r}") from None


def _schemes(name: str, values: Iterable[str]) -> frozenset[str]:
    schemes = _members(name, values)
    for scheme in sorted(schemes, key=repr):
        if not isinstance(scheme, str) or not _SCHEME.fullmatch(scheme):
            raise ValueError(f"{name}: expected URI schemes such as 'https', found {scheme!r}")
    return frozenset(scheme.lower() for scheme in schemes)


def _detectable(name: str, values: Iterable[PropertyType]) -> frozenset[PropertyType]:
    given = sorted(_members(name, values), key=repr)  # so that the message always names the same one
    for value in given:
        if value not in _ALL_TYPES:
            raise ValueError(f"{name}: expected some of {', '.join(PropertyType)}, found {value!r}")
    types = frozenset(map(PropertyType, given))
    if missing := ALWAYS_DETECTED - types:
        whole = ", ".join(repr(type_.value) for type_ in PropertyType if type_ in types | ALWAYS_DETECTED)
        raise ValueError(
            f"{name}: bool, float and string cannot be left out, found no {' and no '.join(sorted(missing))}: "
            f"give {{{whole}}}"
        )
    return types


_Check = Callable[[str, Any], object]

#: The check of each field: from its name and a given value to the value that is kept. Raises ``ValueError``.
_CHECKS: Final[Mapping[str, _Check]] = MappingProxyType(
    {
        "max_properties": _limit,
        "max_name_length": _limit,
        "max_string_length": _limit,
        "float_digits": _limit,
        "max_schema_properties": _optional_limit,
        "max_event_name_length": _limit,
        "url_schemes": _schemes,
        "detect": _detectable,
        "new_properties": _choice(*get_args(NewProperties)),
        "nulls": _choice(*get_args(Nulls)),
        "types": _choice(*get_args(TypeMatching)),
        "invalid": _choice(*get_args(Invalid)),
        "empty_texts": _choice(*get_args(EmptyTexts)),
        "hints": read_hints,
        "event_ids": _choice(*get_args(EventIds)),
        "unknown_fields": _choice(*get_args(UnknownFields)),
    }
)

#: The rules of a call without rules.
DEFAULT_RULES: Final = Rules()


def other_options(known: frozenset[str]) -> tuple[tuple[str, object], ...]:
    """The name and default of each option that is not ``known`` to a fast path.

    Where one of these has another value, see :func:`differs`, the fast path leaves everything to the definition.
    """
    return tuple((each.name, each.default) for each in fields(Rules) if each.name not in known)


def differs(rules: Rules, options: tuple[tuple[str, object], ...]) -> bool:
    """Whether one of the ``options``, pairs of name and default, has another value in ``rules``."""
    for name, default in options:  # noqa: SIM110  # any() takes three times as long, and each request asks four times
        if getattr(rules, name) != default:
            return True
    return False
