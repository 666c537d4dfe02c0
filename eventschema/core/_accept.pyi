from collections.abc import Mapping
from typing import Any

from eventschema.core.accept import Accepted
from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType

def accept(
    schema: EventSchema, types: Mapping[str, PropertyType], longest_name: int, properties: Any, rules: Rules
) -> MergeResult | Accepted | None: ...
def type_codes(values: list[Any], rules: Rules) -> bytes: ...
def stored_floats(values: list[float], rules: Rules) -> list[float]: ...
