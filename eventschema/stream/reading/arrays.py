"""Splits one JSON array into its elements, each as a line of JSON, without holding more than an element in memory.

Only strings and brackets are looked at, since those say where an element ends. The bytes of an element are passed on as
they are; the decoder says whether they are JSON. The number of an element, from 1, is used as the number of its line.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from eventschema.core.violations import MalformedRequest
from eventschema.stream.reading.texts import Text

_STRING: Final = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
# A whole object without any other in it, a whole string, a quotation mark whose string does not end in the text at
# hand, or a character of the structure.
_TOKEN: Final = re.compile(rb'\{[^][{}"]*(?:%b[^][{}"]*)*\}|%b|[][{},"]' % (_STRING, _STRING), re.DOTALL)
_REST_OF_STRING: Final = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
_STRING_OR_NEWLINE: Final = re.compile(rb"%b|[\r\n]+" % _STRING, re.DOTALL)
_SPACE: Final = b" \t\r\n"
_OPENING: Final = b"[{"
_CLOSING: Final = b"]}"
_COMMA: Final = ord(",")
_QUOTE: Final = ord('"')
_RAW_NEWLINE: Final = b'"'  # in place of a string with a raw newline: neither is JSON (RFC 8259, section 7)


class ArrayError(ValueError):
    """An array does not end."""

    def __init__(self) -> None:
        super().__init__("the JSON array does not end")


def split_array(chunks: Iterable[bytes], limit: int) -> Iterator[Text]:
    """The elements of the array in ``chunks``, each as a line; one of more than ``limit`` bytes as their number.

    Text after the array gives one more line, which is an error. Raises :class:`ArrayError`, after all complete
    elements, if the array does not end.
    """
    scanner = _Scanner(limit)
    for chunk in chunks:
        yield from scanner.feed(chunk)
    yield from scanner.finish()


class _Scanner:
    """Finds the ends of elements. Each byte is looked at once, however the text is divided into chunks.

    ``_held`` is the text from the beginning of the present element on, and ``_seen`` how much of it was looked at. Of
    an element over the limit only what was not looked at is held, and ``_dropped`` is the number of its other bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._seen = 0
        self._dropped = 0
        self._depth = 0
        self._in_string = False
        self._is_first = True
        self._has_ended = False
        self._after = b""  # the first character of what follows the array

    def feed(self, chunk: bytes) -> Iterator[Text]:
        """The elements that end in ``chunk``."""
        if self._has_ended:
            self._after = (self._after + chunk).lstrip(_SPACE)[:1]
            return
        self._held += chunk
        if not self._in_string or self._ends_string():
            yield from self._scan()
        if len(self._held) > self._limit + 2 and not self._has_ended:
            self._dropped += self._seen
            del self._held[: self._seen]
            self._seen = 0

    def _scan(self) -> Iterator[Text]:
        """The elements that end in the text at hand, from where it was not looked at."""
        start = 0
        text = bytes(self._held)
        for token in _TOKEN.finditer(text, self._seen):
            end = self._seen = token.end()
            kind = text[token.start()] if end == token.start() + 1 else 0  # 0: a whole object or string
            if kind in _OPENING:
                self._depth += 1
                if self._depth == 1:
                    start = end
            elif kind in _CLOSING:
                self._depth -= 1
                if self._depth == 0:
                    yield from self._element(text[start : token.start()], is_last=True)
                    self._has_ended = True
                    self._after = text[end:].lstrip(_SPACE)[:1]
                    return
            elif kind == _COMMA and self._depth == 1:
                yield from self._element(text[start : token.start()])
                start = end
            elif kind == _QUOTE:  # of a string that goes on in the next chunk
                self._ends_string()
                break
        else:
            self._seen = len(text)
        del self._held[:start]
        self._seen -= start

    def _ends_string(self) -> bool:
        """Look for the end of the string that the text at hand is in; returns whether it is there."""
        found = _REST_OF_STRING.match(self._held, self._seen)
        end = found.end() if found else self._seen
        self._in_string = self._held[end : end + 1] != b'"'  # else a backslash, which is looked at again, or the end
        self._seen = end if self._in_string else end + 1
        return not self._in_string

    def finish(self) -> Iterator[Text]:
        """What is left at the end of the text. Raises :class:`ArrayError`."""
        if not self._has_ended:
            raise ArrayError
        if self._after:
            yield MalformedRequest("", "the end of the file after its JSON array", "more text")

    def _element(self, text: bytes, *, is_last: bool = False) -> Iterator[Text]:
        if self._dropped:
            yield self._dropped + len(text)
            self._dropped = 0
        else:
            element = text.strip(_SPACE)
            if len(element) > self._limit:
                yield len(element)
            elif element or not (is_last and self._is_first):  # an empty array has no element
                yield (_on_one_line(element) if b"\n" in element or b"\r" in element else element or b",") + b"\n"
        self._is_first = False


def _on_one_line(element: bytes) -> bytes:
    line = _STRING_OR_NEWLINE.sub(lambda found: found[0] if found[0][:1] == b'"' else b" ", element)
    return _RAW_NEWLINE if b"\n" in line or b"\r" in line else line
