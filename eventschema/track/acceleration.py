"""Chooses the fast path of track requests: the compiled one if it was built, else the plain one."""

from typing import Final

from eventschema.core.acceleration import pure_requested
from eventschema.track.fastpath import FastPath
from eventschema.track.fastpath import fast_path as plain_fast_path


def _compiled_fast_path() -> FastPath | None:
    if pure_requested():
        return None
    try:
        from eventschema.track._fastpath import fast_path
    except ImportError:  # built without a C compiler
        return None
    return fast_path


#: The fast path in use: see ``fastpath.fast_path``.
fast_path: Final[FastPath] = _compiled_fast_path() or plain_fast_path
