"""The earliest and the latest of dates, and of dateTimes.

DateTimes are ordered by the moments that they stand for; one without an offset counts as UTC. Two of the same moment
are ordered by their texts. So the range does not depend on the order of the values.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from eventschema.core.types import PropertyType


class MomentRange(NamedTuple):
    """The ``earliest`` and the ``latest`` text."""

    earliest: str
    latest: str


def moment_range(texts: Sequence[str], type_: PropertyType) -> MomentRange:
    """The range of some ``texts``, at least one, all dates or all dateTimes."""
    if type_ is PropertyType.DATE or _are_of_one_shape(texts):
        return MomentRange(min(texts), max(texts))
    return MomentRange(min(texts, key=moment), max(texts, key=moment))


def joined(one: MomentRange | None, other: MomentRange | None, type_: PropertyType) -> MomentRange | None:
    """The range of both together, ``None`` if both are ``None``."""
    if one is None or other is None:
        return one or other
    return moment_range([*one, *other], type_)


def _are_of_one_shape(texts: Sequence[str]) -> bool:
    """Whether dateTimes are in the order of their texts: all in UTC, with a ``T`` and ``Z``, and equally long."""
    # A dateTime has at most one Z, at its end: so all are equally long if there is a Z after every so many characters.
    together, length, count = "".join(texts), len(texts[0]), len(texts)
    return (
        together[length - 1 :: length] == "Z" * count
        and len(together) == length * count
        and together.count("Z") == together.count("T") == count
        and "," not in together
    )


def moment(text: str) -> tuple[int, str, str]:
    """A dateTime as seconds in UTC since the first day, the digits of the fraction, and the text: in this order."""
    seconds = date(int(text[:4]), int(text[5:7]), int(text[8:10])).toordinal() * 86_400
    seconds += int(text[11:13]) * 3600 + int(text[14:16]) * 60
    rest = text[16:]
    if rest[:1] == ":":
        seconds += int(rest[1:3])
        rest = rest[3:]
    fraction = ""
    if rest[:1] in {".", ","}:
        digits = len(rest) - 1 - len(rest[1:].lstrip("0123456789"))
        fraction, rest = rest[1 : 1 + digits].rstrip("0"), rest[1 + digits :]
    if rest[:1] in {"+", "-"}:
        offset = int(rest[1:3]) * 3600 + int(rest[3:].lstrip(":") or "0") * 60
        seconds += offset if rest[0] == "-" else -offset
    return seconds, fraction, text
