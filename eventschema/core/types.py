"""The eight property types, and which types of value a property of each type accepts."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Never

_LONGEST: Final = 128  # characters of another word that an error repeats


class PropertyType(StrEnum):
    """The type of a property. A member is its name in documents: ``PropertyType.DATETIME == "dateTime"``."""

    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    STRING = "string"
    DATE = "date"
    DATETIME = "dateTime"
    EMAIL = "email"
    URL = "url"

    @classmethod
    def _missing_(cls, value: object) -> Never:
        """Raise ``ValueError`` for another ``value``, which says which words there are: people write these."""
        text = repr(value) if isinstance(value, str) and len(value) <= _LONGEST else type(value).__name__
        raise ValueError(f"expected one of {', '.join(cls)}, found {text}")


#: The formats that text can be detected as, in the order of detection. A text is of one format at most.
TEXT_FORMATS: Final = (PropertyType.DATE, PropertyType.DATETIME, PropertyType.URL, PropertyType.EMAIL)
#: The types whose values are text.
TEXT_TYPES: Final = (*TEXT_FORMATS, PropertyType.STRING)

#: The types that detection always has: without these, a bool, a number or a text might get no type.
ALWAYS_DETECTED: Final = frozenset({PropertyType.BOOL, PropertyType.FLOAT, PropertyType.STRING})

#: The Python class of the stored values of each type.
CLASSES: Final[Mapping[PropertyType, type]] = MappingProxyType(
    {PropertyType.BOOL: bool, PropertyType.INT: int, PropertyType.FLOAT: float, **dict.fromkeys(TEXT_TYPES, str)}
)

#: For each type, the other types that all its values belong to as well. An int is not always a float: from 2**53 on,
#: not every integer is a double.
LOSSLESS: Final[Mapping[PropertyType, frozenset[PropertyType]]] = MappingProxyType(
    {type_: frozenset({PropertyType.STRING} if type_ in TEXT_FORMATS else ()) for type_ in PropertyType}
)

#: For each type of a property, the types of value that it may accept. Between int and float the number itself decides
#: too: a float must be whole and fit 64 bits, an int must be one that a double holds exactly.
ACCEPTED_TYPES: Final[Mapping[PropertyType, frozenset[PropertyType]]] = MappingProxyType(
    {type_: frozenset({type_}) for type_ in PropertyType}
    | {
        PropertyType.INT: frozenset({PropertyType.INT, PropertyType.FLOAT}),
        PropertyType.FLOAT: frozenset({PropertyType.FLOAT, PropertyType.INT}),
        PropertyType.STRING: frozenset(TEXT_TYPES),
    }
)
