"""Profiles that ``profile --save`` wrote."""

from typing import Any

import click

from eventschema.cli.files import MAX_SAVED_PROFILE, read_document
from eventschema.cli.output import Failure
from eventschema.stream.profile import EventProfile
from eventschema.stream.reading.decoding import NotJSONError, decode_value


def load_profile(path: str) -> EventProfile:
    """Return the profile that the file at ``path`` has. Raises ``Failure`` with the reason if it has none."""
    try:
        return EventProfile.from_dict(_parse(read_document(path, MAX_SAVED_PROFILE)))
    except ValueError as error:
        raise Failure(f"{click.format_filename(path)}: {error}") from None


def _parse(text: bytes) -> Any:
    try:
        return decode_value(text)
    except NotJSONError as error:
        raise ValueError(f"Expected a saved profile, found {error}, at the root.") from None


def add_profiles(profile: EventProfile, loaded: list[EventProfile], paths: tuple[str, ...]) -> None:
    """Add the profiles ``loaded`` from ``paths`` to ``profile``. Raises ``Failure`` for one that does not fit it."""
    for saved, path in zip(loaded, paths, strict=True):
        try:
            profile.update(saved)
        except ValueError as error:
            hint = "it was saved with other --examples or other options for rules"
            raise Failure(f"{click.format_filename(path)}: {error} ({hint}).") from None
