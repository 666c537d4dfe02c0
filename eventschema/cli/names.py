"""How names and locations are printed: no two names of a report look the same, and no name controls the terminal."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Final
from unicodedata import is_normalized

from eventschema.cli.output import printable
from eventschema.core.names import is_name
from eventschema.stream.profile.lookalikes import CASE, differences, look_alikes

_MOST_COMPARED: Final = 50
_SELECTORS: Final = frozenset(map(chr, range(0xFE00, 0xFE10)))  # they choose how the character before them looks


class DisplayNames:
    """The names of a report. Most are printed as :func:`printable` returns them.

    Names that look like another one, except for case, and names with white space that is hard to see are
    :func:`quoted`.
    """

    def __init__(self, names: Iterable[str]) -> None:
        listed = list(names)
        alike = (group for group in look_alikes(listed) if differences(group) != (CASE,))
        spaced = (name for name in listed if name != " ".join(name.split()))
        self._quoted = {*spaced, *(name for group in alike for name in group)}

    def text(self, name: str) -> str:
        """Return ``name`` as it is printed."""
        return quoted(name) if name in self._quoted else printable(name)


class DisplayLocations:
    """The locations in a report. If all have one source, a location is printed as its line alone."""

    def __init__(self, sources: Iterable[str]) -> None:
        self._one_source = len(set(sources)) < 2

    def text(self, source: str, line: int) -> str:
        """Return the location as it is printed."""
        return f"line {line:,}" if self._one_source else f"{printable(source)}:{line}"


def similar(names: Sequence[str], known: Iterable[str]) -> dict[str, str]:
    """Return for each of ``names`` that is similar to a ``known`` name: that name.

    Names that differ in case, spaces and punctuation are similar. So are names with a few other letters, which takes
    longer to compare and is therefore done for the first :data:`_MOST_COMPARED` names and known names only.
    """
    listed = sorted(known)
    by_letters = {_letters(name): name for name in reversed(listed)}
    compared = list(by_letters)[-_MOST_COMPARED:]
    found = {}
    for number, name in enumerate(names):
        letters = _letters(name)
        close = [letters] if letters in by_letters else []
        if not close and number < _MOST_COMPARED:
            close = get_close_matches(letters, compared, 1, 0.8)
        if close:
            found[name] = by_letters[close[0]]
    return found


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold())) or name


def property_name(name: str) -> str:
    """Return the name of a property as it is printed: an invalid name is :func:`quoted`."""
    return name if is_name(name) else quoted(name)


def quoted(name: str) -> str:
    r"""Return ``name`` in quotes, with escapes for what cannot be seen, so that no two names look the same.

    If it is not in the Unicode normal form NFC, all characters beyond ASCII are escaped (``"Cafe\u0301"``), since it
    looks like its normal form.
    """
    normal = is_normalized("NFC", name)
    return f'"{"".join(_quoted(character, normal=normal) for character in name)}"'


def _quoted(character: str, *, normal: bool) -> str:
    if character in '"\\':
        return f"\\{character}"
    seen = character.isprintable() and (character.isascii() or (normal and character not in _SELECTORS))
    return character if seen else ascii(character)[1:-1]
