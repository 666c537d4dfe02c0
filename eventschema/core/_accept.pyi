from collections.abc import Mapping
from typing import Any

from eventschema.core.accept import Accepted
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType

def accept(types: Mapping[str, PropertyType], properties: dict[Any, Any], rules: Rules) -> Accepted | None: ...
def type_codes(values: list[Any], rules: Rules) -> bytes: ...
