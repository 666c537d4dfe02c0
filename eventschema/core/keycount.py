"""Whether a key stands twice in a JSON object, told from the text and from what a decoder made of it.

Decoders keep the last of equal keys without a word (RFC 8259, section 4, lets them). But each entry of an object, as it
is written, has one colon outside of the strings, so where there are more such colons than entries that the decoder
kept, a key stood twice. How the keys are escaped is the decoder's business: it knows which are equal.

Counting is cheap in the ordinary case, and exact only where that leaves a doubt. Once white space is taken out, a colon
outside of the strings comes after a quotation mark, so such colons are at least as many as the entries written; the
entries of the outermost object and of the objects in it are at most as many as the entries kept. Where those two
numbers are equal, everything between them is. This is the plain way; :mod:`eventschema.core._accept` has the same,
compiled.
"""

from itertools import chain
from typing import Any, Final

_FLAT_DEPTH: Final = 4  # of an empty object in an array in an object in an object
_WHITE_SPACE: Final = b" \t\r\n"  # RFC 8259, section 2


def opening_brackets(text: bytes) -> int:
    """How many ``[`` and ``{`` stand in ``text``, those inside of strings among them: at least its depth as JSON."""
    return text.count(b"{") + (text.count(b"[") if b"[" in text else 0)


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
    """Whether each line of ``text`` is one of ``values``, which a decoder found in it, and each of these is an object.

    No line is blank then, and none has white space around its object. A newline between two brackets stands between
    two objects: JSON has a comma between them inside of anything else, and no newline inside of a string.
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
    """Whether in the objects ``values``, the lines of the JSON ``text``, certainly no key stands twice.

    And whether they are certainly nested no deeper than ``max_depth``. Not certain where an object with entries stands
    in one that is itself inside of another; there may be few arrays, or many that are values of such objects.
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
