"""Names that look the same, or nearly so: they differ only in case, in white space, or in invisible characters.

They are still different names, each with a schema or type of its own, and usually one of them is a mistake.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final
from unicodedata import category, normalize

CASE: Final = "upper and lower case"
_LONGEST: Final = 1000  # characters that are normalized, which takes quadratic time


def look_alikes(names: Iterable[str]) -> list[tuple[str, ...]]:
    """The groups of ``names`` that look the same or nearly so, each sorted, in an order that is always the same."""
    groups: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        groups.setdefault(_reduced(name, _STEPS), []).append(name)
    return [tuple(group) for _, group in sorted(groups.items()) if len(group) > 1]


def differences(group: Sequence[str]) -> tuple[str, ...]:
    """In what the names of a group differ, such as :data:`CASE`: as few words as possible."""
    words = tuple(_STEPS)
    for word in (CASE, *_STEPS):  # if either of two would do, it is not case
        fewer = tuple(other for other in words if other != word)
        if len({_reduced(name, fewer) for name in group}) == 1:
            words = fewer
    return words


def _reduced(name: str, words: Iterable[str]) -> str:
    """``name`` without the differences that ``words`` name."""
    for word in words:
        name = _STEPS[word](name)
    return name


def _without_invisible(name: str) -> str:
    return name if name.isascii() else "".join(c for c in name if category(c) != "Cf" and not "\ufe00" <= c <= "\ufe0f")


def _normal(name: str) -> str:
    return name if name.isascii() or len(name) > _LONGEST else normalize("NFC", name)


def _with_single_spaces(name: str) -> str:
    return " ".join(name.split())


_STEPS: Final[dict[str, Callable[[str], str]]] = {
    "invisible characters": _without_invisible,
    CASE: str.casefold,
    "Unicode normal form (NFC and NFD)": _normal,
    "white space": _with_single_spaces,
}
