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
