"""A whole track request, beside typed models of msgspec and pydantic: parsed, decided on, and written for a store.

The models check what the engine does: names (no unknown fields), limits, patterns, UUID, E.164. They stop where the
typed object is made. The engine also merges, rounds, matches the contact and says what to save.
"""

import datetime
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Final, NamedTuple

import msgspec
import pydantic

from benchmarks import peers
from benchmarks.events import sample
from benchmarks.measure import Effort, Job, medians, own_jobs
from benchmarks.results import Figure
from benchmarks.validation import figures
from eventschema import Contact, EventSchema, PropertyType, TrackDecision, TrackedEvent, TrackRequest
from eventschema.stream.reading.decoding import decode_object

REQUEST: Final = "request"
WRITING: Final = "writing for a store"

_LINE: Final = r"^[^\x00-\x1f\x7f]+"
_PHONE_NUMBER: Final = r"^\+[1-9][0-9]{1,14}"
_NAME: Final = "order placed"


class Request(NamedTuple):
    """A request, and the schema and contacts that are stored when it comes."""

    payload: dict[str, Any]
    schema: EventSchema | None
    matches: tuple[Contact, ...]

    def decide(self, payload: Any) -> TrackDecision:
        """Parse the payload and decide on it."""
        return TrackRequest.parse(payload).decide(self.schema, self.matches)

    def decide_bytes(self, body: bytes) -> TrackDecision:
        """As :meth:`decide`, from the bytes of a body."""
        return self.decide(decode_object(body))


def _contact(size: int) -> dict[str, Any]:
    """A contact with ``size`` properties of four types."""
    values = ("Jane", "Vilnius", 12, True)
    return {
        "email": "jane.doe@shop.example.com",
        "phoneNumber": "+37060012345",
        **{f"trait_{i}": values[i % len(values)] for i in range(size)},
    }


def _payload(event: Mapping[str, Any], contact: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "eventName": _NAME,
        "contact": dict(contact),
        "properties": dict(event),
        "eventTime": "2026-11-23T08:15:30Z",
        "eventID": "123e4567-e89b-12d3-a456-426614174000",
    }


def _stored(contact: Mapping[str, Any]) -> Contact:
    created = TrackRequest.parse(_payload({}, contact)).decide(None, ()).contact
    assert created is not None
    return replace(created, id="c1")


def requests() -> dict[str, Request]:
    """The requests that are timed, by what happens to them."""
    types, event = sample("mix", 14)
    schema = EventSchema(_NAME, types)
    four, twenty = _contact(4), _contact(20)
    changed = {**twenty, "trait_0": "Joan", "trait_2": 13}
    refused = {**event, "quantity_0": "three"}
    texts = EventSchema(_NAME, {f"text_{i}": "int" for i in range(100)})
    all_refused = dict.fromkeys(texts.properties, "x")
    return {
        "known contact, known event": Request(_payload(event, four), schema, (_stored(four),)),
        "contact created": Request(_payload(event, four), schema, ()),
        "20 properties of the contact, none changed": Request(_payload(event, twenty), schema, (_stored(twenty),)),
        "20 properties of the contact, 2 changed": Request(_payload(event, changed), schema, (_stored(twenty),)),
        "first event": Request(_payload(event, four), None, (_stored(four),)),
        "refused for 1 number": Request(_payload(refused, four), schema, (_stored(four),)),
        "refused for 100 texts": Request(_payload(all_refused, four), texts, (_stored(four),)),
    }


# --- the models ---


class Model(NamedTuple):
    """A peer: its functions that make a typed request from objects and from bytes."""

    name: str
    convert: Callable[[Any], Any]
    decode: Callable[[bytes], Any]
    notes: tuple[str, ...]


def models(request: Request) -> Iterator[Model]:
    """Typed models of each peer for ``request``."""
    properties = request.payload["properties"]
    types = {} if request.schema is None else request.schema.properties
    wanted = {name: types.get(name, PropertyType.STRING) for name in properties}
    traits = {name: value for name, value in request.payload["contact"].items() if name.startswith("trait_")}
    yield _msgspec_model(wanted, {name: type(value) for name, value in traits.items()})
    yield _pydantic_model(wanted, {name: type(value) for name, value in traits.items()})


def _msgspec_model(types: Mapping[str, PropertyType], traits: Mapping[str, type]) -> Model:
    text = Annotated[str, msgspec.Meta(max_length=2048)]
    line = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=_LINE + r"\Z")]
    fields = peers.msgspec_fields()
    kinds: dict[type, Any] = {str: text, int: fields[PropertyType.INT], bool: bool}
    event = msgspec.defstruct(
        "Event", [(name, fields[type_] | None, None) for name, type_ in types.items()], forbid_unknown_fields=True
    )
    contact = msgspec.defstruct(
        "Contact",
        [
            ("id", line | None, None),
            ("email", fields[PropertyType.EMAIL] | None, None),
            ("phoneNumber", Annotated[str, msgspec.Meta(pattern=_PHONE_NUMBER + r"\Z")] | None, None),
            *((name, kinds[kind] | None, None) for name, kind in traits.items()),
        ],
        forbid_unknown_fields=True,
    )
    request = msgspec.defstruct(
        "Request",
        [
            ("eventName", line),
            ("contact", contact),
            ("properties", event | None, None),
            ("eventTime", datetime.datetime | None, None),
            ("eventID", uuid.UUID | None, None),
            ("origin", line | None, None),
            ("eventVersion", line | None, None),
        ],
        forbid_unknown_fields=True,
    )
    decode = msgspec.json.Decoder(request).decode
    notes = ("makes the typed object; stops at the first error", *_NOTES)
    return Model("msgspec", lambda payload: msgspec.convert(payload, request), decode, notes)


def _pydantic_model(types: Mapping[str, PropertyType], traits: Mapping[str, type]) -> Model:
    strict = pydantic.Strict()
    text = Annotated[str, strict, pydantic.Field(max_length=2048)]
    line = Annotated[str, strict, pydantic.Field(min_length=1, max_length=255, pattern=_LINE + "$")]
    fields = peers.pydantic_fields()
    kinds: dict[type, Any] = {str: text, int: fields[PropertyType.INT], bool: fields[PropertyType.BOOL]}

    def model(name: str, definitions: dict[str, Any]) -> Any:
        return pydantic.create_model(name, __config__=pydantic.ConfigDict(extra="forbid"), **definitions)

    event = model("Event", {name: (fields[type_] | None, None) for name, type_ in types.items()})
    contact = model(
        "Contact",
        {
            "id": (line | None, None),
            "email": (fields[PropertyType.EMAIL] | None, None),
            "phoneNumber": (Annotated[str, strict, pydantic.Field(pattern=_PHONE_NUMBER + "$")] | None, None),
            **{name: (kinds[kind] | None, None) for name, kind in traits.items()},
        },
    )
    request = model(
        "Request",
        {
            "eventName": (line, ...),
            "contact": (contact, ...),
            "properties": (event | None, None),
            "eventTime": (datetime.datetime | None, None),
            "eventID": (uuid.UUID | None, None),
            "origin": (line | None, None),
            "eventVersion": (line | None, None),
        },
    )
    notes = ("makes the typed object; reports every error", *_NOTES)
    return Model("pydantic", request.model_validate, request.model_validate_json, notes)


_NOTES: Final = (
    "decides nothing: no schema grows, no contact is matched",
    "an email and a URL by a pattern",
    "rounds no floats",
    "takes keys that stand twice",
)

# --- measuring ---


def measure_requests(effort: Effort) -> Iterator[Figure]:
    """The time of a request, from objects and from bytes, by the engine and by the models."""
    for case, request in requests().items():
        body = msgspec.json.encode(request.payload)
        is_refused = case.startswith("refused")
        assert request.decide(request.payload).ok is request.decide_bytes(body).ok is not is_refused
        typed = [] if request.schema is None else list(models(request))  # a model knows its types beforehand
        for model in typed:
            assert _accepts(model.convert, request.payload) is _accepts(model.decode, body) is not is_refused
        yield from _figures(
            f"{case}, from objects",
            own_jobs(request.decide, request.payload),
            typed,
            request.payload,
            "convert",
            effort,
        )
        yield from _figures(f"{case}, from bytes", own_jobs(request.decide_bytes, body), typed, body, "decode", effort)


def measure_writing(effort: Effort) -> Iterator[Figure]:
    """The time to write an accepted event and its contact as JSON, from their documents."""
    request = requests()["known contact, known event"]
    decision = request.decide(request.payload)
    assert decision.event is not None
    assert decision.contact is not None
    encode = msgspec.json.Encoder().encode
    for case, value in (("event", decision.event), ("contact", decision.contact)):
        document = value.to_dict()
        jobs = {
            "to_dict": Job(type(value).to_dict, value),
            "to_dict and msgspec": Job(partial(_written, encode), value),
            "to_dict and json.dumps": Job(partial(_written, json.dumps), value),
            "msgspec alone": Job(encode, document),
        }
        for name, seconds in medians(jobs, effort).items():
            yield Figure(section=WRITING, case=case, what=name, value=seconds * 1e6, unit="us")


def _written(encode: Callable[[Any], Any], value: TrackedEvent | Contact) -> Any:
    return encode(value.to_dict())


def _figures(
    case: str, own: Mapping[str, Job], typed: list[Model], argument: Any, means: str, effort: Effort
) -> Iterator[Figure]:
    jobs = {f"eventschema ({name})": job for name, job in own.items()}
    notes: dict[str, tuple[str, ...]] = dict.fromkeys(jobs, ())
    for model in typed:
        run = model.convert if means == "convert" else model.decode
        jobs[model.name] = Job(partial(_outcome, run), argument) if "refused" in case else Job(run, argument)
        notes[model.name] = model.notes
    yield from figures(REQUEST, case, medians(jobs, effort), notes)


def _outcome(run: Callable[[Any], Any], argument: Any) -> Any:
    try:
        return run(argument)
    except (msgspec.ValidationError, pydantic.ValidationError) as error:
        return error


def _accepts(run: Callable[[Any], Any], argument: Any) -> bool:
    return not isinstance(_outcome(run, argument), Exception)
