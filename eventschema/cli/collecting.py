"""Makes garbage collection rare in a process that answers many requests, and leaves out the objects that stay.

Python looks for cycles whenever there are 700 new objects, and from time to time among all objects. Requests that are
answered together make more than 700 at once: under load, Python looked for cycles more than a hundred times a second.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: How many new objects there are when Python looks for cycles among them.
NEW_OBJECTS: Final = 20_000


@contextmanager
def rare_collections() -> Iterator[None]:
    """Let Python look for cycles seldom within the block, and not among the objects that are there at its beginning."""
    threshold = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *threshold[1:])
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        gc.unfreeze()
