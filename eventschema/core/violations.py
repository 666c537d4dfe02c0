"""The errors of events: one immutable class for each code, the exception ``EventRejected``, and the problem document.

Every rejected request makes violations, and an attack makes many. So a violation has its fields only, and its message
is built when it is read. All messages have one grammar: what was expected, what was found, and where. No message has a
value of the event, since that is personal data.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from eventschema.core.arguments import wrong_kind
from eventschema.core.frozen import json_ready
from eventschema.core.reasons import FORMAT_REASONS, NAME_REASONS, FormatReason, NameReason
from eventschema.core.types import ACCEPTED_TYPES, PropertyType

_Reason = TypeVar("_Reason", bound=str)


class Violation:
    """The base of all violations. Equal by class and fields, hashable, picklable, read-only."""

    __slots__ = ("_pointer",)
    __match_args__: ClassVar[tuple[str, ...]] = ("pointer",)

    code: ClassVar[str]
    _expected: ClassVar[str]
    _found: ClassVar[str]

    def __init__(self, pointer: str) -> None:
        self._pointer = pointer

    @property
    def pointer(self) -> str:
        """The JSON Pointer (RFC 6901) into the request, such as ``/properties/total``; empty for the whole request."""
        return self._pointer

    @property
    def message(self) -> str:
        """One English sentence: what was expected, what was found, where."""
        expected, found = self._sentence()
        return f"Expected {expected}, found {found}, at {self._pointer or 'the root'}."

    def at(self, pointer: str) -> "Violation":
        """The same violation at another ``pointer``, such as the place of a value before it was moved."""
        return type(self)(pointer, *self._values()[1:])

    def to_dict(self) -> dict[str, Any]:
        """``code``, ``pointer``, ``message`` and the further fields, ready for JSON."""
        document = {"code": self.code, "pointer": self._pointer, "message": self.message}
        for name in self.__match_args__[1:]:  # the first is the pointer
            document[name] = json_ready(getattr(self, name))
        return document

    def _sentence(self) -> tuple[str, str]:
        return self._expected, self._found

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((self.code, *self._values()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._values()

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__name__}({fields})"


class _OverLimit(Violation):
    """The base of violations of a limit: ``actual`` is more than ``limit``, in the same unit."""

    __slots__ = ("_actual", "_limit")
    __match_args__ = ("pointer", "limit", "actual")

    _unit: ClassVar[tuple[str, str]]  # singular and plural

    def __init__(self, pointer: str, limit: int, actual: int) -> None:
        self._pointer = pointer
        self._limit = limit
        self._actual = actual

    @property
    def limit(self) -> int:
        """The most that is allowed."""
        return self._limit

    @property
    def actual(self) -> int:
        """What was found."""
        return self._actual

    def _sentence(self) -> tuple[str, str]:
        excess = self._actual - self._limit
        return self._expected, f"{counted(self._actual, *self._unit)}, {excess} more than the limit of {self._limit}"


class ReasonedViolation(Violation, Generic[_Reason]):
    """The base of violations with a ``reason``: why a name or an identifier is refused. Each class has its words."""

    __slots__ = ("_reason",)
    __match_args__ = ("pointer", "reason")

    _reasons: ClassVar[Mapping[str, str]]  # the words of a message for each reason

    def __init__(self, pointer: str, reason: _Reason) -> None:
        self._pointer = pointer
        self._reason = reason

    def _sentence(self) -> tuple[str, str]:
        return self._expected, self._reasons[self._reason]


class TooManyProperties(_OverLimit):
    """An event or a contact with more properties than ``Rules.max_properties``. None of them was read."""

    __slots__ = ()
    code = "too_many_properties"
    _expected = "fewer properties"
    _unit = ("property", "properties")


class TooManySchemaProperties(_OverLimit):
    """With the event's valid new properties, the schema would have more than ``Rules.max_schema_properties``."""

    __slots__ = ()
    code = "too_many_schema_properties"
    _expected = "an event that keeps its schema within bounds"
    _unit = ("property in the schema after it", "properties in the schema after it")


class TooManyEventNames(_OverLimit):
    """An event of a new name, where the service has schemas for as many names as it may have."""

    __slots__ = ()
    code = "too_many_event_names"
    _expected = "an event name that has a schema already"
    _unit = ("event name with this one", "event names with this one")


class InvalidName(ReasonedViolation[NameReason]):
    """A property name that is not text, empty, or has a character outside ``A-Za-z0-9_``."""

    __slots__ = ()
    code = "invalid_name"
    _expected = "a name of latin letters, digits and _"
    _reasons = NAME_REASONS

    @property
    def reason(self) -> NameReason:
        """Why the name is invalid; ``repeated``: it is also given as an instance of another class than ``str``."""
        return self._reason


class NameTooLong(_OverLimit):
    """A property name of more characters than ``Rules.max_name_length``."""

    __slots__ = ()
    code = "name_too_long"
    _expected = "a shorter name"
    _unit = ("character", "characters")


class NameConflict(Violation):
    """A property that a mapping gives the name of another one. ``other`` is the pointer to that one."""

    __slots__ = ("_other",)
    __match_args__ = ("pointer", "other")
    code = "name_conflict"

    def __init__(self, pointer: str, other: str) -> None:
        self._pointer = pointer
        self._other = other

    @property
    def other(self) -> str:
        """The pointer to the property that has the name."""
        return self._other

    def _sentence(self) -> tuple[str, str]:
        return "a name that no other property gets", f"the mapped name of {self._other}"


class UnknownProperty(Violation):
    """A property that the schema does not have, under ``Rules(new_properties="reject")``."""

    __slots__ = ()
    code = "unknown_property"
    _expected = "a property of the schema"
    _found = "one that the schema does not have"


class UnsupportedType(Violation):
    """A value that no property type accepts. ``actual``: ``object``, ``array``, ``null``, or the Python type's name."""

    __slots__ = ("_actual",)
    __match_args__ = ("pointer", "actual")
    code = "unsupported_type"

    def __init__(self, pointer: str, actual: str) -> None:
        self._pointer = pointer
        self._actual = actual

    @property
    def actual(self) -> str:
        """``object``, ``array``, ``null``, or the Python type's name."""
        return self._actual

    def _sentence(self) -> tuple[str, str]:
        return "a value of a supported type", self._actual


class StringTooLong(_OverLimit):
    """Text of more characters than ``Rules.max_string_length``."""

    __slots__ = ()
    code = "string_too_long"
    _expected = "a shorter text"
    _unit = ("character", "characters")


class ArrayTooLong(_OverLimit):
    """A contact property whose array has too many items."""

    __slots__ = ()
    code = "array_too_long"
    _expected = "a shorter array"
    _unit = ("item", "items")


class InvalidText(Violation):
    """Text with lone surrogates, which has no UTF-8 (RFC 3629, section 3)."""

    __slots__ = ()
    code = "invalid_text"
    _expected = "text that can be encoded as UTF-8"
    _found = "lone surrogates"


class NonFiniteFloat(Violation):
    """NaN, an infinity, or a number beyond the doubles (IEEE 754 binary64)."""

    __slots__ = ()
    code = "non_finite_float"
    _expected = "a finite number within the range of a double"
    _found = "NaN, an infinity, or a number beyond that range"


class IntOutOfRange(Violation):
    """An integer outside signed 64 bits; where ints are detected as float, one that no double holds exactly."""

    __slots__ = ()
    code = "int_out_of_range"
    _expected = "an integer that fits its type (int: 64 bits; float: one that a double holds exactly)"
    _found = "an integer that does not fit"


class TypeConflict(Violation):
    """A value of the type ``actual`` for a property whose type is ``expected`` since the version ``since``.

    ``since`` is ``None`` for a new property whose type is given by ``Rules.hints``.
    """

    __slots__ = ("_actual", "_expected_type", "_reason", "_since")
    __match_args__ = ("pointer", "expected", "actual", "since", "reason")
    code = "type_conflict"

    def __init__(
        self,
        pointer: str,
        expected: PropertyType,
        actual: PropertyType,
        since: int | None,
        reason: FormatReason | None = None,
    ) -> None:
        self._pointer = pointer
        self._expected_type = expected
        self._actual = actual
        self._since = since
        self._reason = reason

    @property
    def expected(self) -> PropertyType:
        """The property's type."""
        return self._expected_type

    @property
    def actual(self) -> PropertyType:
        """The value's type."""
        return self._actual

    @property
    def since(self) -> int | None:
        """The version of the schema that set the type. 0: it was declared; ``None``: a hint of the rules gives it."""
        return self._since

    @property
    def reason(self) -> FormatReason | None:
        """Why a text is not of the expected format (date, dateTime, url or email). Else ``None``."""
        return self._reason

    def _sentence(self) -> tuple[str, str]:
        origin = "as the schema was declared"
        if self._since != 0:
            origin = "by a hint" if self._since is None else f"set by version {self._since} of the schema"
        # 10.5 into int, or any int into float under types="exact": the type is accepted, but not this value.
        why = "that it does not take" if self._actual in ACCEPTED_TYPES[self._expected_type] else ""
        if self._reason is not None:
            why = FORMAT_REASONS[self._expected_type][self._reason]
        return f"{self._expected_type} ({origin})", f"{self._actual} {why}".rstrip()


def type_conflict(
    pointer: str, expected: PropertyType, actual: PropertyType, since: int | None, reason: FormatReason | None
) -> TypeConflict:
    """Make a ``TypeConflict`` of these fields in half the time, since one event can have a hundred."""
    self = object.__new__(TypeConflict)
    self._pointer = pointer
    self._expected_type = expected
    self._actual = actual
    self._since = since
    self._reason = reason
    return self


class MalformedRequest(Violation):
    """A request, or a part of it, that is not an object; in a file, a line that is not a JSON object."""

    __slots__ = ("_actual_word", "_expected_word")
    __match_args__ = ("pointer", "expected", "actual")
    code = "malformed_request"

    def __init__(self, pointer: str, expected: str, actual: str) -> None:
        self._pointer = pointer
        self._expected_word = expected
        self._actual_word = actual

    @property
    def expected(self) -> str:
        """What was expected."""
        return self._expected_word

    @property
    def actual(self) -> str:
        """What was found."""
        return self._actual_word

    def _sentence(self) -> tuple[str, str]:
        return self._expected_word, self._actual_word


class UnknownEvent(Violation):
    """An event that has no schema among the given ones."""

    __slots__ = ()
    code = "unknown_event"
    _expected = "an event with a schema"
    _found = "one without a schema"


class EventRejected(ValueError):
    """Raised if an event, a value or a request is refused. Picklable.

    ``errors`` are the violations, in order; the text consists of their messages.
    """

    def __init__(self, errors: Iterable[Violation]) -> None:
        super().__init__(tuple(errors))

    @property
    def errors(self) -> tuple[Violation, ...]:
        """Every violation, in order."""
        errors: tuple[Violation, ...] = self.args[0]
        return errors

    def __str__(self) -> str:
        return " ".join(error.message for error in self.errors)


def problem_details(errors: Iterable[Violation]) -> dict[str, Any]:
    """The body of an ``application/problem+json`` answer (RFC 9457) for a rejected request, ready for JSON.

    ``status`` is 400 if the request could not be read (``malformed_request``), else 422. The extension ``errors`` has
    the ``to_dict()`` of every violation: code, pointer, message and the further fields of its class. Raises
    ``TypeError`` if ``errors`` are anything else, such as a whole result.
    """
    given = list(errors) if isinstance(errors, Iterable) else [None]
    if not all(isinstance(error, Violation) for error in given):
        raise wrong_kind(errors, "violations, such as result.errors")
    listed = [error.to_dict() for error in given]
    malformed = any(error["code"] == MalformedRequest.code for error in listed)
    return {
        "type": "about:blank",
        "title": "Bad Request" if malformed else "Unprocessable Content",
        "status": 400 if malformed else 422,
        "detail": f"The request has {counted(len(listed), 'error', 'errors')}; nothing of it was stored.",
        "errors": listed,
    }


def counted(count: int, one: str, more: str) -> str:
    """A number and its noun: ``1 property``, ``2 properties``."""
    return f"{count} {one if count == 1 else more}"
