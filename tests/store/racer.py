"""A process of the race: its threads send requests about the same few schemas and contacts, and write the answers.

The requests depend only on the number of the process. So a process that was killed can be started again and sends the
same ones, as a client does that got no answer.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from threading import Barrier, Lock
from typing import Any
from uuid import UUID

from eventschema.store import SchemaRegistry
from eventschema.store.sql import SQLStore

PROCESSES = 8
THREADS = 8
BATCH = 3
EVENTS = ("order", "visit", "refund")
VALUES: tuple[Any, ...] = (3, 2.5, 10.0, True, "text", "2021-09-01", "a\0b", "ann@example.com", 2**53 + 1)
PEOPLE = 5


def requests(process: int, thread: int, size: int) -> list[dict[str, Any]]:
    """What one thread sends. One request in four has the event id of another thread's."""
    # The requests of all processes in a thread are the same but for the ids: so they contradict each other at once.
    random = Random(f"{process}/{thread}")
    sent = []
    for number in range(size):
        owner = random.randrange(PROCESSES) if number % 4 == 3 else process
        shared = Random(f"{owner}/{thread}/{number}")
        names = shared.sample([f"p{number}" for number in range(12)], shared.randint(0, 4))
        event_id = str(UUID(int=(owner << 64) + (thread << 32) + number))
        sent.append(
            {
                "eventName": shared.choice(EVENTS),
                "eventID": event_id,
                "contact": contact(shared) | {f"by{owner}_{thread}": event_id},  # whom no other thread overwrites
                "properties": {name: shared.choice(VALUES) for name in names},
            }
        )
    return sent


def contact(random: Random) -> dict[str, Any]:
    person = random.randrange(PEOPLE)
    ways = {"email": f"person{person}@example.com", "phoneNumber": f"+1202555010{person}"}
    given = random.choice([("email",), ("phoneNumber",), ("email", "phoneNumber"), ("email", "phoneNumber")])
    return {way: ways[way] for way in given}


def race(url: str, process: int, size: int, path: Path) -> None:
    """Send all, and write each answer to the file at ``path`` as soon as it is there."""
    store = SQLStore(url, pool_size=THREADS)
    registry = SchemaRegistry(store, max_schemas=2)  # fewer than there are: some must be loaded again
    start, turn = Barrier(THREADS), Lock()
    with path.open("a", encoding="utf-8") as file, ThreadPoolExecutor(THREADS) as threads:

        def send(thread: int) -> None:
            start.wait()
            sent, who = requests(process, thread, size), f"process {process}"
            step = BATCH if thread % 2 else 1  # half of the threads send batches
            for batch in (sent[start : start + step] for start in range(0, size, step)):
                results = registry.track_many(batch, who) if step > 1 else [registry.track(batch[0], who)]
                answers = "".join(map(to_json, batch, results))
                with turn:
                    file.write(answers)
                    file.flush()

        list(threads.map(send, range(THREADS)))
    store.close()


def to_json(request: dict[str, Any], tracked: Any) -> str:
    schema = tracked.decision.schema
    answer = {
        "request": request,
        "ok": tracked.ok,
        "event_id": tracked.event_id,
        "errors": [[error.code, error.pointer] for error in tracked.errors],
        "types": {} if schema is None or tracked.duplicate else dict(schema.properties),
    }
    return json.dumps(answer) + "\n"
