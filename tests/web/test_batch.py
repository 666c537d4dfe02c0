"""``POST /v4/track/batch``, and dry runs of it and of ``POST /v4/track``."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from eventschema import EventSchema, Rules
from eventschema.store import MemoryStore, NotSaved, Saved, StoreUnavailableError, UnitOfWork
from eventschema.store.sql import SQLStore
from eventschema.web import READ, WRITE, RejectedFolder, create_app
from tests.store.locks import write_lock
from tests.store.test_tracking_many import Plain
from tests.web.server import serving

ANN = {"email": "ann@example.com"}
BO = {"email": "bo@example.com"}
EVENT_ID = "00000000-0000-0000-0000-00000000000a"
OTHER_ID = "00000000-0000-0000-0000-00000000000b"
BATCH = "/v4/track/batch"


def payload(contact: Any = ANN, event_id: str | None = None, /, **properties: Any) -> dict[str, Any]:
    return {"eventName": "order", "contact": contact, "properties": properties, "eventID": event_id}


def send(client: httpx.Client, *events: Any, query: str = "") -> httpx.Response:
    return client.post(BATCH + query, json={"events": events})


def test_a_batch_is_accepted(client: httpx.Client, store: MemoryStore) -> None:
    response = send(client, payload(total=1.5), payload(BO, EVENT_ID, total=2, note="x"))
    assert response.status_code == 202
    answer = response.json()
    assert (answer["accepted"], answer["rejected"], answer["eventIDs"][1]) == (2, [], EVENT_ID)
    assert sorted(answer["eventIDs"]) == [event.id for event in store.events()]
    assert answer.keys() == {"accepted", "rejected", "eventIDs"}
    schema = store.load("order")
    assert schema is not None
    assert schema.properties == {"total": "float", "note": "string"}


def test_refused_requests_are_listed_with_their_errors(client: httpx.Client, store: MemoryStore) -> None:
    response = send(
        client, payload(total=1.5), payload(**{"total": "x", "a/b": 1}), "x", payload(BO), payload({"id": "gone"})
    )
    assert response.status_code == 207
    answer = response.json()
    assert answer["accepted"] == 2
    errors = {
        each["index"]: [(error["code"], error["pointer"]) for error in each["errors"]] for each in answer["rejected"]
    }
    assert errors == {
        1: [("type_conflict", "/events/1/properties/total"), ("invalid_name", "/events/1/properties/a~1b")],
        2: [("malformed_request", "/events/2")],
        4: [("contact_not_found", "/events/4/contact/id")],
    }
    conflict = answer["rejected"][0]["errors"][0]
    assert conflict["message"].endswith("at /events/1/properties/total.")
    assert (conflict["expected"], conflict["actual"], conflict["since"]) == ("float", "string", 1)
    assert [id_ is None for id_ in answer["eventIDs"]] == [False, True, True, False, True]
    assert len(list(store.events())) == 2


def test_a_batch_of_refused_requests_alone(client: httpx.Client, store: MemoryStore) -> None:
    response = send(client, {}, None)
    assert (response.status_code, response.json()["accepted"]) == (207, 0)
    assert list(store.schemas()) == []


def test_a_retry_saves_nothing_twice(client: httpx.Client, store: MemoryStore) -> None:
    events = [payload(ANN, EVENT_ID, total=1.5), payload(BO, OTHER_ID), payload(ANN, EVENT_ID, total=1.5)]
    first, second = (send(client, *events).json() for _ in range(2))
    assert first["duplicates"] == [{"index": 2, "differs": False}]
    assert second["duplicates"] == [{"index": index, "differs": False} for index in range(3)]
    assert first["eventIDs"] == second["eventIDs"] == [EVENT_ID, OTHER_ID, EVENT_ID]
    assert second["accepted"] == 3
    assert send(client, payload(BO, EVENT_ID)).json()["duplicates"] == [{"index": 0, "differs": True}]
    assert len(list(store.events())) == 2


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (b"", 400, [("malformed_request", "")]),
        (b'{"events": [{}', 400, [("malformed_request", "")]),
        (b"[]", 400, [("malformed_request", "")]),
        (b"{}", 422, [("missing_field", "/events")]),
        (b'{"events": {}}', 400, [("malformed_request", "/events")]),
        (b'{"events": null}', 400, [("malformed_request", "/events")]),
        (b'{"events": []}', 400, [("malformed_request", "/events")]),
        (b'{"events": [{"contact": {"a": 1, "a": 2}}]}', 400, [("malformed_request", "/events/0/contact")]),
        (b'{"events": [1], "event": 1, "a/b": 2}', 422, [("unknown_field", "/event"), ("unknown_field", "/a~1b")]),
        (b'{"events": [%s]}' % b",".join([b"1"] * 1001), 422, [("array_too_long", "/events")]),
    ],
)
def test_a_body_that_is_no_batch(
    client: httpx.Client, body: bytes, status: int, expected: list[tuple[str, str]]
) -> None:
    response = client.post(BATCH, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert [(error["code"], error["pointer"]) for error in response.json()["errors"]] == expected


def test_a_batch_has_at_most_1000_requests(client: httpx.Client, store: MemoryStore) -> None:
    response = send(client, *[payload()] * 1000)
    assert (response.status_code, response.json()["accepted"]) == (202, 1000)
    assert len(list(store.events())) == 1000
    message = send(client, *[payload()] * 1001).json()["errors"][0]["message"]
    assert message == "Expected a shorter array, found 1001 items, 1 more than the limit of 1000, at /events."


def test_unknown_fields_can_be_ignored() -> None:
    with serving(create_app(MemoryStore(), rules=Rules(unknown_fields="ignore"))) as port:
        body = {"events": [payload() | {"x": 1}], "y": 2}
        assert httpx.post(f"http://127.0.0.1:{port}{BATCH}", json=body).status_code == 202


def test_the_body_of_a_batch_has_a_limit_of_its_own(store: MemoryStore) -> None:
    body = json.dumps({"events": [payload()]}).encode()
    headers = {"Content-Type": "application/json"}
    with serving(create_app(store, max_body=10, max_batch_body=len(body))) as port:
        url = f"http://127.0.0.1:{port}{BATCH}"
        assert httpx.post(url, content=body, headers=headers).status_code == 202
        response = httpx.post(url, content=body + b" ", headers=headers)
    assert (response.status_code, response.json()["detail"]) == (413, f"The body may have at most {len(body)} bytes.")
    assert len(list(store.events())) == 1
    with pytest.raises(ValueError, match="expected max_batch_body of at least 1, found 0"):
        create_app(store, max_batch_body=0)


def test_dropped_properties_are_listed() -> None:
    store = MemoryStore()
    store.declare(EventSchema("order", {"total": "float"}))
    with (
        serving(create_app(store, rules=Rules(invalid="drop"))) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        answer = send(client, payload(total=1), payload(total="x", more=1)).json()
    [dropped] = answer["dropped"]
    assert (dropped["index"], dropped["errors"][0]["pointer"]) == (1, "/events/1/properties/total")
    assert [dict(event.properties) for event in store.events(name="order")] == [{"total": 1.0}, {"more": 1}]


@pytest.mark.parametrize("events", [[payload(ANN, EVENT_ID)], [payload(ANN, EVENT_ID), "x"]])
def test_a_dry_run_of_a_batch_saves_nothing(client: httpx.Client, store: MemoryStore, events: list[Any]) -> None:
    dry = send(client, *events, query="?dryRun=true")
    assert dry.status_code == 200
    assert list(store.schemas()) == list(store.events()) == []
    response = send(client, *events, query="?dryRun=false")
    assert response.status_code == (202 if len(events) == 1 else 207)
    assert response.json() == dry.json()
    assert send(client, payload(BO), payload(BO, EVENT_ID), query="?dryRun=true").json() == {
        "accepted": 2,
        "rejected": [],
        "eventIDs": [None, EVENT_ID],
        "duplicates": [{"index": 1, "differs": True}],
    }


def test_a_dry_run_of_a_request_saves_nothing(client: httpx.Client, store: MemoryStore) -> None:
    url = "/v4/track?dryRun=true"
    assert client.post("/v4/track", json=payload(ANN, OTHER_ID, a=1)).status_code == 202
    before = (list(store.schemas()), list(store.events()))
    for given, answer in (
        (payload(BO, EVENT_ID, b=2), {"eventID": EVENT_ID}),
        (payload(BO), {"eventID": None}),
        (payload(ANN, OTHER_ID, a=1), {"eventID": OTHER_ID, "duplicate": True}),
        (payload(BO, OTHER_ID, a=1), {"eventID": OTHER_ID, "duplicate": True, "differs": True}),
    ):
        response = client.post(url, json=given)
        assert (response.status_code, response.json()) == (200, answer)
    refused = client.post(url, json=payload(a="x"))
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/properties/a")
    assert client.post(url, json=[]).status_code == 400
    assert (list(store.schemas()), list(store.events())) == before


@pytest.mark.parametrize("path", ["/v4/track", BATCH])
@pytest.mark.parametrize(
    "query", ["dryrun=true", "dryRun=1", "dryRun=True", "dryRun=", "dryRun", "dryRun=true&dryRun=true", "x=1"]
)
def test_another_query_saves_nothing(client: httpx.Client, store: MemoryStore, path: str, query: str) -> None:
    response = client.post(f"{path}?{query}", json={"events": [payload()]} if path == BATCH else payload())
    assert response.status_code == 400
    assert "dryRun" in response.json()["detail"]
    assert list(store.events()) == []


def test_a_batch_needs_the_scope_to_write(store: MemoryStore) -> None:
    scopes = {"write": {WRITE}, "read": {READ}}
    app = create_app(store, authorize=scopes.get, identify={"write": "checkout"}.get)
    with serving(app) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for token, status in (("read", 403), ("other", 401), ("write", 202)):
            for query in ("?dryRun=true", ""):
                headers = {"Authorization": f"Bearer {token}"}
                response = client.post(BATCH + query, json={"events": [payload(a=1)]}, headers=headers)
                assert response.status_code == (200 if query and status == 202 else status)
    assert len(list(store.events())) == 1
    assert {record.who for record in store.history("order")} == {"checkout"}


def test_a_store_that_saves_one_by_one_takes_no_batches() -> None:
    store: Any = Plain()
    with serving(create_app(store)) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        response = send(client, payload())
        assert response.status_code == 501
        assert response.json()["detail"] == "The store of this service cannot save a batch in one transaction."
        assert send(client, payload(), "x", query="?dryRun=true").json()["accepted"] == 1
        assert client.get("/v4/schemas").status_code == 501
        assert client.get("/v4/schemas").json()["detail"] == "The store of this service cannot list its schemas."
    assert list(store.memory.events()) == []


class Failing(MemoryStore):
    def commit_many(self, works: Sequence[UnitOfWork], *, atomic: bool = False) -> tuple[Saved | NotSaved, ...]:
        raise StoreUnavailableError("broken")


def test_a_503_means_that_nothing_was_saved() -> None:
    store = Failing()
    with serving(create_app(store)) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        response = send(client, payload(), "x")
        assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
        assert client.get("/healthz").status_code == 503  # the last write failed
    assert list(store.events()) == list(store.schemas()) == []


@pytest.mark.slow
def test_a_batch_that_waits_for_a_lock_saves_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'events.db'}"
    store = SQLStore(url, timeout=0.5)
    with serving(create_app(store)) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        with write_lock(url):
            assert send(client, *[payload()] * 3).status_code == 503
        assert list(store.events()) == []
        assert send(client, *[payload()] * 3).json()["accepted"] == 3
    assert len(list(store.events())) == 3
    store.close()


def test_refused_requests_of_a_batch_are_kept(tmp_path: Path) -> None:
    folder = RejectedFolder(tmp_path)
    app = create_app(MemoryStore(), rejected=folder)
    with serving(app) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        send(client, payload(a=[]), payload(), {"eventName": "visit"}, query="?dryRun=true")
        client.post("/v4/track?dryRun=true", json={})
        send(client, payload(a=[]), payload(), {"eventName": "visit"})
        client.post(BATCH, json={"events": {}})
    folder.close()
    lines = [json.loads(line) for file in tmp_path.iterdir() for line in file.read_text().splitlines()]
    kept = [json.loads(line["request"]) for line in lines]
    assert kept == [payload(a=[]), {"eventName": "visit"}, {"events": {}}]
    pointers = [[error["pointer"] for error in line["errors"]] for line in lines]
    assert pointers == [["/properties/a"], ["/contact"], ["/events"]]
