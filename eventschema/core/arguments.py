"""What a programmer gave an argument, checked where it is given: an error says what to give instead.

None of this is for data, of which nothing raises. Where a check would cost an ordinary call something, it stands where
a wrong argument would fail, and only words the failure.
"""

from eventschema.core.pointers import python_type_name
from eventschema.core.rules import Rules

_RULES = "rules made with Rules(...)"


def check_kind(value: object, kind: type | tuple[type, ...], what: str) -> None:
    """Raise ``TypeError`` if ``value`` is not a ``kind``. ``what`` says what to give instead."""
    if not isinstance(value, kind):
        raise wrong_kind(value, what)


def wrong_kind(value: object, what: str) -> TypeError:
    """The exception to raise for a ``value`` that should be ``what``."""
    return TypeError(f"expected {what}, found {python_type_name(value)}")


def require_rules(rules: object) -> None:
    """Raise ``TypeError`` if ``rules`` are not ``Rules`` but, for example, a dict of their fields."""
    check_kind(rules, Rules, _RULES)


def rules_error(rules: object, error: Exception) -> Exception:
    """What to raise where ``error`` came of a call with ``rules``: a ``TypeError`` if those are none, or ``error``."""
    return error if isinstance(rules, Rules) else wrong_kind(rules, _RULES)
