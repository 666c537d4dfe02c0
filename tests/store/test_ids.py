"""The ids of contacts and events."""

from itertools import count
from time import time
from uuid import RFC_4122, UUID

import pytest

from eventschema.store.ids import new_ids, time_ordered


@pytest.mark.parametrize(
    ("milliseconds", "start"),
    [
        (0x017F22E279B0, "017f22e2-79b0-7"),  # the example of RFC 9562, appendix A.6
        (0, "00000000-0000-7"),
        (1, "00000000-0001-7"),
        (2**48 - 1, "ffffffff-ffff-7"),
    ],
)
def test_an_id_begins_with_its_time(milliseconds: int, start: str) -> None:
    id_ = time_ordered(milliseconds)
    assert id_.startswith(start)
    assert str(UUID(id_)) == id_
    assert (UUID(id_).version, UUID(id_).variant) == (7, RFC_4122)


def test_all_other_bits_are_random() -> None:
    ids = [UUID(time_ordered(0x017F22E279B0)).int for _ in range(200)]
    assert len(set(ids)) == 200
    ever, always = 0, -1
    for id_ in ids:
        ever, always = ever | id_, always & id_
    assert ever & ~always == 2**80 - 1 - (0xF << 76) - (0b11 << 62)


def test_the_id_of_an_event_has_the_present_time() -> None:
    before = time()
    milliseconds = UUID(new_ids(None).of_event()).int >> 80
    assert int(before * 1000) <= milliseconds <= time() * 1000


def test_ids_of_contacts_say_nothing() -> None:
    id_ = new_ids(None).of_contact()
    assert len(id_) == 32
    assert UUID(id_).version == 4


def test_ids_that_are_given_are_used_for_both() -> None:
    numbers = count(1)
    ids = new_ids(lambda: UUID(int=next(numbers)))
    assert ids.of_event() == "00000000-0000-0000-0000-000000000001"
    assert ids.of_contact() == "00000000000000000000000000000002"
