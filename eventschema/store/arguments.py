"""What stores and registries are given, checked where it is given: an error says what to give instead.

A text that can be no name, no identifier and no id, since it has a control character or a lone surrogate, is no error
where something is looked up. There is nothing of that name: so all stores answer, and none needs to ask its database,
which may have no place for such a text.
"""

from collections.abc import Mapping

from eventschema.core.names import is_line
from eventschema.core.pointers import python_type_name
from eventschema.track.documents import IDENTIFIERS


def read_text(value: object, what: str) -> str:
    """``value`` as exactly a ``str``. ``TypeError`` if it is no text; ``what`` says what it should be."""
    if not isinstance(value, str):
        raise TypeError(f"expected {what} as text, found {python_type_name(value)}")
    return str.__str__(value)


def read_identifiers(value: object) -> dict[str, str]:
    """A mapping from some of ``id``, ``email`` and ``phoneNumber`` to texts, without those that no contact can have.

    ``TypeError`` for another kind, ``ValueError`` for another name.
    """
    if not isinstance(value, Mapping):
        raise TypeError(f"expected a mapping of identifiers, found {python_type_name(value)}")
    for name in value:
        if name not in IDENTIFIERS:
            raise ValueError(f"expected identifiers of the names {', '.join(IDENTIFIERS)}, found {name!r}")
    texts = {name: read_text(text, f"the identifier {name}") for name, text in value.items()}
    return {name: text for name, text in texts.items() if is_line(text)}


def read_who(value: object) -> str | None:
    """Whom a history names, as exactly a ``str``; or ``None``.

    ``TypeError`` for another kind, ``ValueError`` for control characters (C0, DEL) and lone surrogates.
    """
    if value is None:
        return None
    who = read_text(value, "who")
    if who and not is_line(who):
        raise ValueError("expected who as text without control characters and lone surrogates, found one of them")
    return who


def check_callable(value: object, what: str) -> None:
    """``TypeError`` if ``value`` cannot be called; ``what`` says what it should be."""
    if not callable(value):
        raise TypeError(f"expected {what}, found {python_type_name(value)}")


def check_count(value: object, least: int, what: str) -> None:
    """``TypeError`` if ``value`` is no ``int``, ``ValueError`` if it is less than ``least``; ``what`` it counts."""
    if type(value) is not int:
        raise TypeError(f"expected a number of {what}, found {python_type_name(value)}")
    if value < least:
        raise ValueError(f"expected a number of {what} of at least {least}, found {value}")
