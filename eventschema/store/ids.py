"""The ids that ``SQLStore`` gives to contacts, and to events that come without one."""

from collections.abc import Callable
from os import urandom
from time import time_ns
from typing import Final, NamedTuple
from uuid import UUID, uuid4

_VERSION_AND_VARIANT: Final = 0x7 << 76 | 0b10 << 62
_RANDOM: Final = ~(0xF << 76 | 0b11 << 62)


class NewIds(NamedTuple):
    """What makes the ids of contacts, of 32 hex digits, and those of events."""

    of_contact: Callable[[], str]
    of_event: Callable[[], str]


def new_ids(new_id: Callable[[], UUID] | None) -> NewIds:
    """Ids made by ``new_id``.

    ``None``: UUIDs of version 4 for contacts, and of version 7 for events. These begin with the present time, so that
    events which are saved together are together in the index of the table too: it takes fewer pages to write them.
    """
    if new_id is None:
        return NewIds(lambda: uuid4().hex, lambda: time_ordered(time_ns() // 1_000_000))
    return NewIds(lambda: new_id().hex, lambda: str(new_id()))


def time_ordered(milliseconds: int) -> str:
    """A UUID of version 7 (RFC 9562, section 5.7): ``milliseconds`` since 1970, below 2**48, and 74 random bits."""
    number = milliseconds << 80 | int.from_bytes(urandom(10)) & _RANDOM | _VERSION_AND_VARIANT
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
