"""How names are printed: so that no two names of a report look the same, and none steers a terminal."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Final
from unicodedata import is_normalized

from eventschema.cli.output import printable
from eventschema.core.names import is_name
from eventschema.stream.lookalikes import CASE, differences, look_alikes

_MOST_COMPARED: Final = 50
_SELECTORS: Final = frozenset(map(chr, range(0xFE00, 0xFE10)))  # they choose how the character before them looks


class DisplayNames:
    """The names of a report. Most are printed as they are, as :func:`printable` has them.

    Those that look like another of them, but for case, and those with white space that is hard to see are
    :func:`quoted`.
    """

    def __init__(self, names: Iterable[str]) -> None:
        listed = list(names)
        alike = (group for group in look_alikes(listed) if differences(group) != (CASE,))
        spaced = (name for name in listed if name != " ".join(name.split()))
        self._spelled = {*spaced, *(name for group in alike for name in group)}

    def text(self, name: str) -> str:
        """``name`` as it is printed."""
        return quoted(name) if name in self._spelled else printable(name)


def similar(names: Sequence[str], known: Iterable[str]) -> dict[str, str]:
    """For those of the ``names`` that differ little from one of the ``known``: that one.

    Case, spaces and punctuation count for nothing; of the first :data:`_MOST_COMPARED` names and known ones, some
    other letters may differ too, which takes longer to find out.
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
    """``name`` as it is printed: as it is, or :func:`quoted` where no property can have it."""
    return name if is_name(name) else quoted(name)


def quoted(name: str) -> str:
    r"""``name`` printed as no other name is: in quotes, with escapes for what cannot be seen in it.

    Of a name that is not in the Unicode normal form NFC, all characters beyond ASCII are escaped (``"Cafe\u0301"``),
    since in that form it looks the same.
    """
    normal = is_normalized("NFC", name)
    return f'"{"".join(_quoted(character, normal=normal) for character in name)}"'


def _quoted(character: str, *, normal: bool) -> str:
    if character in '"\\':
        return f"\\{character}"
    seen = character.isprintable() and (character.isascii() or (normal and character not in _SELECTORS))
    return character if seen else ascii(character)[1:-1]
