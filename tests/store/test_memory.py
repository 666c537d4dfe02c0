"""``MemoryStore`` where it differs from the others: a signal handler may raise between any two of its instructions."""

import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from types import FrameType
from typing import Any
from uuid import UUID

import pytest

from eventschema.core.changes import SchemaChange
from eventschema.core.frozen import FrozenDict
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.store import MemoryStore, SchemaRegistry, UnitOfWork, memory
from eventschema.track.request import TrackRequest
from tests.processes import unmeasured

ANN, BOB = "ann@example.com", "bob@example.com"
LINES = inspect.getsource(memory).splitlines()
WITH_LOCK = {number for number, line in enumerate(LINES, 1) if line.strip() == "with self._lock:"}


class Interrupted(BaseException):
    """What the signal handler raises."""


def request(**changes: Any) -> dict[str, Any]:
    return {"eventName": "order", "contact": {"email": ANN}, **changes}


def filled() -> MemoryStore:
    """A store with a schema, a contact and two events."""
    ids = count(1)
    store = MemoryStore(clock=lambda: datetime(2026, 11, 26, tzinfo=UTC), new_id=lambda: UUID(int=next(ids)))
    registry = SchemaRegistry(store)
    registry.track(request(properties={"total": 1}))
    registry.track(request(properties={"total": 2}))
    return store


def commit(store: MemoryStore) -> Callable[[], object]:
    """A request that adds a property, and gives the contact another address."""
    contact = store.find({"email": ANN})[0]
    given = TrackRequest.parse(request(contact={"id": contact.id, "email": BOB}, properties={"note": "x"}))
    decision = given.decide(store.load("order"), (contact,))
    return lambda: store.commit(UnitOfWork.of(given, decision, (contact,)))


def commit_many(store: MemoryStore) -> Callable[[], object]:
    """The same, and then another contact with the address that the first one gave up, and a further property."""
    (contact,) = store.find({"email": ANN})
    given = TrackRequest.parse(request(contact={"id": contact.id, "email": BOB}, properties={"note": "x"}))
    decision = given.decide(store.load("order"), (contact,))
    second = TrackRequest.parse(request(properties={"more": True}))
    works = [
        UnitOfWork.of(given, decision, (contact,)),
        UnitOfWork.of(second, second.decide(decision.schema, ()), ()),
    ]
    return lambda: store.commit_many(works)


def erase(store: MemoryStore) -> Callable[[], object]:
    contact_id = store.find({"email": ANN})[0].id
    assert contact_id is not None
    return lambda: store.erase(contact_id)


def save(store: MemoryStore) -> Callable[[], object]:
    schema = store.load("order")
    assert schema is not None
    change = SchemaChange("order", schema.version, FrozenDict({"note": PropertyType.STRING}))
    return lambda: store.save(change)


def declare(store: MemoryStore) -> Callable[[], object]:
    return lambda: store.declare(EventSchema("cart", {"total": "float"}))


def contents(store: MemoryStore) -> tuple[object, ...]:
    """All that a store has to say. Raises whatever its methods raise."""
    schemas = [(store.load(name), store.history(name)) for name in ("order", "cart")]
    contacts = [store.find({"email": email}) for email in (ANN, BOB)]
    events = [(event.identifiers, event.properties) for event in store.events()]
    return schemas, contacts, events, len(store.find({"email": ANN, "phoneNumber": "+37060000000"}))


@contextmanager
def interrupting(at: int) -> Iterator[None]:
    """Raise before the bytecode instruction of the module with that number, counted from 0.

    CPython looks for signals after calls and at the ends of loops, so nothing is raised while it leaves a ``with``.
    """
    seen = count()

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename != memory.__file__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and frame.f_lineno not in WITH_LOCK and next(seen) == at:
            raise Interrupted
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("method", [commit, pytest.param(commit_many, marks=pytest.mark.slow), erase, save, declare])
def test_an_interrupted_request_is_whole_or_absent(method: Callable[[MemoryStore], Callable[[], object]]) -> None:
    whole = filled()
    before = contents(whole)
    method(whole)()
    after = contents(whole)
    assert before != after
    found = []
    for number in count():
        store = filled()
        call = method(store)
        try:
            with interrupting(number):
                call()
            break
        except Interrupted:
            found.append(contents(store))
        SchemaRegistry(store).track(request(contact={"email": BOB}, properties={"other": True}))  # it still works
    assert all(one in (before, after) for one in found)
    assert 9 < found.index(after) == found.count(before)  # and from there on it is whole


@pytest.mark.slow
def test_real_signals_leave_every_request_whole() -> None:
    # A signal while coverage holds its own lock would never release it.
    subprocess.run([sys.executable, "-m", "tests.store.interrupted"], env=unmeasured(), timeout=60, check=True)
