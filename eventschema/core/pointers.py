"""JSON Pointers (RFC 6901) into a request, and names cut and escaped for messages.

A name in a pointer comes from a sender: it may be a megabyte long, not text at all, or text that UTF-8 cannot encode.
The results of this module are short and can always be encoded.
"""

from typing import Final

from eventschema.core.types import PropertyType


def pointer_to(parent: str, name: object, max_length: int) -> str:
    """The pointer to the member ``name`` of ``parent``, the name cut and escaped by :func:`truncate`."""
    return f"{parent}/{truncate(name, max_length).replace('~', '~0').replace('/', '~1')}"


def truncate(name: object, max_length: int) -> str:
    r"""``name`` for a message: cut to ``max_length`` characters and ``...``, lone surrogates escaped (``\ud800``).

    A name that is not text appears as the name of its type: ``<int>``.
    """
    if type(name) is not str:
        if not issubclass(type(name), str):
            return f"<{python_type_name(name)}>"
        name = str.__str__(name)
    cut = name if len(name) <= max_length else name[:max_length] + "..."
    return cut if cut.isascii() else encodable(cut)


def json_type_name(value: object) -> str:
    """What ``value`` is, in the words that all messages use.

    ``object``, ``array``, ``null``, ``string``, ``bool``, ``int``, ``float``; of any other class the Python type's
    name, after ``Python`` where that is one of our words: ``object()`` is no object of JSON's, but a ``Python object``.
    """
    if value is None:
        return "null"
    kind = type(value)
    for base, word in _WORDS.items():
        if issubclass(kind, base):
            return word
    name = python_type_name(value)
    return f"Python {name}" if name in _TAKEN else name


def python_type_name(value: object) -> str:
    """The name of the value's class. The class itself is not asked: its metaclass could return anything.

    For what a programmer gave an argument; :func:`json_type_name` is for data.
    """
    name: str = _TYPE_NAME.__get__(type(value))
    return encodable(name if len(name) <= _MAX_TYPE_NAME else name[:_MAX_TYPE_NAME] + "...")


def is_encodable(text: str) -> bool:
    """Whether UTF-8 can encode ``text``: it has no lone surrogates (RFC 3629, section 3)."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def encodable(text: str) -> str:
    """``text`` with lone surrogates escaped, so that UTF-8 can encode it."""
    return text.encode(errors="backslashreplace").decode()


_TYPE_NAME = type.__dict__["__name__"]
_MAX_TYPE_NAME = 128
#: The classes that JSON decoders make, subclasses before their bases, and the word for each.
_WORDS: Final[dict[type, str]] = {
    dict: "object",
    list: "array",
    tuple: "array",
    str: "string",
    bool: "bool",
    int: "int",
    float: "float",
}
#: The words that :func:`json_type_name` uses for no other class, whatever the class's own name is.
_TAKEN: Final = frozenset({"null", *_WORDS.values(), *PropertyType})
