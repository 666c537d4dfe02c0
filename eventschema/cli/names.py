"""How names are printed: so that no two names of a report look the same, and none steers a terminal."""

from collections.abc import Iterable
from typing import Final
from unicodedata import is_normalized

from eventschema.cli.output import printable
from eventschema.core.names import is_name
from eventschema.stream.lookalikes import CASE, differences, look_alikes

_SELECTORS: Final = frozenset(map(chr, range(0xFE00, 0xFE10)))  # they choose how the character before them looks


class Names:
    """The names of a report. Most are printed as they are, as :func:`printable` has them.

    Those that look like another of them, but for case, and those with white space that is hard to see are
    :func:`spelled`.
    """

    def __init__(self, names: Iterable[str]) -> None:
        listed = list(names)
        alike = (group for group in look_alikes(listed) if differences(group) != (CASE,))
        spaced = (name for name in listed if name != " ".join(name.split()))
        self._spelled = {*spaced, *(name for group in alike for name in group)}

    def text(self, name: str) -> str:
        """``name`` as it is printed."""
        return spelled(name) if name in self._spelled else printable(name)


def property_name(name: str) -> str:
    """``name`` as it is printed: as it is, or :func:`spelled` where no property can have it."""
    return name if is_name(name) else spelled(name)


def spelled(name: str) -> str:
    r"""``name`` printed as no other name is: in quotes, with escapes for what cannot be seen in it.

    Of a name that is not in the Unicode normal form NFC, all characters beyond ASCII are escaped (``"Cafe\u0301"``),
    since in that form it looks the same.
    """
    normal = is_normalized("NFC", name)
    return f'"{"".join(_spelled(character, normal=normal) for character in name)}"'


def _spelled(character: str, *, normal: bool) -> str:
    if character in '"\\':
        return f"\\{character}"
    seen = character.isprintable() and (character.isascii() or (normal and character not in _SELECTORS))
    return character if seen else ascii(character)[1:-1]
