"""Chooses the fast path of track requests: the compiled one if it was built, else the plain one."""

from typing import Final

from eventschema.core.acceleration import load_compiled
from eventschema.track import fastpath

#: The fast path in use: see ``fastpath.fast_path``.
fast_path: Final[fastpath.FastPath] = (load_compiled("eventschema.track._fastpath") or fastpath).fast_path
