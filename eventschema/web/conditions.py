"""Entity tags and the conditions of requests on them (RFC 9110, sections 8.8.3 and 13.1).

The tag of a schema is ``"VERSION-FINGERPRINT"``. So a person who has read a schema can change just that version of it.
"""

import re
from typing import Final, NamedTuple

from starlette.requests import Request

from eventschema.core.schema import EventSchema
from eventschema.store.versions import Expected
from eventschema.web.body import CLOSE
from eventschema.web.problems import Problem

_TAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_MAX_HEADER: Final = 4096  # characters; a tag has 80


def etag(schema: EventSchema) -> str:
    """The entity tag of ``schema``."""
    return f'"{schema.version}-{schema.fingerprint}"'


def is_known(request: Request, schema: EventSchema) -> bool:
    """Whether the client of a ``GET`` has this version of ``schema``: ``If-None-Match`` has its tag, or ``*``."""
    tags = _read(request, "If-None-Match")
    return tags is not None and ("*" in tags or etag(schema) in _weakened(tags))


class Conditions(NamedTuple):
    """The conditions of a change: the tags of ``If-Match`` and ``If-None-Match``, ``None`` for an absent header."""

    match: frozenset[str] | None
    none_match: frozenset[str] | None

    @classmethod
    def of(cls, request: Request) -> "Conditions":
        """Those of ``request``. Raises ``Problem`` (412) for anything but entity tags or ``*``."""
        return cls(*(_checked(request, name) for name in ("If-Match", "If-None-Match")))

    def check(self, stored: EventSchema | None) -> Expected:
        """The schema that the store must still have when the change is saved, where it has ``stored`` now.

        Raises ``Problem`` (412) if that does not meet the conditions.
        """
        tags = {"*"} if stored is None else {"*", etag(stored)}
        if self.match is not None and (stored is None or not tags & self.match):
            raise moved_on(stored)
        if self.none_match is not None:
            if stored is None:
                return "none"
            if tags & _weakened(self.none_match):
                raise moved_on(stored)
            return stored
        return "any" if self.match is None or "*" in self.match or stored is None else stored


def moved_on(stored: EventSchema | None) -> Problem:
    """The answer 412, with the tag of the ``stored`` schema."""
    if stored is None:
        return Problem(412, "There is no schema of this name.")
    return Problem(412, f"The schema has version {stored.version} now.", {"ETag": etag(stored)})


def _checked(request: Request, name: str) -> frozenset[str] | None:
    tags = _read(request, name)
    if tags is not None and not tags:
        raise Problem(412, f"The header {name} must have entity tags, each in quotes, or * alone.", CLOSE)
    return tags


def _read(request: Request, name: str) -> frozenset[str] | None:
    """The tags of a header, none if it is not a list of tags; ``None`` if it is absent."""
    given = request.headers.getlist(name)
    if not given:
        return None
    text = ",".join(given)
    if text.strip(" \t") == "*":
        return frozenset("*")
    # Tags may have commas: with an empty tag in place of each, what is between commas is a tag or nothing.
    between = {part.strip(" \t") for part in _TAG.sub('""', text).split(",")}
    is_list = len(text) <= _MAX_HEADER and between <= {"", '""'}
    return frozenset(_TAG.findall(text)) if is_list else frozenset()


def _weakened(tags: frozenset[str]) -> set[str]:
    """The tags as the weak comparison of ``If-None-Match`` sees them."""
    return {tag.removeprefix("W/") for tag in tags}
