import pickle

import pytest

from eventschema import (
    ContactConflict,
    ContactNotFound,
    InvalidContactId,
    InvalidEmail,
    InvalidEventId,
    InvalidEventName,
    InvalidEventTime,
    InvalidEventVersion,
    InvalidOrigin,
    InvalidPhoneNumber,
    MissingContactIdentifier,
    MissingField,
    UnknownField,
    Violation,
    problem_details,
)

TABLE: list[tuple[Violation, str, str]] = [
    (
        MissingField("/eventName", "eventName"),
        "missing_field",
        "Expected the field eventName, found none, at /eventName.",
    ),
    (
        UnknownField("/a~1b", "a/b"),
        "unknown_field",
        "Expected only the fields of a request, found the field a/b, at /a~1b.",
    ),
    (
        InvalidEventName("/eventName", "too_long"),
        "invalid_event_name",
        ("Expected an event name within the limit and without control characters, found longer text, at /eventName."),
    ),
    (
        InvalidEventTime("/eventTime"),
        "invalid_event_time",
        (
            "Expected a dateTime in the extended format of ISO 8601, within the length limit of texts, "
            "found another value, at /eventTime."
        ),
    ),
    (
        InvalidEventId("/eventID"),
        "invalid_event_id",
        "Expected a UUID of 8-4-4-4-12 hex digits, found another value, at /eventID.",
    ),
    (
        InvalidOrigin("/origin"),
        "invalid_origin",
        "Expected text of at most 255 characters without control characters, found another value, at /origin.",
    ),
    (
        InvalidEventVersion("/eventVersion"),
        "invalid_event_version",
        "Expected text of at most 255 characters without control characters, found another value, at /eventVersion.",
    ),
    (
        MissingContactIdentifier("/contact"),
        "missing_contact_identifier",
        "Expected a contact with id, email or phoneNumber, found none of them, at /contact.",
    ),
    (
        InvalidContactId("/contact/id"),
        "invalid_contact_id",
        "Expected text of 1 to 255 characters without control characters, found another value, at /contact/id.",
    ),
    (
        InvalidEmail("/contact/email", "no_at"),
        "invalid_email",
        "Expected an email address, found text without @, at /contact/email.",
    ),
    (
        InvalidPhoneNumber("/contact/phoneNumber", "no_plus"),
        "invalid_phone_number",
        (
            "Expected an E.164 phone number: + and 2 to 15 digits, the first not 0, "
            "found text without + at its beginning, at /contact/phoneNumber."
        ),
    ),
    (
        ContactNotFound("/contact/id"),
        "contact_not_found",
        "Expected a contact that exists, found none, at /contact/id.",
    ),
    (
        ContactConflict("/contact", ("email", "phoneNumber")),
        "contact_conflict",
        "Expected identifiers of one contact, found different contacts by email, phoneNumber, at /contact.",
    ),
]
ids = [code for _, code, _ in TABLE]


@pytest.mark.parametrize(("violation", "code", "message"), TABLE, ids=ids)
def test_code_and_message(violation: Violation, code: str, message: str) -> None:
    assert (violation.code, violation.message) == (code, message)


@pytest.mark.parametrize(("violation", "code", "message"), TABLE, ids=ids)
def test_document(violation: Violation, code: str, message: str) -> None:
    document = violation.to_dict()
    assert {name: document[name] for name in document if name not in ("field", "identifiers", "reason")} == {
        "code": code,
        "pointer": violation.pointer,
        "message": message,
    }


def test_further_fields() -> None:
    match MissingField("/contact", "contact"), UnknownField("/x", "x"), ContactConflict("/contact", ("id", "email")):
        case MissingField("/contact", missing), UnknownField("/x", unknown), ContactConflict("/contact", identifiers):
            assert (missing, unknown, identifiers) == ("contact", "x", ("id", "email"))
        case _:
            pytest.fail("the patterns take the violations apart")
    assert MissingField("/contact", "contact").to_dict()["field"] == "contact"
    assert ContactConflict("/contact", ("id", "email")).to_dict()["identifiers"] == ["id", "email"]


@pytest.mark.parametrize("number", range(len(TABLE)), ids=ids)
def test_violations_are_values(number: int) -> None:
    violation = TABLE[number][0]
    copy = pickle.loads(pickle.dumps(violation))
    assert copy == violation
    assert hash(copy) == hash(violation)
    assert repr(copy) == repr(violation)
    assert all(violation != other for at, (other, _, _) in enumerate(TABLE) if at != number)
    with pytest.raises(AttributeError):
        violation.pointer = ""  # type: ignore[misc]  # what must not be done


def test_a_field_is_part_of_the_value() -> None:
    assert UnknownField("/x", "x") != UnknownField("/x", "y")
    assert UnknownField("/x", "x") != MissingField("/x", "x")
    assert ContactConflict("/contact", ("id",)) != ContactConflict("/contact", ("email",))


def test_a_field_of_no_name_can_be_read_of() -> None:
    empty = "the field with an empty name"
    assert MissingField("/", "").message == f"Expected {empty}, found none, at /."
    assert UnknownField("/", "").message == f"Expected only the fields of a request, found {empty}, at /."


def test_codes_are_one_for_each_class() -> None:
    assert len({type(violation) for violation, _, _ in TABLE}) == len(set(ids)) == len(TABLE)


def test_problem_details_of_a_request() -> None:
    body = problem_details([violation for violation, _, _ in TABLE])
    assert body["status"] == 422
    assert body["errors"] == [violation.to_dict() for violation, _, _ in TABLE]
    assert body["errors"][-1]["identifiers"] == ["email", "phoneNumber"]
