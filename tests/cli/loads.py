"""What the tests of ``eventschema load`` share: requests, and what is in a database after they were loaded."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from eventschema.cli.errorsfile import ErrorsFile
from eventschema.cli.loading import Loader
from eventschema.cli.ruleoptions import SERVICE_RULES
from eventschema.core.rules import Rules
from eventschema.store import SchemaRegistry
from eventschema.store.sql import SQLStore
from eventschema.stream.rejected import RejectedRequest

SAMPLE: Final = str(Path(__file__).parents[2] / "benchmarks" / "data" / "track-requests.ndjson")
DB: Final = "sqlite:///events.db"
ANN: Final = {"email": "ann@example.com"}


def request(total: object, name: str = "order", **fields: Any) -> bytes:
    return json.dumps({"eventName": name, "contact": ANN, "properties": {"total": total}, **fields}).encode() + b"\n"


def mixed(count: int) -> bytes:
    """Requests with and without ids; some are refused, some are repetitions, some lines are no requests."""
    lines = []
    for number in range(count):
        contact = {"email": f"{number % 7}@example.com", "seen": number}
        fields: dict[str, Any] = {"contact": contact}
        if number % 3 == 0:
            fields["eventID"] = f"00000000-0000-4000-8000-{number // 2:012}"
        lines.append(request("x" if number % 5 == 4 else number, f"event {number % 4}", **fields))
        if number % 11 == 0:
            lines.append(b"\n[]\n")
    return b"".join(lines)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def rejected(path: Path) -> list[RejectedRequest]:
    return [RejectedRequest.from_dict(json.loads(line)) for line in path.read_bytes().splitlines()]


def locations(path: Path) -> list[tuple[int | None, list[str], int | None]]:
    """The line, the codes and the schema's version of each rejected request."""
    return [(each.line, [error["code"] for error in each.errors], each.schema_version) for each in rejected(path)]


def totals(url: str = DB) -> list[Any]:
    with closing(SQLStore(url)) as store:
        return sorted(str(event.properties.get("total")) for event in store.events())


def contents(url: str) -> tuple[Any, ...]:
    """All that is stored, without the ids that the store gave and without times."""
    with closing(SQLStore(url)) as store:
        events = sorted(
            repr((event.name, dict(event.properties), event.identifiers["email"], event.adjustments))
            for event in store.events()
        )
        contacts = [
            (dict(contact.properties), contact.email)
            for number in range(7)
            for contact in store.find({"email": f"{number}@example.com"})
        ]
        return events, contacts, list(store.schemas())


def left_by_one_load(requests: bytes, folder: Path, rules: Rules = SERVICE_RULES) -> tuple[Any, ...]:
    """What one load of a file leaves, that nothing interrupts."""
    folder.mkdir()
    (folder / "a").write_bytes(requests)
    url = f"sqlite:///{folder}/events.db"
    with closing(SQLStore(url)) as store, ErrorsFile(str(folder / "refused"), store) as errors:
        Loader(store, SchemaRegistry(store, rules), errors, batch_size=7, max_line_bytes=1000).load(str(folder / "a"))
    return contents(url), locations(folder / "refused")
