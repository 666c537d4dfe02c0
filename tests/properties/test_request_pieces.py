"""However a stream of requests is cut, and whichever earlier schemas its pieces start from, the answer is the same."""

import json
import pickle
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eventschema import EventSchema
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.stream.envelopes import StreamObject
from eventschema.stream.reading.files import read_block
from eventschema.stream.replay import Rejection, TrackReplay
from eventschema.stream.replay.combining import Texts
from eventschema.stream.replay.requestpieces import RequestCombiner
from eventschema.stream.replay.stats import ContactStats, ReplayStats
from tests.strategies_stream import as_line, lines
from tests.strategies_track import EMAILS, PHONE_NUMBERS, json_requests

MAX_LINE_BYTES = 2**20

# Few contacts, names and values, so that requests meet: contacts created, found, in conflict and not found; properties
# that are new, known, wrong, or nothing.
contacts: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["c1", "c2"]),
        "email": st.sampled_from([*EMAILS[:3], "no address"]),
        "phoneNumber": st.sampled_from(PHONE_NUMBERS),
        "a": st.sampled_from([None, 1, True, 1.0, "x", ["x"], {}]),
        "b": st.sampled_from([None, 0.1234567, ["x"], ["y"]]),
    },
)
properties: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["p", "q", "bad name"]), st.sampled_from([None, 1, 1.5, 1e-9, "x", "2021-09-01", []]), max_size=2
)
requests = st.fixed_dictionaries(
    {"eventName": st.sampled_from(["order", "order", "visit"]), "contact": contacts},
    optional={"properties": properties, "eventID": st.just("none")},
)
streams = st.lists(
    requests.map(as_line) | requests.map(as_line) | json_requests.map(json.dumps).map(str.encode) | lines
)
rules = st.sampled_from(
    [
        Rules(),
        Rules(new_properties="reject"),
        Rules(types="exact"),
        Rules(nulls="reject"),
        Rules(max_schema_properties=1),
        Rules(float_digits=0, max_properties=2),
        Rules(invalid="drop", max_schema_properties=1, event_ids="text"),
        Rules(invalid="drop", empty_texts="ignore", hints=(("p", PropertyType.INT),), unknown_fields="ignore"),
        Rules(detect=frozenset(PropertyType) - {PropertyType.INT}),
    ]
)
SCHEMAS = {"order": EventSchema("order", {"p": "float", "q": "int"}), "visit": EventSchema("visit")}


def everything(replay: TrackReplay, stats: ReplayStats, contact_stats: ContactStats, *others: Any) -> list[Any]:
    """Everything in a replay and its statistics, lists in their order."""
    counts = {name: value for name, value in vars(stats).items() if name != "_replay"}
    origins = {name: list(event_stats.origins) for name, event_stats in stats.events.items()}
    contacts = [contact.to_dict() for contact in replay.contacts]
    # As JSON, which tells 1 and true apart.
    state = json.dumps([[schema.to_dict() for schema in replay.schemas.values()], contacts])
    return [state, counts, list(stats.errors.groups), list(stats.dropped.groups), origins, contact_stats, *others]


def one_by_one(replay: TrackReplay, data: list[bytes]) -> list[Any]:
    stats, contact_stats, rejections = ReplayStats(replay), ContactStats(), []
    for number, text in enumerate(data, 1):
        for value in read_block("file", number, text, MAX_LINE_BYTES).values:
            line = StreamObject("file", number, value)
            outcome = replay.add(line)
            stats.add(line, outcome)
            contact_stats.add(outcome)
            if isinstance(outcome, Rejection):
                rejections.append(outcome)
    return everything(replay, stats, contact_stats, rejections)


def in_pieces(replay: TrackReplay, data: list[bytes], draw: st.DataObject) -> list[Any]:
    rejections: list[Rejection] = []
    combiner = RequestCombiner(replay, ReplayStats(replay), ContactStats(), MAX_LINE_BYTES, rejections.append)
    earlier = [pickle.dumps(combiner.piece_replay())]
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=4)))
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        piece = Texts("file", [b"".join(data[start:end])] if start < end else [], is_first=start == 0)
        if draw.draw(st.booleans()):
            combiner.take(piece)
        else:
            result = pickle.loads(draw.draw(st.sampled_from(earlier)))(piece)
            combiner.add(pickle.loads(pickle.dumps(result)))
        earlier.append(pickle.dumps(combiner.piece_replay()))
    return everything(replay, combiner.stats, combiner.contact_stats, rejections)


@given(streams, st.sampled_from([{}, SCHEMAS]), rules, st.data())
def test_any_cut_of_requests_gives_the_sequential_answer(
    stream: list[bytes], schemas: dict[str, EventSchema], rules: Rules, draw: st.DataObject
) -> None:
    data = [line.replace(b"\n", b" ") + b"\n" for line in stream]
    assert in_pieces(TrackReplay(schemas, rules), data, draw) == one_by_one(TrackReplay(schemas, rules), data)
