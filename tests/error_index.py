"""The index of errors in the docstring of ``eventschema``, made from the violation classes.

    python -m tests.error_index

writes it anew. A test fails while the docstring says something else than the classes.
"""

import inspect
import re
import textwrap
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import eventschema
from eventschema import PropertyType, TypeConflict, Violation
from eventschema.core.reasons import FORMAT_REASONS

HEADING: Final = "### Index of error codes"
WIDTH: Final = 118

#: A value for each further field; where a class needs another one, it is in ``OTHERS``.
VALUES: Final[dict[str, Any]] = {
    "limit": 100,
    "actual": 101,
    "field": "contact",
    "identifiers": ("email", "phoneNumber"),
    "since": 1,
}
OTHERS: Final[dict[str, dict[str, Any]]] = {
    "array_too_long": {"pointer": "/contact/tags"},
    "contact_conflict": {"pointer": "/contact"},
    "contact_not_found": {"pointer": "/contact/id"},
    "invalid_contact_id": {"pointer": "/contact/id"},
    "invalid_email": {"pointer": "/contact/email", "reason": "no_at"},
    "invalid_event_id": {"pointer": "/eventID"},
    "invalid_event_name": {"pointer": "/eventName", "reason": "empty"},
    "invalid_event_time": {"pointer": "/eventTime"},
    "invalid_event_version": {"pointer": "/eventVersion"},
    "invalid_name": {"pointer": "/properties/e-mail", "reason": "character"},
    "invalid_origin": {"pointer": "/origin"},
    "invalid_phone_number": {"pointer": "/contact/phoneNumber", "reason": "no_plus"},
    "invalid_schema": {"expected": "true or false", "actual": "'yes'", "pointer": "/frozen"},
    "malformed_request": {"pointer": "/properties", "expected": "an object", "actual": "array"},
    "missing_contact_identifier": {"pointer": "/contact"},
    "missing_field": {"pointer": "/contact"},
    "name_conflict": {"pointer": "/properties/order_id", "other": "/properties/orderId"},
    "name_too_long": {"limit": 128, "actual": 130},
    "string_too_long": {"limit": 2048, "actual": 2050},
    "too_many_event_names": {"pointer": "/eventName", "limit": 10_000, "actual": 10_001},
    "too_many_properties": {"pointer": "/properties"},
    "too_many_schema_properties": {"pointer": "/properties"},
    "type_conflict": {"expected": PropertyType.FLOAT, "actual": PropertyType.STRING, "reason": None},
    "undeclared_event": {"pointer": "/eventName"},
    "unknown_event": {"pointer": "/eventName"},
    "unknown_field": {"pointer": "/propertes", "field": "propertes"},
    "unsupported_type": {"actual": "object"},
}


def classes() -> list[type[Violation]]:
    """The public classes of violations, by code."""
    public = (getattr(eventschema, name) for name in eventschema.__all__)
    found = [
        each for each in public if isinstance(each, type) and issubclass(each, Violation) and each is not Violation
    ]
    return sorted(found, key=lambda each: each.code)


def sample(kind: type[Violation], **fields: Any) -> Violation:
    """A violation of this class."""
    values = {"pointer": "/properties/total", **VALUES, **OTHERS.get(kind.code, {}), **fields}
    return kind(*(values[name] for name in kind.__match_args__))


def reasons(kind: type[Violation]) -> list[tuple[str, dict[str, Any], list[str]]]:
    """The closed lists that ``reason`` of this class is from: what each is for, the fields it goes with, its words."""
    if kind is TypeConflict:
        return [
            (f"`{kind.code}` of a string where {type_} is expected", {"expected": type_}, list(words))
            for type_, words in FORMAT_REASONS.items()
        ]
    if "reason" not in kind.__match_args__:
        return []
    getter = inspect.getattr_static(kind, "reason").fget
    return [(f"`{kind.code}`", {}, list(_words(typing.get_type_hints(getter)["return"])))]


def _words(listed: Any) -> Iterator[str]:
    """The words of a ``Literal``, or of a union of some."""
    for part in typing.get_args(listed):
        yield from [part] if isinstance(part, str) else _words(part)


def render() -> str:
    """The index: each code with its fields, when it is used, and a message; then the lists of reasons."""
    entries = []
    lists = []
    for kind in classes():
        fields = ", ".join(f"`{name}`" for name in kind.__match_args__[1:])
        title = f"`{kind.code}` ({fields})" if fields else f"`{kind.code}`"
        when = (inspect.getdoc(kind) or "").partition("\n")[0]
        entries.append(_item(f"{title}: {when}", f"`{sample(kind).message}`"))
        for what, expected, words in reasons(kind):
            said = [f"`{word}`: {_found(sample(kind, reason=word, **expected))}" for word in words]
            lists.append(_item(f"{what}: {'; '.join(said)}."))
    codes = "Each code with its further fields, when it is used, and an example of its message:"
    closed = "Each `reason` is a word of one of these lists. `eventschema.core.reasons` has their types."
    return "\n\n".join([HEADING, codes, "\n".join(entries), "### Reasons", closed, "\n".join(lists)])


def _item(*paragraphs: str) -> str:
    lines = [textwrap.fill(text, WIDTH - 2, break_on_hyphens=False, break_long_words=False) for text in paragraphs]
    return f"- {textwrap.indent(chr(10).join(lines), '  ')[2:]}"


def _found(violation: Violation) -> str:
    """What a message says of its reason: the words after ``found``, up to the place."""
    found = re.search(r", found (?:string )?(.*), at /", violation.message)
    assert found is not None
    return found[1]


def updated(docstring: str) -> str:
    """The docstring with the index as it should be: the last section."""
    return f"{docstring.partition(HEADING)[0].rstrip()}\n\n{render()}\n"


def main() -> None:
    path = Path(str(eventschema.__file__))
    source = path.read_text(encoding="utf-8")
    _, docstring, rest = source.split('"""', 2)
    path.write_text(f'"""{updated(docstring)}"""{rest}', encoding="utf-8")


if __name__ == "__main__":
    main()
