"""Checkpoints: how far files were read, saved in the transaction of what was read from them.

A checkpoint is changed by compare-and-swap, so of two processes that read the same file only one goes on.
"""

from collections.abc import Sequence
from typing import NamedTuple

from eventschema.core.arguments import check_kind, wrong_kind
from eventschema.store.arguments import read_text
from eventschema.store.protocols import StoreError
from eventschema.stream.positions import Position


class Checkpoint(NamedTuple):
    """A change of the checkpoint ``name`` from ``before`` (``None``: there must be none yet) to ``after``."""

    name: str
    before: Position | None
    after: Position


class CheckpointConflictError(StoreError):
    """A checkpoint is not what it was said to be: another process has changed it. Nothing was saved.

    ``name`` is that of the checkpoint.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return "another process reads the same file at the same time, and has gone on with it"


def read_checkpoints(value: object) -> tuple[Checkpoint, ...]:
    """The checkpoints in ``value``. Raises ``TypeError`` if it is anything but a sequence of them."""
    if not isinstance(value, Sequence):
        raise wrong_kind(value, "a sequence of checkpoints (Checkpoint)")
    for each in value:
        check_kind(each, Checkpoint, "checkpoints (Checkpoint)")
        read_text(each.name, "the name of a checkpoint")
    return tuple(value)
