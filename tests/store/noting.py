"""A store that notes how many requests it saves at a time, and can be held and made to fail."""

from collections.abc import Callable, Sequence
from threading import Event
from typing import Any

from eventschema.store import MemoryStore, NotSaved, Saved, StoreError, UnitOfWork


def payload(number: int, name: str = "order", event_id: str | None = None, **properties: Any) -> dict[str, Any]:
    contact = {"email": f"person{number}@example.com"}
    return {"eventName": name, "contact": contact, "properties": properties, "eventID": event_id}


class Noting(MemoryStore):
    """A store that notes how many it saves at a time, waits for ``go``, and can fail."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[int] = []
        self.go = Event()
        self.go.set()
        self.error: Exception | None = None
        self.meanwhile: list[Callable[[], object]] = []

    def commit(self, work: UnitOfWork) -> Saved | NotSaved:
        self.saved.append(1)
        self.go.wait()
        if work.event.name == "bad":
            raise StoreError("refused")
        return super().commit(work)

    def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> tuple[Saved | NotSaved, ...]:
        self.saved.append(len(works))
        self.go.wait()
        if self.error is not None:
            raise self.error
        if any(work.event.name == "bad" for work in works):
            raise StoreError("refused")
        if self.meanwhile:
            self.meanwhile.pop()()
        return super().commit_many(works, atomic=atomic)
