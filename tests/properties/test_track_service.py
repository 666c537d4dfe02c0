"""A service for track requests answers as a model of it that does not use the library."""

import json
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from eventschema import Contact, ContactChange, EventSchema, SchemaChange, TrackRequest

Record = dict[str, Any]

#: Values of event properties with the type that a reader would give them; no type for what is refused.
VALUES: list[tuple[Any, str | None]] = [
    (True, "bool"),
    (3, "int"),
    (2.5, "float"),
    (4.0, "float"),
    ("text", "string"),
    ("2021-09-01", "date"),
    ([], None),
]
TAKES = {"float": ("float", "int"), "string": ("string", "date")}
EMAILS = ["ann@example.com", "bo@example.com", "BO@EXAMPLE.com"]
PHONE_NUMBERS = ["+12025550100", "+12025550101", "90000000"]


class Model:
    """The model of the service, in plain dicts."""

    def __init__(self) -> None:
        self.contacts: dict[str, Record] = {}
        self.schemas: dict[str, dict[str, str]] = {}

    def track(self, name: str, contact: Record, values: dict[str, tuple[Any, str | None]]) -> list[tuple[str, str]]:
        """Accept a request, or return its errors."""
        contact_errors, found = self.look_up(contact)
        schema = dict(self.schemas.get(name, {}))
        event_errors = []
        for key, (value, type_) in values.items():
            if type_ is None:
                event_errors.append(("unsupported_type", f"/properties/{key}"))
            elif key not in schema:
                schema[key] = type_
            elif type_ not in TAKES.get(schema[key], (schema[key],)) and not (schema[key] == "int" and value == 4.0):
                event_errors.append(("type_conflict", f"/properties/{key}"))
        if contact_errors or event_errors:
            return contact_errors + event_errors
        self.schemas[name] = schema
        self.save(contact, found)
        return []

    def look_up(self, contact: Record) -> tuple[list[tuple[str, str]], list[str]]:
        """The errors of the contact, and the ids of the contacts that match."""
        errors = []
        given = {key: normal(key, contact[key]) for key in ("id", "email", "phoneNumber") if key in contact}
        if not given:
            errors.append(("missing_contact_identifier", "/contact"))
        if given.get("phoneNumber") == "90000000":
            errors.append(("invalid_phone_number", "/contact/phoneNumber"))
            del given["phoneNumber"]
        found = [id_ for id_, record in self.contacts.items() if any(record.get(key) == given[key] for key in given)]
        if "id" in given and given["id"] not in found:
            errors.append(("contact_not_found", "/contact/id"))
        elif len(found) > 1:
            errors.append(("contact_conflict", "/contact"))
        return errors, found

    def save(self, contact: Record, found: list[str]) -> None:
        id_ = found[0] if found else f"c{len(self.contacts) + 1}"
        record = self.contacts.setdefault(id_, {"id": id_})
        for key, value in contact.items():
            if value is None:
                record.pop(key, None)
            else:
                record[key] = normal(key, value)


def normal(key: str, value: Any) -> Any:
    if key == "email":
        local, domain = value.split("@")
        return f"{local}@{domain.lower()}"
    return value


class Service:
    """The service that uses the library. Everything it saves is written as JSON and read back."""

    def __init__(self) -> None:
        self.contacts: dict[str, Contact] = {}
        self.schemas: dict[str, EventSchema] = {}

    def track(self, payload: Record) -> list[tuple[str, str]]:
        request = TrackRequest.parse(payload)
        schema = self.schemas.get(request.event_name or "")
        identifiers = request.contact.identifiers.items()
        matches = [
            contact
            for name, value in identifiers
            for contact in self.contacts.values()
            if contact.identifiers.get(name) == value
        ]
        decision = request.decide(schema, matches)
        if decision.schema_change:
            change = SchemaChange.from_dict(through_json(decision.schema_change))
            assert change.base_version == (None if schema is None else schema.version)
            self.schemas[change.name] = (schema or EventSchema(change.name)).apply(change)
        if decision.contact_change:
            assert decision.contact is not None
            self.save(ContactChange.from_dict(through_json(decision.contact_change)), decision.contact.id)
        return [(error.code, error.pointer) for error in decision.errors]

    def save(self, change: ContactChange, id_: str | None) -> None:
        if id_ is None:
            id_ = f"c{len(self.contacts) + 1}"
            document = change.apply(None).to_dict() | {"id": id_}
            self.contacts[id_] = Contact.from_dict(document)
        else:
            self.contacts[id_] = change.apply(self.contacts[id_])


def through_json(value: Any) -> Any:
    return json.loads(json.dumps(value.to_dict(), allow_nan=False))


def test_the_sample_of_requests_is_as_its_readme_says() -> None:
    sample = Path(__file__).parents[2] / "benchmarks/data/track-requests.ndjson"
    service = Service()
    answers = [service.track(json.loads(line)) for line in sample.read_text(encoding="utf-8").splitlines()]
    assert {number: errors for number, errors in enumerate(answers, 1) if errors} == {
        6: [("type_conflict", "/properties/total")],
        9: [("contact_conflict", "/contact")],
        10: [("contact_not_found", "/contact/id")],
        13: [("invalid_phone_number", "/contact/phoneNumber"), ("unknown_field", "/propertes")],
        15: [
            ("invalid_event_time", "/eventTime"),
            ("missing_contact_identifier", "/contact"),
            ("unsupported_type", "/properties/lines"),
        ],
    }
    assert list(service.contacts) == ["c1", "c2", "c3"]


contact_requests = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["c1", "c2", "c3"]),
        "email": st.sampled_from(EMAILS),
        "phoneNumber": st.sampled_from(PHONE_NUMBERS),
        "a": st.sampled_from([None, 1, 1.0, True, "x", []]),
        "b": st.sampled_from([None, ["x"], ["x", "y"]]),
    },
)


class Tracking(RuleBasedStateMachine):
    """Sequences of requests with a few contacts and events."""

    def __init__(self) -> None:
        super().__init__()
        self.model, self.service = Model(), Service()

    @rule(
        name=st.sampled_from(["order", "visit"]),
        contact=contact_requests,
        values=st.dictionaries(st.sampled_from(["p", "q"]), st.sampled_from(VALUES)),
    )
    def track(self, name: str, contact: Record, values: dict[str, tuple[Any, str | None]]) -> None:
        properties = {key: value for key, (value, _) in values.items()}
        expected = self.model.track(name, contact, values)
        assert self.service.track({"eventName": name, "contact": contact, "properties": properties}) == expected

    @invariant()
    def contacts_agree(self) -> None:
        kept = {
            id_: repr(sorted({**contact.identifiers, **contact.to_dict()["properties"]}.items()))
            for id_, contact in self.service.contacts.items()
        }
        assert kept == {id_: repr(sorted(record.items())) for id_, record in self.model.contacts.items()}

    @invariant()
    def schemas_agree(self) -> None:
        kept = {name: list(schema.properties.items()) for name, schema in self.service.schemas.items()}
        assert kept == {name: list(schema.items()) for name, schema in self.model.schemas.items()}

    @invariant()
    def no_identifier_belongs_to_two(self) -> None:
        held = [item for contact in self.service.contacts.values() for item in contact.identifiers.items()]
        assert len(held) == len(set(held))


TestTracking = Tracking.TestCase
TestTracking.settings = settings(stateful_step_count=20)
