"""Which way of accepting blocks of events is used."""

import importlib.util
import os
from pathlib import Path

from eventschema.stream.replay import acceleration, blocks

BUILT = importlib.util.find_spec("eventschema.stream.replay._blocks") is not None
PURE = os.environ.get("EVENTSCHEMA_PURE") == "1"


def test_the_compiled_one_is_used_where_it_was_built() -> None:
    assert (acceleration.accept_block is blocks.accept_block) is (PURE or not BUILT)


def test_the_compiled_one_needs_no_lock_of_the_interpreter() -> None:
    first, *_ = (Path(acceleration.__file__).parent / "_blocks.pyx").read_text().splitlines()
    assert "freethreading_compatible=True" in first
