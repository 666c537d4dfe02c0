"""``types``: the words of the eight types, and the table of the types whose values each one accepts."""

import pickle

import pytest

from eventschema import PropertyType
from eventschema.core.types import ACCEPTED_TYPES, TEXT_TYPES
from tests.support import load_cases

PAIRS = load_cases("values")["pairs"]


def test_the_eight_types_and_their_words() -> None:
    words = {"BOOL": "bool", "INT": "int", "FLOAT": "float", "STRING": "string"}
    formats = {"DATE": "date", "DATETIME": "dateTime", "EMAIL": "email", "URL": "url"}
    assert {member.name: str(member) for member in PropertyType} == words | formats


@pytest.mark.parametrize("member", PropertyType)
def test_a_member_is_its_word(member: PropertyType) -> None:
    assert member == member.value
    assert f"{member}" == member.value
    assert PropertyType(member.value) is member
    assert pickle.loads(pickle.dumps(member)) is member


def test_no_other_word_is_a_type() -> None:
    expected = "expected one of bool, int, float, string, date, dateTime, email, url, found"
    for word in ("", "Bool", "datetime", "DATE", "integer", "null", "x" * 128):
        with pytest.raises(ValueError, match=f"^{expected} '{word}'$"):
            PropertyType(word)
    for other, found in ((None, "NoneType"), (5, "int"), ("x" * 129, "str")):
        with pytest.raises(ValueError, match=f"^{expected} {found}$"):
            PropertyType(other)  # type: ignore[arg-type]  # that is the mistake


def test_takes_is_the_table_of_the_cases() -> None:
    order = PAIRS["order"]
    table = {
        word: {order[at] for at, verdict in enumerate(row) if verdict == "taken"}
        for word, row in PAIRS["conform"].items()
    }
    assert {str(expected): set(map(str, taken)) for expected, taken in ACCEPTED_TYPES.items()} == table


def test_takes_is_read_only() -> None:
    with pytest.raises(TypeError):
        ACCEPTED_TYPES[PropertyType.INT] = frozenset()  # type: ignore[index]  # what must not be done


def test_text_types_are_those_that_a_string_takes() -> None:
    assert set(TEXT_TYPES) == ACCEPTED_TYPES[PropertyType.STRING]
    assert TEXT_TYPES[-1] is PropertyType.STRING
