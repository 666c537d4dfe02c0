from typing import Any

from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.stream.envelopes import Envelope
from eventschema.stream.replay.blocks import AcceptedBlock

def accept_block(
    values: list[Any], envelope: Envelope, schemas: dict[str, EventSchema], rules: Rules
) -> AcceptedBlock: ...
