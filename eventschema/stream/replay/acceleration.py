"""Chooses how a block of events is accepted: by compiled code if it was built, else by plain Python."""

from collections.abc import Callable
from typing import Any, Final

from eventschema.core.acceleration import load_compiled
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.stream.envelopes import Envelope
from eventschema.stream.replay import blocks

AcceptBlock = Callable[[list[Any], Envelope, dict[str, EventSchema], Rules], blocks.AcceptedBlock]

#: The function in use: see ``blocks.accept_block``.
accept_block: Final[AcceptBlock] = (load_compiled("eventschema.stream.replay._blocks") or blocks).accept_block
