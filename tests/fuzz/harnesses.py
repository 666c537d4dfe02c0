"""The fuzz harnesses. Each takes any bytes, and fails if its invariant is broken."""

import json
import pickle
from collections.abc import Callable, Mapping
from typing import Any, Final
from unittest.mock import patch

from eventschema import (
    Contact,
    ContactChange,
    EventSchema,
    PropertyType,
    Rules,
    SchemaChange,
    TrackedEvent,
    TrackRequest,
    dumps_schemas,
    loads_schemas,
    problem_details,
)
from eventschema.core import schema as schema_module
from eventschema.core.formats import matches, text_type
from tests import definition, reference
from tests.definition import Outcome, defined_email
from tests.fuzz.source import RULES, Source, text_of
from tests.support import ACCEPTS, fast_parts, outcome_of_merge

Document = type[EventSchema] | type[SchemaChange] | type[Contact] | type[ContactChange] | type[TrackedEvent]

DOCUMENTS: Final[tuple[Document, ...]] = (EventSchema, SchemaChange, Contact, ContactChange, TrackedEvent)


def fuzz_formats(data: bytes) -> None:
    """Every function finds the format of a text that ``tests/reference.py`` finds."""
    text = text_of(data)
    rules = Rules()
    of = {
        PropertyType.DATE: reference.is_date(text),
        PropertyType.DATETIME: reference.is_datetime(text),
        PropertyType.URL: reference.is_url(text, rules.url_schemes),
        PropertyType.EMAIL: defined_email(text) is not None,
    }
    found = [kind for kind, is_of in of.items() if is_of] or [PropertyType.STRING]
    assert len(found) == 1
    assert text_type(text, rules) is found[0]
    fits = len(text) <= rules.max_string_length and text.isprintable()  # so it has no lone surrogates
    for kind, is_of in of.items():
        assert matches(text, kind, rules) is is_of
        for accept in ACCEPTS:
            _, _, rest = fast_parts(accept, {"a": kind}, {"a": text}, rules)
            assert is_of or rest == [("a", text)]
        if fits:
            assert EventSchema("e", {"a": kind}).merge({"a": text}).ok is is_of


def fuzz_merge(data: bytes) -> None:
    """Merge raises nothing, changes none of its arguments, and agrees with the definition on every fast path."""
    source = Source(data)
    rules = source.one_of(RULES)
    schema, event = source.schema(), source.mapping()
    before = pickle.dumps((schema, event))
    expected = definition.merge(schema.to_dict(), event, rules)
    for accept in ACCEPTS:
        assert _merged(accept, schema, event, rules) == expected
    assert pickle.dumps((schema, event)) == before
    result = schema.merge(event, rules)
    json.dumps([error.to_dict() for error in result.errors]).encode()
    if result.ok:
        again = result.schema.merge(result.properties, rules)
        assert again.schema is result.schema
        assert repr(again.properties) == repr(result.properties)


def _merged(accept: Callable[..., Any], schema: EventSchema, event: dict[Any, Any], rules: Rules) -> Outcome:
    with patch.object(schema_module, "accept", accept):
        return outcome_of_merge(schema, event, rules)


def fuzz_track(data: bytes) -> None:
    """A request is parsed and decided without an exception, and accepted or refused with all its errors."""
    source = Source(data)
    rules = source.one_of(RULES)
    payload: Any = source.value() if source.number(8) == 1 else _request(source)
    request = TrackRequest.parse(payload, rules)
    name = request.event_name
    schema = None if name is None or source.number(2) else source.schema(name)
    decision = request.decide(schema, [source.contact() for _ in range(source.number(3))])
    assert decision.ok is not bool(decision.errors)
    assert set(request.errors) <= set(decision.errors)
    json.dumps(problem_details(decision.errors), ensure_ascii=False).encode()
    if decision.event is not None:
        assert decision.contact is not None
        assert TrackedEvent.from_dict(json.loads(json.dumps(decision.event.to_dict()))).name == name
        assert Contact.from_dict(json.loads(json.dumps(decision.contact.to_dict()))) == decision.contact
        assert pickle.loads(pickle.dumps(decision)) == decision


def _request(source: Source) -> dict[Any, Any]:
    contact = {"email": "ann@example.com"} | source.mapping(1) if source.number(4) else source.mapping(1)
    return {"eventName": "order", "contact": contact, "properties": source.mapping(1)} | source.mapping(1)


def fuzz_documents(data: bytes) -> None:
    """A document is a ``ValueError``, or a value that survives a round trip; so is a file of schemas."""
    _fuzz_file(data)
    source = Source(data)
    for kind in DOCUMENTS:
        document = source.value() if source.number(8) == 1 else {**_document(source, kind), **source.mapping()}
        _fuzz_document(kind, document)


def _fuzz_file(data: bytes) -> None:
    try:
        schemas = loads_schemas(data)
    except ValueError as error:
        str(error).encode()
        return
    assert loads_schemas(dumps_schemas(schemas)) == schemas


def _document(source: Source, kind: Document) -> Mapping[str, Any]:
    if kind is EventSchema:
        return source.schema().to_dict()
    if kind is Contact:
        return source.contact().to_dict()
    if kind is SchemaChange:
        return SchemaChange("order", None, source.schema().properties).to_dict()
    decision = TrackRequest.parse(_request(source)).decide(None, ())
    value = decision.event if kind is TrackedEvent else decision.contact_change
    return {} if value is None else value.to_dict()


def _fuzz_document(kind: Document, document: Any) -> None:
    try:
        value = kind.from_dict(document)
    except ValueError as error:
        str(error).encode()
        return
    written = json.loads(json.dumps(value.to_dict()))
    assert kind.from_dict(written).to_dict() == written


#: By the name under which ``python -m tests.fuzz`` runs them.
HARNESSES: Final[dict[str, Callable[[bytes], None]]] = {
    "formats": fuzz_formats,
    "merge": fuzz_merge,
    "track": fuzz_track,
    "documents": fuzz_documents,
}
