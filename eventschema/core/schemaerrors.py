"""The errors about schemas that people govern: frozen schemas, events without a declared schema, bad declarations."""

from eventschema.core.violations import Violation


class FrozenSchema(Violation):
    """A new property for a schema that is frozen. ``since`` is the version that froze it, 0: it was declared frozen."""

    __slots__ = ("_since",)
    __match_args__ = ("pointer", "since")
    code = "frozen_schema"

    def __init__(self, pointer: str, since: int) -> None:
        self._pointer = pointer
        self._since = since

    @property
    def since(self) -> int:
        """The version of the schema that froze it; 0: it was declared frozen."""
        return self._since

    def _sentence(self) -> tuple[str, str]:
        why = f"frozen by version {self._since}" if self._since else "declared frozen"
        return f"a property of the schema ({why})", "one that the schema does not have"


class UndeclaredEvent(Violation):
    """An event whose name has no schema, in a registry with ``declared_only``."""

    __slots__ = ()
    code = "undeclared_event"
    _expected = "an event with a declared schema"
    _found = "one without a schema"


class InvalidSchema(Violation):
    """A declaration or a retype that is not valid: what was expected and found at the place."""

    __slots__ = ("_actual", "_expected_words")
    __match_args__ = ("pointer", "expected", "actual")
    code = "invalid_schema"

    def __init__(self, pointer: str, expected: str, actual: str) -> None:
        self._pointer = pointer
        self._expected_words = expected
        self._actual = actual

    @property
    def expected(self) -> str:
        """What was expected."""
        return self._expected_words

    @property
    def actual(self) -> str:
        """What was found."""
        return self._actual

    def _sentence(self) -> tuple[str, str]:
        return self._expected_words, self._actual
