"""The document is true: schemathesis generates requests from it, and checks the responses against it."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case

from eventschema import Rules
from eventschema.store import MemoryStore
from eventschema.web import READ, WRITE, WRITE_SCHEMAS, create_app
from eventschema.web.openapi import openapi


def _scopes(token: str) -> frozenset[str] | None:
    return frozenset({READ, WRITE, WRITE_SCHEMAS}) if token == "known" else None


_config = schemathesis.Config.from_dict(
    # What JSON Schema cannot say is refused with 422: an address that is none, a value that its property does not take.
    # A declaration may contradict the store (409), and a tag is seldom that of the schema (304, 412).
    {"checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "304", "404", "409", "412", "422"]}}}
)
_OPEN = schemathesis.openapi.from_asgi("/openapi.json", create_app(MemoryStore()), config=_config)
_GUARDED = schemathesis.openapi.from_asgi("/openapi.json", create_app(MemoryStore(), authorize=_scopes), config=_config)
_LENIENT = schemathesis.openapi.from_asgi(
    "/openapi.json",
    create_app(
        MemoryStore(), rules=Rules(invalid="drop", empty_texts="ignore", event_ids="text", unknown_fields="ignore")
    ),
    config=_config,
)
_settings = settings(suppress_health_check=list(HealthCheck))


@pytest.mark.slow
@_OPEN.parametrize()
@_settings
def test_an_open_service(case: Case[Any]) -> None:
    case.call_and_validate()


@pytest.mark.slow
@_GUARDED.parametrize()
@_settings
def test_a_guarded_service(case: Case[Any]) -> None:
    case.call_and_validate(headers={"Authorization": "Bearer known"})


@pytest.mark.slow
@_LENIENT.parametrize()
@_settings
def test_a_lenient_service(case: Case[Any]) -> None:
    case.call_and_validate()


def test_the_document_has_the_limits_of_the_rules() -> None:
    rules = Rules(max_properties=7, max_name_length=8, max_string_length=9, max_event_name_length=10, nulls="reject")
    document = openapi(rules, has_tokens=False)
    request = document["components"]["schemas"]["TrackRequest"]["properties"]
    assert request["eventName"]["maxLength"] == 10
    assert request["origin"]["maxLength"] == request["eventVersion"]["maxLength"] == 255
    assert request["properties"]["maxProperties"] == 7
    assert request["contact"]["maxProperties"] == 10
    assert request["properties"]["propertyNames"]["maxLength"] == 8
    assert request["properties"]["additionalProperties"] == {
        "type": ["boolean", "number", "string"],
        "maxLength": 9,
    }
    assert "securitySchemes" not in document["components"]
