"""What every store promises, held to by each of them: in memory, on SQLite, on PostgreSQL."""

from datetime import UTC
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete

from eventschema import Contact, EventSchema, PropertyType, SchemaChange, TrackedEvent, TrackRequest
from eventschema.core.frozen import EMPTY, FrozenDict
from eventschema.store import MemoryStore, NotSaved, Saved, SchemaRegistry, Work
from eventschema.store.sql import SQLStore
from eventschema.store.tables import metadata
from tests.laws.test_track_service import EMAILS, PHONE_NUMBERS, VALUES, Model, Record, normal

AnyStore = MemoryStore | SQLStore
ANN = {"email": "ann@example.com"}
EVENT_ID = "00000000-0000-0000-0000-00000000000a"


def work(
    contact: Record = ANN,
    schema: EventSchema | None = None,
    matches: tuple[Contact, ...] = (),
    event_id: str | None = None,
    **properties: Any,
) -> Work:
    payload = {"eventName": "order", "contact": contact, "properties": properties, "eventID": event_id}
    request = TrackRequest.parse(payload)
    decision = request.decide(schema, matches)
    decision.raise_for_errors()
    return Work.of(request, decision, matches, "me")


def saved(outcome: Saved | NotSaved) -> Saved:
    assert isinstance(outcome, Saved)
    return outcome


def change(base_version: int | None, **added: str) -> SchemaChange:
    return SchemaChange("order", base_version, FrozenDict({name: PropertyType(type_) for name, type_ in added.items()}))


def test_an_empty_store(store: AnyStore) -> None:
    assert store.load("order") is None
    assert store.history("order") == ()
    assert store.find({}) == ()
    assert store.find({"id": "x", **ANN, "phoneNumber": "+12025550100"}) == ()
    assert not store.seen(EVENT_ID)
    assert not store.erase("x")
    assert list(store.events()) == []


def test_a_schema_is_saved_on_the_version_that_it_is_based_on(store: AnyStore) -> None:
    assert not store.save(change(0, total="float"))
    assert store.save(change(None, total="float"), "ann")
    assert not store.save(change(None, total="float"))
    assert not store.save(change(0, other="int"))
    assert not store.save(change(2, other="int"))
    assert store.save(change(1, other="int"), "bo")
    expected = EventSchema("order").apply(change(0, total="float")).apply(change(1, other="int"))
    assert store.load("order") == expected
    assert [(record.version, dict(record.added), record.who) for record in store.history("order")] == [
        (0, {}, "ann"),
        (1, {"total": "float"}, "ann"),
        (2, {"other": "int"}, "bo"),
    ]


def test_a_change_that_adds_what_is_there_is_not_saved(store: AnyStore) -> None:
    assert store.save(change(None, total="float"))
    assert not store.save(change(1, total="string", other="int"))
    assert store.load("order") == EventSchema("order").apply(change(0, total="float"))


def test_a_schema_without_properties(store: AnyStore) -> None:
    assert store.save(change(None))
    assert store.load("order") == EventSchema("order")


def test_a_declaration(store: AnyStore) -> None:
    declared = EventSchema("order", {"b": "int", "a": "float"}).apply(change(0, d="date", c="url"))
    assert store.declare(declared, "ann")
    assert not store.declare(EventSchema("order"))
    loaded = store.load("order")
    assert loaded == declared
    assert list(loaded.properties) == ["b", "a", "d", "c"]
    assert [dict(record.added) for record in store.history("order")] == [
        {"b": "int", "a": "float"},
        {"d": "date", "c": "url"},
    ]
    assert store.history("order")[0].event_id is None
    assert store.history("order")[0].at.tzinfo is UTC


def test_a_request_is_saved_whole(store: AnyStore) -> None:
    outcome = saved(store.commit(work({**ANN, "tags": ["a", "b\0"]}, total=1.5, note="\0\x1f\U0001f600")))
    contact = Contact(outcome.contact_id, "ann@example.com", None, FrozenDict({"tags": ("a", "b\0")}))
    assert store.find({"id": outcome.contact_id, **ANN}) == (contact,)
    assert list(store.events()) == [
        TrackedEvent(
            "order",
            FrozenDict({"total": 1.5, "note": "\0\x1f\U0001f600"}),
            contact.identifiers,
            None,
            outcome.event_id,
        )
    ]
    assert store.seen(outcome.event_id)
    assert [record.event_id for record in store.history("order")] == [outcome.event_id] * 2
    assert UUID(outcome.event_id).version == UUID(outcome.contact_id).version == 4
    assert "-" not in outcome.contact_id


def test_of_a_stale_schema_nothing_is_saved(store: AnyStore) -> None:
    store.commit(work(total=1.5))
    before = list(store.events())
    assert store.commit(work({"email": "bo@example.com"}, other=1)) is NotSaved.STALE
    assert store.find({"email": "bo@example.com"}) == ()
    assert store.load("order") == EventSchema("order").apply(change(0, total="float"))
    assert list(store.events()) == before


def test_of_a_stale_contact_nothing_is_saved(store: AnyStore) -> None:
    store.commit(work())
    schema = store.load("order")
    assert store.commit(work(schema=schema, other=1)) is NotSaved.STALE
    assert store.load("order") == schema
    assert len(list(store.events())) == 1


def test_of_a_repetition_nothing_is_saved(store: AnyStore) -> None:
    store.commit(work(event_id=EVENT_ID, total=1.5))
    schema = store.load("order")
    repetition = work({"email": "bo@example.com"}, schema, event_id=EVENT_ID, other=1)
    assert store.commit(repetition) is NotSaved.DUPLICATE
    assert store.load("order") == schema
    assert store.find({"email": "bo@example.com"}) == ()
    assert len(list(store.events())) == 1


def test_changes_to_a_contact_that_leave_it_the_one_that_was_meant(store: AnyStore) -> None:
    outcome = saved(store.commit(work({**ANN, "a": 1, "b": 1})))
    schema, matches = store.load("order"), tuple(store.find(ANN))
    first = work({**ANN, "a": 2}, schema, matches)
    second = work({**ANN, "b": 2, "a": 1, "phoneNumber": "+12025550100"}, schema, matches)
    saved(store.commit(first))
    saved(store.commit(second))  # decided on before the first was saved
    properties = FrozenDict({"a": 1, "b": 2})
    found = Contact(outcome.contact_id, "ann@example.com", "+12025550100", properties)
    assert store.find(ANN) == (found,)
    assert store.find({"phoneNumber": "+12025550100"}) == (found,)


def test_a_contact_whose_identifiers_changed_is_stale(store: AnyStore) -> None:
    contact_id = saved(store.commit(work())).contact_id
    schema, matches = store.load("order"), tuple(store.find(ANN))
    saved(store.commit(work({"id": contact_id, "email": "new@example.com"}, schema, matches)))
    assert store.commit(work({**ANN, "a": 1}, schema, matches)) is NotSaved.STALE
    assert store.find(ANN) == ()
    assert [contact.email for contact in store.find({"id": contact_id})] == ["new@example.com"]


def test_an_identifier_that_another_contact_took_meanwhile(store: AnyStore) -> None:
    saved(store.commit(work()))
    schema, matches = store.load("order"), tuple(store.find(ANN))
    saved(store.commit(work({"phoneNumber": "+12025550100"}, schema)))
    late = work({**ANN, "phoneNumber": "+12025550100"}, schema, matches)
    assert store.commit(late) is NotSaved.STALE
    assert len(list(store.events())) == 2


@pytest.mark.parametrize("changing", [False, True])
def test_a_contact_that_was_erased_meanwhile(store: AnyStore, *, changing: bool) -> None:
    contact_id = saved(store.commit(work())).contact_id
    late = work({**ANN, "a": 1} if changing else ANN, store.load("order"), tuple(store.find(ANN)))
    assert store.erase(contact_id)
    assert store.commit(late) is NotSaved.STALE
    assert len(list(store.events())) == 1


def test_erasing_a_contact(store: AnyStore) -> None:
    outcome = saved(store.commit(work({**ANN, "phoneNumber": "+12025550100"}, event_id=EVENT_ID, total=1)))
    other = saved(store.commit(work({"email": "bo@example.com"}, store.load("order"), total=2)))
    assert store.erase(outcome.contact_id)
    assert not store.erase(outcome.contact_id)
    assert store.find({**ANN, "phoneNumber": "+12025550100", "id": outcome.contact_id}) == ()
    kept = {event.id: event for event in store.events()}
    assert kept[EVENT_ID] == TrackedEvent("order", EMPTY, EMPTY, None, EVENT_ID)
    assert dict(kept[other.event_id].properties) == {"total": 2}
    assert kept[other.event_id].identifiers["email"] == "bo@example.com"
    assert store.seen(EVENT_ID)
    again = saved(store.commit(work({**ANN, "phoneNumber": "+12025550100"}, store.load("order"))))
    assert again.contact_id != outcome.contact_id


def test_erasing_a_contact_but_not_the_values_of_its_events(store: AnyStore) -> None:
    outcome = saved(store.commit(work(total=1)))
    assert store.erase(outcome.contact_id, keep_properties=True)
    assert [(dict(event.properties), dict(event.identifiers)) for event in store.events()] == [({"total": 1}, {})]


def test_work_is_of_an_accepted_request() -> None:
    request = TrackRequest.parse({})
    with pytest.raises(ValueError, match="accepted request"):
        Work.of(request, request.decide(None, ()), ())


class CountingModel(Model):
    """The model of the track service, its contacts named by how many there were, and erasable."""

    made = 0

    def save(self, contact: Record, found: list[str]) -> None:
        if not found:
            self.made += 1
            found = [UUID(int=self.made).hex]
        record = self.contacts.setdefault(found[0], {"id": found[0]})
        for key, value in contact.items():
            if value is None:
                record.pop(key, None)
            else:
                record[key] = normal(key, value)


CONTACTS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers(1, 3).map(lambda number: UUID(int=number).hex),
        "email": st.sampled_from(EMAILS),
        "phoneNumber": st.sampled_from(PHONE_NUMBERS),
        "a": st.sampled_from([None, 1, 1.0, True, "x\0"]),
        "b": st.sampled_from([None, ["x"], ["x", "y"]]),
    },
)


class Tracking(RuleBasedStateMachine):
    """A registry over a store, beside a model of plain dicts: they answer the same, and hold the same."""

    kept: AnyStore

    def __init__(self, store: AnyStore) -> None:
        super().__init__()
        self.given = store

    @initialize()
    def start(self) -> None:
        numbers = count(1)
        new_id = lambda: UUID(int=next(numbers))  # noqa: E731 - a closure over this run's numbers
        if isinstance(self.given, MemoryStore):
            self.kept = MemoryStore(new_id=new_id)
        else:
            self.kept = self.given
            self.kept._new_id = new_id
            with self.kept._database.write() as connection:
                for table in reversed(metadata.sorted_tables):
                    connection.execute(delete(table))
        self.registry = SchemaRegistry(self.kept, max_schemas=1)
        self.model = CountingModel()
        self.accepted: set[str] = set()

    @rule(
        name=st.sampled_from(["order", "visit"]),
        contact=CONTACTS,
        values=st.dictionaries(st.sampled_from(["p", "q"]), st.sampled_from(VALUES)),
        number=st.integers(1, 40),
    )
    def track(self, name: str, contact: Record, values: dict[str, tuple[Any, str | None]], number: int) -> None:
        event_id = str(UUID(int=number << 64))
        properties = {key: value for key, (value, _) in values.items()}
        tracked = self.registry.track(
            {"eventName": name, "contact": contact, "properties": properties, "eventID": event_id}
        )
        if tracked.duplicate:
            assert event_id in self.accepted
            return
        expected = self.model.track(name, contact, values)
        assert [(error.code, error.pointer) for error in tracked.errors] == expected
        if not expected:
            assert event_id not in self.accepted
            self.accepted.add(event_id)

    @rule(number=st.integers(1, 3), keep_properties=st.booleans())
    def erase(self, number: int, *, keep_properties: bool) -> None:
        id_ = UUID(int=number).hex
        assert self.kept.erase(id_, keep_properties=keep_properties) == (id_ in self.model.contacts)
        self.model.contacts.pop(id_, None)

    @invariant()
    def schemas_agree(self) -> None:
        for name in ("order", "visit"):
            schema = self.kept.load(name)
            types = None if schema is None else list(schema.properties.items())
            assert types == (list(self.model.schemas[name].items()) if name in self.model.schemas else None)

    @invariant()
    def contacts_agree(self) -> None:
        found = [self.kept.find({"id": UUID(int=number).hex}) for number in range(1, self.model.made + 1)]
        held = {
            contact.id: repr(sorted({**contact.identifiers, **contact.to_dict()["properties"]}.items()))
            for contacts in found
            for contact in contacts
        }
        assert held == {id_: repr(sorted(record.items())) for id_, record in self.model.contacts.items()}

    @invariant()
    def events_agree(self) -> None:
        events = list(self.kept.events())
        assert [event.id for event in events] == sorted(self.accepted)
        assert {event.identifiers["id"] for event in events if event.identifiers} <= self.model.contacts.keys()


def test_each_store_is_the_same_as_plain_dicts(store: AnyStore) -> None:
    run_state_machine_as_test(
        lambda: Tracking(store),  # type: ignore[arg-type]  # a factory will do
        settings=settings(max_examples=15 if isinstance(store, SQLStore) else 60, stateful_step_count=15),
    )
