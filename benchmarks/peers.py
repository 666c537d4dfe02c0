"""The contenders for a known event: each is given the types of the properties, as exactly as it can express them.

Each is set up as its documentation advises for speed, and does the same work: texts of at most 2048 characters, ints
of 64 bits, finite floats, no strings taken for numbers, properties that may be absent. What it decides otherwise than
``eventschema`` is listed in ``differs``, in the words of ``cases``; :func:`check` checks that the list is right.
"""

import datetime
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import fastjsonschema
import jsonschema_rs
import msgspec
import pydantic
import rfc3986  # type: ignore[import-untyped]  # it ships no types
from dateutil.parser import isoparse, isoparser  # type: ignore[import-untyped]  # it ships no types
from email_validator import validate_email
from rfc3986.validators import Validator  # type: ignore[import-untyped]  # as above
from typing_extensions import TypedDict

from benchmarks.cases import CASES, DECLARED
from benchmarks.events import Event, Types
from benchmarks.measure import VARIANTS, nothing, use
from eventschema import EventSchema, PropertyType

Run = Callable[[Event], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A way to check a known event. ``build`` makes a function from the types; it raises or returns what ``ok`` tests.

    ``differs`` are the cases that it decides otherwise, ``notes`` what else it leaves out.
    """

    name: str
    build: Callable[[Types], Run]
    ok: Callable[[Any], bool] = lambda _: True
    prepare: Callable[[], None] = nothing
    differs: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    def accepts(self, run: Run, event: Event) -> bool:
        """Whether ``run``, which :attr:`build` made, accepts the event."""
        try:
            return self.ok(run(event))
        except Exception:  # each has exceptions of its own
            return False

    def footnotes(self) -> tuple[str, ...]:
        """What a reader of its figures must know."""
        accepted = [case.words for case in CASES if case.words in self.differs and not case.accepted]
        refused = [case.words for case in CASES if case.words in self.differs and case.accepted]
        listed = [f"accepts {', '.join(accepted)}"] if accepted else []
        listed += [f"refuses {', '.join(refused)}"] if refused else []
        return (*self.notes, *listed)


def check(contender: Contender) -> None:
    """Raise ``AssertionError`` if the contender decides a case otherwise than expected.

    Expected is what ``eventschema`` decides, or its opposite for the cases in ``differs``.
    """
    contender.prepare()
    run = contender.build(DECLARED)
    assert contender.accepts(run, {}), f"{contender.name} refuses an event without properties"
    for case in CASES:
        expected = case.accepted is not (case.words in contender.differs)
        found = contender.accepts(run, {case.type.value: case.value})
        assert found is expected, f"{contender.name} {'accepts' if found else 'refuses'} {case.words}"


# --- ours ---


def _own(variant: str) -> Contender:
    def build(types: Types) -> Run:
        return EventSchema("event", types).merge

    return Contender(
        name=f"eventschema ({variant})",
        build=build,
        ok=lambda result: bool(result.ok),
        prepare=lambda: use(variant),
    )


# --- the patterns for pydantic and msgspec; each can match in only one way ---

_EMAIL: Final = (
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+)*"
    r"@(?:[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*\.)+[A-Za-z]{2,}"
)
_SEGMENT: Final = r'[^\x00-\x20"<>\\^`{|}%/?#\x7f]*(?:%[0-9A-Fa-f]{2}[^\x00-\x20"<>\\^`{|}%/?#\x7f]*)*'
_TAIL: Final = r'[^\x00-\x20"<>\\^`{|}%#\x7f]*(?:%[0-9A-Fa-f]{2}[^\x00-\x20"<>\\^`{|}%#\x7f]*)*'
_PORT: Final = "(?:[0-9]{0,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_URL: Final = (
    rf'^(?:https?|ftps?)://[^\x00-\x20"<>\\^`{{|}}%/?#:@\x7f]+(?::{_PORT})?'
    rf"(?:/{_SEGMENT})*(?:\?{_TAIL})?(?:#{_TAIL})?"
)


# --- pydantic ---


_PYDANTIC_EMAIL: Final = Annotated[str, pydantic.Strict(), pydantic.Field(max_length=254, pattern=_EMAIL + "$")]
_PYDANTIC_URL: Final = Annotated[str, pydantic.Strict(), pydantic.Field(max_length=2048, pattern=_URL + "$")]
_PYDANTIC_ANY_URL: Final = Annotated[
    pydantic.AnyUrl, pydantic.UrlConstraints(max_length=2048, allowed_schemes=["http", "https", "ftp", "ftps"])
]


def pydantic_fields(email: Any = _PYDANTIC_EMAIL, url: Any = _PYDANTIC_URL) -> dict[PropertyType, Any]:
    """The annotation of each type, for pydantic."""
    strict = pydantic.Strict()
    return {
        PropertyType.BOOL: Annotated[bool, strict],
        PropertyType.INT: Annotated[int, strict, pydantic.Field(ge=-(2**63), le=2**63 - 1)],
        PropertyType.FLOAT: Annotated[float, strict, pydantic.Field(allow_inf_nan=False)],
        PropertyType.STRING: Annotated[str, strict, pydantic.Field(max_length=2048)],
        PropertyType.DATE: datetime.date,
        PropertyType.DATETIME: datetime.datetime,
        PropertyType.EMAIL: email,
        PropertyType.URL: url,
    }


def _pydantic_model(email: Any, url: Any) -> Callable[[Types], Run]:
    def build(types: Types) -> Run:
        fields = pydantic_fields(email, url)
        definitions: dict[str, Any] = {name: (fields[type_], None) for name, type_ in types.items()}
        model = pydantic.create_model("EventModel", **definitions)
        run: Run = model.model_validate
        return run

    return build


def _pydantic_dict(types: Types) -> Run:
    fields = pydantic_fields(_PYDANTIC_EMAIL, _PYDANTIC_URL)
    annotations = {name: fields[type_] for name, type_ in types.items()}
    definition: Any = TypedDict("EventDict", annotations, total=False)  # type: ignore[misc]  # made at run time
    run: Run = pydantic.TypeAdapter(definition).validate_python
    return run


_NO_ROUNDING: Final = "rounds no floats, and refuses a null for an absent property"
_PYDANTIC_DIFFERS: Final = frozenset(
    {
        "a whole float for an int",
        "a dateTime for a date",
        "a number for a date",
        "a leap second",
        "a space for the T",
        "a date for a dateTime",
    }
)

# --- msgspec ---


def msgspec_fields() -> dict[PropertyType, Any]:
    """The annotation of each type, for msgspec."""
    largest = 1.7976931348623157e308
    return {
        PropertyType.BOOL: bool,
        PropertyType.INT: Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)],
        PropertyType.FLOAT: Annotated[float, msgspec.Meta(ge=-largest, le=largest)],
        PropertyType.STRING: Annotated[str, msgspec.Meta(max_length=2048)],
        PropertyType.DATE: datetime.date,
        PropertyType.DATETIME: datetime.datetime,
        PropertyType.EMAIL: Annotated[str, msgspec.Meta(max_length=254, pattern=_EMAIL + r"\Z")],
        PropertyType.URL: Annotated[str, msgspec.Meta(max_length=2048, pattern=_URL + r"\Z")],
    }


def _msgspec(types: Types) -> Run:
    fields = msgspec_fields()
    struct = msgspec.defstruct("EventStruct", [(name, fields[type_], None) for name, type_ in types.items()])
    convert = msgspec.convert
    return lambda event: convert(event, struct)


# --- JSON Schema ---


def _json_schema(types: Types) -> dict[str, Any]:
    fields: dict[PropertyType, dict[str, Any]] = {
        PropertyType.BOOL: {"type": "boolean"},
        PropertyType.INT: {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1},
        PropertyType.FLOAT: {"type": "number"},
        PropertyType.STRING: {"type": "string", "maxLength": 2048},
        PropertyType.DATE: {"type": "string", "format": "date"},
        PropertyType.DATETIME: {"type": "string", "format": "date-time"},
        PropertyType.EMAIL: {"type": "string", "maxLength": 254, "format": "email"},
        PropertyType.URL: {"type": "string", "maxLength": 2048, "format": "iri"},
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "maxProperties": 100,
        "properties": {name: fields[type_] for name, type_ in types.items()},
    }


def _jsonschema_rs(types: Types) -> Run:
    options = jsonschema_rs.EmailOptions(require_tld=True)
    validator = jsonschema_rs.validator_for(_json_schema(types), validate_formats=True, email_options=options)
    run: Run = validator.is_valid
    return run


def _fastjsonschema(types: Types) -> Run:
    run: Run = fastjsonschema.compile(_json_schema(types), use_formats=True, detailed_exceptions=False)
    return run


# --- the three packages of the formats, one text at a time ---

_URI: Final = (
    Validator()
    .allow_schemes("http", "https", "ftp", "ftps")
    .require_presence_of("scheme", "host")
    .check_validity_of("scheme", "host", "port", "path", "query", "fragment")
)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 2048:
        raise ValueError
    value.encode()
    return value


def _int(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise ValueError
    if not -(2**63) <= value < 2**63:
        raise ValueError
    return int(value)


def _float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError
    return round(float(value), 6)


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _date(value: Any) -> str:
    isoparser().parse_isodate(_text(value))
    return _text(value)


def _datetime(value: Any) -> str:
    isoparse(_text(value))
    return _text(value)


def _email(value: Any) -> str:
    validate_email(_text(value), check_deliverability=False)
    return _text(value)


def _url(value: Any) -> str:
    text = _text(value)
    _URI.validate(rfc3986.uri_reference(text) if text.isascii() else rfc3986.iri_reference(text).encode())
    return text


#: A value as a property of a type takes it, or an exception, by means of the three packages.
READERS: Final[Mapping[PropertyType, Callable[[Any], Any]]] = {
    PropertyType.BOOL: _bool,
    PropertyType.INT: _int,
    PropertyType.FLOAT: _float,
    PropertyType.STRING: _text,
    PropertyType.DATE: _date,
    PropertyType.DATETIME: _datetime,
    PropertyType.EMAIL: _email,
    PropertyType.URL: _url,
}


def _packages(types: Types) -> Run:
    readers = {name: READERS[type_] for name, type_ in types.items()}
    return lambda event: {name: readers[name](value) for name, value in event.items()}


PACKAGES: Final = "email-validator, rfc3986, dateutil"

#: The contenders, ours first.
CONTENDERS: Final = (
    *map(_own, VARIANTS),
    Contender(
        name="msgspec convert",
        build=_msgspec,
        notes=(_NO_ROUNDING, "an email and a URL by a pattern"),
        differs=frozenset(
            {
                "a lone surrogate",
                "a whole float for an int",
                "a dateTime without seconds",
                "a leap second",
                "a space for the T",
                "an internationalised email",
            }
        ),
    ),
    Contender(
        name="jsonschema-rs",
        build=_jsonschema_rs,
        ok=bool,
        notes=("says no more than yes or no", _NO_ROUNDING),
        differs=frozenset(
            {
                "a lone surrogate",
                "a dateTime without an offset",
                "a dateTime without seconds",
                "an internationalised email",
                "port 99999",
                "a URL without a host",
                "another scheme",
            }
        ),
    ),
    Contender(
        name="pydantic, model",
        build=_pydantic_model(_PYDANTIC_EMAIL, _PYDANTIC_URL),
        notes=(_NO_ROUNDING, "an email and a URL by a pattern"),
        differs=_PYDANTIC_DIFFERS | {"an internationalised email"},
    ),
    Contender(
        name="pydantic, model with AnyUrl",
        build=_pydantic_model(_PYDANTIC_EMAIL, _PYDANTIC_ANY_URL),
        notes=(_NO_ROUNDING, "an email by a pattern"),
        differs=_PYDANTIC_DIFFERS
        | {"an internationalised email", "a space in a URL", "%6G in a URL", "a URL without a host"},
    ),
    Contender(
        name="pydantic, TypedDict",
        build=_pydantic_dict,
        notes=(_NO_ROUNDING, "an email and a URL by a pattern"),
        differs=_PYDANTIC_DIFFERS | {"an internationalised email"},
    ),
    Contender(
        name="pydantic, model with EmailStr",
        build=_pydantic_model(pydantic.EmailStr, _PYDANTIC_URL),
        notes=(_NO_ROUNDING, "a URL by a pattern"),
        differs=_PYDANTIC_DIFFERS,
    ),
    Contender(
        name="fastjsonschema",
        build=_fastjsonschema,
        notes=(_NO_ROUNDING,),
        differs=frozenset(
            {
                "a lone surrogate",
                "NaN",
                "an infinity",
                "a dateTime without an offset",
                "a dateTime without seconds",
                "two dots after the @",
                "a label that begins with a hyphen",
                "a label that ends with a hyphen",
                "a space in an email",
                "%6G in a URL",
                "port 99999",
                "a URL without a host",
                "another scheme",
            }
        ),
    ),
    Contender(
        name=PACKAGES,
        build=_packages,
        notes=("called one by one, as a plain implementation would", "refuses a null for an absent property"),
        differs=frozenset(
            {
                "a leap second",
                "hour 24",
                "a space for the T",
                "a date for a dateTime",
                "a space in a URL",
                "%6G in a URL",
            }
        ),
    ),
)
