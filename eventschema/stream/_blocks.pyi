from typing import Any

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.stream.blocks import AcceptedBlock
from eventschema.stream.envelopes import Envelope

def accept_block(
    values: list[Any], envelope: Envelope, schemas: dict[str, EventSchema], rules: Rules
) -> AcceptedBlock: ...
