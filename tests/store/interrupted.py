"""Tracks into a ``MemoryStore`` while a signal handler raises, and checks after each that nothing is torn.

``python -m tests.store.interrupted`` exits with 0 if every request was whole or absent.
"""

import signal
import time
from itertools import count

from eventschema.store import MemoryStore, SchemaRegistry


class Interrupted(BaseException):
    """What the signal handler raises."""


def handler(*_: object) -> None:
    """Raise in the middle of what the main thread does."""
    raise Interrupted


def check(store: MemoryStore, email: str) -> None:
    """The contact ``email`` is stored with its event or not at all, and the schema with its history."""
    schema = store.load("order")
    if schema is not None:
        assert len(store.history("order")) == schema.version + 1
    stored = {email for event in store.events() for email in event.identifiers.values()}
    assert bool(store.find({"email": email})) == (email in stored)


def main() -> None:
    """Track, and be interrupted, for two seconds."""
    store = MemoryStore()
    registry = SchemaRegistry(store)
    interrupted = 0
    signal.signal(signal.SIGALRM, handler)
    end = time.monotonic() + 2
    for number in count():
        email = f"{number}@example.com"
        request = {"eventName": "order", "contact": {"email": email}, "properties": {f"p{number % 90}": 1}}
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.00002 + number % 97 * 0.000003)
            registry.track(request)
            signal.setitimer(signal.ITIMER_REAL, 0)
        except Interrupted:
            interrupted += 1
            check(store, email)
        if time.monotonic() > end:
            break
    assert interrupted > 10, f"{interrupted} requests were interrupted"


if __name__ == "__main__":
    main()
