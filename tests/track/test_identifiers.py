"""``normalise_identifiers``: the identifiers of a contact as people write them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventschema import EventRejected, TrackRequest, normalise_identifiers
from tests.strategies_track import EMAILS

WRITTEN: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({}, {}),
    ({"id": " c1 "}, {"id": " c1 "}),
    ({"email": "  Ann@EXAMPLE.com "}, {"email": "Ann@example.com"}),
    ({"email": "INFO@example.com"}, {"email": "info@example.com"}),
    ({"phoneNumber": "+12025550100"}, {"phoneNumber": "+12025550100"}),
    ({"phoneNumber": " +1 (202) 555-01.00 "}, {"phoneNumber": "+12025550100"}),
    ({"phoneNumber": "+" + " 1" * 15}, {"phoneNumber": "+" + "1" * 15}),
    ({"phoneNumber": "+1" + " " * 61 + "2"}, {"phoneNumber": "+12"}),
    (
        {"phoneNumber": "+12", "email": "a@example.com", "id": "c"},
        {"id": "c", "email": "a@example.com", "phoneNumber": "+12"},
    ),
]

INVALID: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"id": ""}, [("invalid_contact_id", "/id")]),
    ({"email": "a@", "phoneNumber": "202"}, [("invalid_email", "/email"), ("invalid_phone_number", "/phoneNumber")]),
    ({"email": None}, [("invalid_email", "/email")]),
    *(
        ({"phoneNumber": text}, [("invalid_phone_number", "/phoneNumber")])
        for text in (
            "+44 (0)20 7946 0000",
            "+44 ( 0)20 7946 0000",
            "+49 (030) 1234",
            "0049 30 1234",
            "tel:+12025550100",
            "+1/202/5550100",
            "+1\u00a0202",
            "+" + "1" * 16,
            "+1" + " " * 62 + "2",
            5,
        )
    ),
]


@pytest.mark.parametrize(("given_", "expected"), WRITTEN)
def test_identifiers_as_people_write_them(given_: dict[str, Any], expected: dict[str, str]) -> None:
    normal = normalise_identifiers(given_)
    assert list(normal.items()) == list(expected.items())
    assert normalise_identifiers(normal) == normal


@pytest.mark.parametrize(("given_", "expected"), INVALID)
def test_invalid_identifiers_are_all_reported(given_: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    with pytest.raises(EventRejected) as caught:
        normalise_identifiers(given_)
    assert [(error.code, error.pointer) for error in caught.value.errors] == expected


def test_identifiers_have_three_names() -> None:
    with pytest.raises(ValueError, match="expected only the identifiers id, email, phoneNumber, found 'mail'"):
        normalise_identifiers({"mail": "a@example.com"})
    with pytest.raises(TypeError, match="expected a mapping of identifiers, found str"):
        normalise_identifiers("a@example.com")  # type: ignore[arg-type]  # what must not be done


@given(st.fixed_dictionaries({}, optional={"id": st.text(max_size=3), "email": st.sampled_from(EMAILS) | st.text()}))
def test_what_a_request_accepts_is_normalised_alike(identifiers: dict[str, str]) -> None:
    request = TrackRequest.parse({"eventName": "order", "contact": identifiers})
    if request.errors == () and identifiers:
        assert normalise_identifiers(identifiers) == request.contact.identifiers
