"""Which fast path of requests is used."""

import importlib.util
import os
from pathlib import Path

from eventschema.track import acceleration, fastpath

BUILT = importlib.util.find_spec("eventschema.track._fastpath") is not None
PURE = os.environ.get("EVENTSCHEMA_PURE") == "1"


def test_the_compiled_one_is_used_where_it_was_built() -> None:
    assert (acceleration.fast_path is fastpath.fast_path) is (PURE or not BUILT)


def test_the_compiled_one_needs_no_lock_of_the_interpreter() -> None:
    first, *_ = (Path(acceleration.__file__).parent / "_fastpath.pyx").read_text().splitlines()
    assert "freethreading_compatible=True" in first
