"""Which way of accepting a block of events is in use: the compiled one where it was built, else the plain one."""

from collections.abc import Callable
from typing import Any, Final

from eventschema.core.acceleration import pure_requested
from eventschema.core.rules import Rules
from eventschema.core.schema import EventSchema
from eventschema.stream.envelopes import Envelope
from eventschema.stream.replay.blocks import AcceptedBlock
from eventschema.stream.replay.blocks import accept_block as plain_accept_block

AcceptBlock = Callable[[list[Any], Envelope, dict[str, EventSchema], Rules], AcceptedBlock]


def _compiled_accept_block() -> AcceptBlock | None:
    if pure_requested():
        return None
    try:
        from eventschema.stream.replay._blocks import accept_block
    except ImportError:  # built without a C compiler
        return None
    return accept_block


#: What is in use: see ``blocks.accept_block``.
accept_block: Final[AcceptBlock] = _compiled_accept_block() or plain_accept_block
