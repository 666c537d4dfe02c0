"""Checks the arguments that a programmer passes. An error says what to pass instead.

This is not for data: invalid data never raises. Where a check would slow down ordinary calls, the call is made
unchecked, and only if it fails is its error replaced by a clear one.
"""

from eventschema.core.pointers import python_type_name
from eventschema.core.rules import Rules

_RULES = "rules made with Rules(...)"


def check_kind(value: object, kind: type | tuple[type, ...], what: str) -> None:
    """Raise ``TypeError`` if ``value`` is not a ``kind``. ``what`` says what to pass instead."""
    if not isinstance(value, kind):
        raise wrong_kind(value, what)


def wrong_kind(value: object, what: str) -> TypeError:
    """The exception to raise for a ``value`` that should be ``what``."""
    return TypeError(f"expected {what}, found {python_type_name(value)}")


def require_rules(rules: object) -> None:
    """Raise ``TypeError`` if ``rules`` are not ``Rules`` but, for example, a dict of their fields."""
    check_kind(rules, Rules, _RULES)


def rules_error(rules: object, error: Exception) -> Exception:
    """The exception to raise after a call with ``rules`` failed with ``error``.

    A ``TypeError`` if ``rules`` are not ``Rules``, else ``error``.
    """
    return error if isinstance(rules, Rules) else wrong_kind(rules, _RULES)
