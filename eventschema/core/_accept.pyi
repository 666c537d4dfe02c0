from collections.abc import Callable, Mapping
from typing import Any

from eventschema.core.accept import PartialMerge
from eventschema.core.results import MergeResult
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.core.violations import Violation

def accept(
    schema: EventSchema, types: Mapping[str, PropertyType], longest_name: int, properties: Any, rules: Rules
) -> MergeResult | PartialMerge | None: ...
def type_codes(values: list[Any], rules: Rules) -> bytes: ...
def round_floats(values: list[float], rules: Rules) -> list[float]: ...
def opening_brackets(text: bytes) -> int: ...
def has_repeated_key(text: bytes, value: Any) -> bool: ...
def only_type_conflicts(
    types: Mapping[str, PropertyType],
    versions: Callable[[], Mapping[str, int]],
    remaining: list[tuple[Any, Any]],
    rules: Rules,
) -> tuple[Violation, ...] | None: ...
def any_repeated_key(texts: list[bytes], values: list[Any]) -> bool: ...
