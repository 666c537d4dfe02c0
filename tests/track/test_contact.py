import json
import pickle
import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from eventschema import (
    Contact,
    ContactChange,
    ContactConflict,
    ContactNotFound,
    ContactRequest,
    EventRejected,
    FrozenDict,
)
from eventschema.track.contact import find_contact
from tests.support import same

ANN = Contact("c1", "ann@example.com", "+12025550100", {"city": "Oslo", "tags": ("a", "b"), "visits": 1, "vip": True})
CHANGE = ContactChange("update", {"email": "bo@example.org"}, {"city": "Bergen", "since": "2021-09-01"}, ("tags", "no"))


class Name(str):
    __slots__ = ()


class Count(int):
    pass


class Share(float):
    pass


def test_a_contact_is_a_snapshot() -> None:
    tags = ["a"]
    properties: dict[str, Any] = {"tags": tags}
    contact = Contact(properties=properties)
    tags.append("b")
    properties["more"] = 1
    assert contact.properties == {"tags": ("a",)}
    assert isinstance(contact.properties, FrozenDict)
    with pytest.raises(FrozenInstanceError):
        contact.id = "c1"  # type: ignore[misc]  # what must not be done


def test_a_contact_holds_plain_values() -> None:
    contact = Contact(Name("c1"), properties={Name("a"): Name("x"), "b": (Name("y"),)})
    assert list(map(type, contact.properties)) == [str, str]
    assert list(map(type, ContactChange("update", removed=(Name("a"),)).removed)) == [str]
    values = [contact.id, contact.properties["a"], *contact.properties["b"]]  # type: ignore[misc]  # of any type
    assert [type(value) for value in values] == [str, str, str]
    numbers = Contact(properties={"a": Count(7), "b": Share(0.5), "c": True}).properties
    assert list(map(same, numbers.values())) == list(map(same, [7, 0.5, True]))


def test_identifiers_are_those_that_a_contact_has() -> None:
    assert list(ANN.identifiers.items()) == [
        ("id", "c1"),
        ("email", "ann@example.com"),
        ("phoneNumber", "+12025550100"),
    ]
    assert replace(ANN, email=None).identifiers == {"id": "c1", "phoneNumber": "+12025550100"}
    assert Contact().identifiers == {}


def test_documents() -> None:
    assert ANN.to_dict() == {
        "format": 1,
        "id": "c1",
        "email": "ann@example.com",
        "phoneNumber": "+12025550100",
        "properties": {"city": "Oslo", "tags": ["a", "b"], "visits": 1, "vip": True},
    }
    assert CHANGE.to_dict() == {
        "format": 1,
        "kind": "update",
        "identifiers": {"email": "bo@example.org"},
        "set": {"city": "Bergen", "since": "2021-09-01"},
        "removed": ["tags", "no"],
    }


@pytest.mark.parametrize("value", [ANN, Contact(), CHANGE, ContactChange("create"), ContactRequest()])
def test_values(value: Any) -> None:
    copy = pickle.loads(pickle.dumps(value))
    assert copy == value
    assert hash(copy) == hash(value)
    if hasattr(value, "to_dict"):
        assert type(value).from_dict(json.loads(json.dumps(value.to_dict()))) == value


CONTACT = ANN.to_dict()
FAULTS: list[tuple[Callable[[Any], object], Any, str]] = [
    (Contact.from_dict, [], "Expected an object, found array, at the root."),
    (Contact.from_dict, {"format": 1}, "Expected the field id, found none, at the root."),
    (Contact.from_dict, CONTACT | {"format": 2}, "Expected 1, found 2, at /format."),
    (Contact.from_dict, CONTACT | {"id": 7}, "Expected text, found int, at /id."),
    (
        Contact.from_dict,
        CONTACT | {"email": "\ud800"},
        "Expected text that can be encoded as UTF-8, found lone surrogates, at /email.",
    ),
    (Contact.from_dict, CONTACT | {"phoneNumber": True}, "Expected text, found bool, at /phoneNumber."),
    (
        Contact.from_dict,
        CONTACT | {"properties": []},
        "Expected an object of names and values, found array, at /properties.",
    ),
    (
        Contact.from_dict,
        CONTACT | {"properties": {"a b": 1}},
        "Expected a name of latin letters, digits and _, found another, at /properties/a b.",
    ),
    (
        Contact.from_dict,
        CONTACT | {"properties": {"a": None}},
        "Expected a bool, a number or text, found null, at /properties/a.",
    ),
    (
        Contact.from_dict,
        CONTACT | {"properties": {"a": float("nan")}},
        "Expected a bool, a number or text, found float, at /properties/a.",
    ),
    (
        Contact.from_dict,
        CONTACT | {"properties": {"a": "\ud800"}},
        "Expected text that can be encoded as UTF-8, found lone surrogates, at /properties/a.",
    ),
    (
        Contact.from_dict,
        CONTACT | {"properties": {"a": ["x", 1]}},
        "Expected text, found int, at /properties/a/1.",
    ),
    (ContactChange.from_dict, None, "Expected an object, found null, at the root."),
    (
        ContactChange.from_dict,
        CHANGE.to_dict() | {"more": 1},
        "Expected only format, kind, identifiers, set, removed, found another field, at /more.",
    ),
    (ContactChange.from_dict, CHANGE.to_dict() | {"format": True}, "Expected 1, found bool, at /format."),
    (
        ContactChange.from_dict,
        CHANGE.to_dict() | {"kind": "delete"},
        "Expected create or update, found string, at /kind.",
    ),
    (ContactChange.from_dict, CHANGE.to_dict() | {"kind": []}, "Expected create or update, found array, at /kind."),
    (
        ContactChange.from_dict,
        CHANGE.to_dict() | {"identifiers": []},
        "Expected an object of identifiers, found array, at /identifiers.",
    ),
    (
        ContactChange.from_dict,
        CHANGE.to_dict() | {"identifiers": {"id": "c1"}},
        "Expected only email, phoneNumber, found another field, at /identifiers/id.",
    ),
    (
        ContactChange.from_dict,
        CHANGE.to_dict() | {"identifiers": {"email": None}},
        "Expected text, found null, at /identifiers/email.",
    ),
    (
        ContactChange.from_dict,
        CHANGE.to_dict() | {"set": 1},
        "Expected an object of names and values, found int, at /set.",
    ),
    (
        ContactChange.from_dict,
        CHANGE.to_dict() | {"removed": "tags"},
        "Expected an array of names, found string, at /removed.",
    ),
    (
        ContactChange.from_dict,
        CHANGE.to_dict() | {"removed": [None]},
        "Expected a name of latin letters, digits and _, found another, at /removed/0.",
    ),
    (
        ContactChange.from_dict,
        CHANGE.to_dict() | {"removed": ["a", "a b"]},
        "Expected a name of latin letters, digits and _, found another, at /removed/1.",
    ),
]


@pytest.mark.parametrize(("read", "document", "message"), FAULTS, ids=[message for _, _, message in FAULTS])
def test_a_document_that_is_none(read: Callable[[Any], object], document: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read(document)


def test_no_document_fault_shows_a_value() -> None:
    with pytest.raises(ValueError, match="found bytes") as caught:
        Contact(properties={"secret": b"ann@example.com"})  # type: ignore[dict-item]  # what must not be done
    assert "ann" not in str(caught.value)


def test_an_update_leaves_what_it_does_not_name() -> None:
    after = CHANGE.apply(ANN)
    expected: dict[str, Any] = {"city": "Bergen", "visits": 1, "vip": True, "since": "2021-09-01"}
    assert after == Contact("c1", "bo@example.org", "+12025550100", expected)
    assert list(after.properties) == ["city", "visits", "vip", "since"]
    assert ContactChange("update").apply(ANN) == ANN


def test_a_created_contact_has_no_id() -> None:
    change = ContactChange("create", {"phoneNumber": "+12"}, {"a": ("x",)})
    assert change.apply(None) == Contact(None, None, "+12", {"a": ("x",)})


def test_an_update_of_nobody_is_refused() -> None:
    with pytest.raises(EventRejected) as caught:
        CHANGE.apply(None)
    assert caught.value.errors == (ContactNotFound("/contact"),)


def test_a_creation_over_a_contact_is_refused() -> None:
    with pytest.raises(ValueError, match="expected no contact, since the change creates one, found one"):
        ContactChange("create", {"email": "ann@example.com"}).apply(ANN)


def test_contacts_without_an_id_match_only_if_equal() -> None:
    one, other = Contact(email="ann@example.com"), Contact(phone_number="+12025550100")
    identifiers = {"email": "ann@example.com", "phoneNumber": "+12025550100"}
    assert find_contact(identifiers, [one, one]) == one
    assert find_contact(identifiers, [one, other]) == ContactConflict("/contact", ("email", "phoneNumber"))


def test_a_field_too_many_is_refused_at_its_place() -> None:
    with pytest.raises(ValueError, match=r", at /more\.$"):
        Contact.from_dict({**Contact().to_dict(), "more": 1})


def test_who_is_created_twice_is_told_so() -> None:
    with pytest.raises(ValueError, match=r"^expected no contact, since the change creates one, found one$"):
        ContactChange("create").apply(Contact())
