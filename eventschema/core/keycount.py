"""Finds repeated keys in JSON objects, from the text and from the values that a decoder made of it.

Decoders silently keep the last of equal keys (RFC 8259, section 4, allows it). But each entry of an object is written
with one colon outside of strings. So if there are more such colons than entries that the decoder kept, a key was
repeated. The decoder knows which keys are equal, however they are escaped.

Counting is cheap in the common case, and exact only where that is not enough. After white space is removed, each colon
outside of strings follows a quotation mark, so colons after quotation marks are at least as many as the entries in the
text. The entries of the outermost object and of the objects in it are at most as many as the entries kept. If those two
numbers are equal, so are all the numbers between them. :mod:`eventschema.core._accept` is the compiled version.
"""

from itertools import chain
from typing import Any, Final

_FLAT_DEPTH: Final = 4  # of an empty object in an array in an object in an object
_WHITE_SPACE: Final = b" \t\r\n"  # RFC 8259, section 2


def opening_brackets(text: bytes) -> int:
    """The number of ``[`` and ``{`` in ``text``, strings included: at least the depth of the JSON."""
    # Removing single bytes takes a quarter of the time of counting them.
    return len(text) - len(text.replace(b"{", b"").replace(b"[", b""))


def has_repeated_key(text: bytes, value: Any) -> bool:
    """Whether an object in the JSON ``text`` has a key twice; ``value`` is what the decoder made of ``text``."""
    most = text.translate(None, _WHITE_SPACE).count(b'":')
    if type(value) is dict and most == len(value) + sum([len(m) for m in value.values() if type(m) is dict]):
        return False
    kept = _entries(value)
    return kept != most and kept != _colons_outside_strings(text)


def any_repeated_key(texts: list[bytes], values: list[Any]) -> bool:
    """Whether :func:`has_repeated_key` is true of any of the ``texts``, each with its one of the ``values``."""
    return any(map(has_repeated_key, texts, values))


def has_one_a_line(text: bytes, values: list[Any]) -> bool:
    """Whether each line of ``text`` is one of the decoded ``values``, and each of these is an object.

    If so, no line is blank, and none has white space around its object. A newline between ``}`` and ``{`` separates two
    objects: inside of an array there would be a comma, and JSON strings contain no newlines.
    """
    count = len(values)
    return (
        set(map(type, values)) == {dict}
        and text.startswith(b"{")
        and text.endswith((b"}\n", b"}"))
        and text.count(b"\n") == count - text.endswith(b"}")
        and text.count(b"}\n{") == count - 1
    )


def is_certainly_flat(text: bytes, values: list[dict[str, Any]], max_depth: int) -> bool:
    """Whether ``values``, one for each line of ``text``, certainly repeat no key and are no deeper than ``max_depth``.

    It is not certain if an object with entries is at the third level or deeper, or if there are many arrays that are
    not values of the first two levels.
    """
    inner = [member for value in values for member in value.values() if type(member) is dict]
    if text.translate(None, _WHITE_SPACE).count(b'":') != sum(map(len, values)) + sum(map(len, inner)):
        return False
    # So the objects further inside have no entries, and only arrays can go deeper.
    spare = max_depth - _FLAT_DEPTH
    arrays = text.count(b"[") if b"[" in text else 0
    if arrays > spare:
        arrays -= sum(type(member) is list for value in chain(values, inner) for member in value.values())
    return arrays <= spare


def _colons_outside_strings(text: bytes) -> int:
    # Without escaped backslashes and then escaped quotation marks, every other quotation mark begins a string.
    parts = text.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')
    return b"".join(parts[::2]).count(b":")


def _entries(value: Any) -> int:
    """The entries of all objects in ``value``."""
    count = 0
    level = [value]
    while level:
        objects = [each for each in level if type(each) is dict]
        arrays = [each for each in level if type(each) is list]
        count += sum(map(len, objects))
        level = [*chain.from_iterable(map(dict.values, objects)), *chain.from_iterable(arrays)]
    return count
