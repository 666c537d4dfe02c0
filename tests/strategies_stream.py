"""Hypothesis strategies for lines and files of events, valid and damaged, and for any bytes."""

import io
import json
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from eventschema.stream.envelopes import Envelope
from eventschema.stream.mapping import Mapping
from eventschema.stream.reading import UnreadableSourceError, read_stream

NAMES = ["order", "cart", "visit"]
PROPERTIES = ["total", "count", "email", "when", "note", "bad name", ""]

# A chosen alphabet, since Hypothesis takes a second to build its tables of all characters in a fresh checkout.
texts = st.text('aZ09_ -/~"\\\n\x00\x7f\x80\u00e9\u2028\ud7ff\U0001f600', max_size=5)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([0, 1, 10, 2**53 + 1, 1.5, 10.0, -0.0, 1e300])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "text", "2026-11-23", "2026-11-23T10:00Z", "a@b.co", "https://a.example/x", "\u00e9", "\U0001f600"]
    )
    | texts
)

json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)

properties: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(PROPERTIES), scalars | st.just([]), max_size=4
)


#: How lines have their events, and what becomes of their properties.
ENVELOPES = st.sampled_from(
    [
        Envelope(),
        Envelope(event="order"),
        Envelope(event_from_source=True),
        Envelope(event_keys=("eventName",), only=(("eventName", "order"),)),
        Envelope(flat=True, left_out=frozenset({"x"})),
        Envelope(json_properties=True, mapping=Mapping(objects="flatten", arrays="json", names="snake_case")),
        Envelope(mapping=Mapping(arrays="drop", names="lawful", nulls="drop", max_values=3)),
    ]
)


def as_line(value: Any) -> bytes:
    return json.dumps(value).encode()


events = st.builds(lambda name, held: {"eventName": name, "properties": held}, st.sampled_from(NAMES), properties)
event_lines = events.map(as_line)

odd_lines = (
    st.sampled_from(
        [b"", b" ", b"\t\r", b"{", b"[1]", b"null", b"\xff", b"\xef\xbb\xbf{}", b'{"eventName":""}', b"{}", b"\r"]
    )
    | st.sampled_from(
        [b'{"eventName":"order","properties":' + p + b"}" for p in (b"null", b"[]", b"1", b'{"a":1e999}')]
    )
    | st.binary(max_size=12).map(lambda data: data.replace(b"\n", b"").replace(b"\x1f\x8b", b""))
)

lines = event_lines | odd_lines


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """The bytes of a file: lines, with or without a byte order mark before and a newline after the last."""
    body = b"\n".join(draw(st.lists(lines, max_size=8)))
    data = draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + body + draw(st.sampled_from([b"", b"\n", b"\n\n"]))
    assume(is_of_lines(data))
    return data


def is_of_lines(data: bytes) -> bool:
    """Whether a file is read as JSON Lines, and not recognised as another format."""
    try:
        list(read_stream(io.BytesIO(data), "file"))
    except UnreadableSourceError:
        return False
    return True


class Trickle(io.RawIOBase):
    """A binary file that returns only a few bytes at each read, as a slow pipe does."""

    def __init__(self, data: bytes, at_once: int) -> None:
        self._data = io.BytesIO(data)
        self._at_once = at_once

    def read(self, size: int | None = -1) -> bytes:
        return self._data.read(size)

    def read1(self, size: int) -> bytes:
        return self._data.read(min(size, self._at_once))
