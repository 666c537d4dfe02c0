"""The eight property types, and the one table of which type takes which.

A schema maps names to these types, detection answers with one of them, and
conformance asks the table whether a value of one may stand in a property of
another.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


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


#: The types that text can be detected as, in the order of detection; at most one of the first four matches any text.
TEXT_TYPES: Final = (
    PropertyType.DATE,
    PropertyType.DATETIME,
    PropertyType.URL,
    PropertyType.EMAIL,
    PropertyType.STRING,
)

#: For each type of a property, the types of value that it may take. Between int and float the number itself
#: decides too: a float must be whole and fit 64 bits, an int must be one that a double holds exactly.
ACCEPTED_TYPES: Final = MappingProxyType(
    {
        PropertyType.BOOL: frozenset({PropertyType.BOOL}),
        PropertyType.INT: frozenset({PropertyType.INT, PropertyType.FLOAT}),
        PropertyType.FLOAT: frozenset({PropertyType.FLOAT, PropertyType.INT}),
        PropertyType.STRING: frozenset(TEXT_TYPES),
        PropertyType.DATE: frozenset({PropertyType.DATE}),
        PropertyType.DATETIME: frozenset({PropertyType.DATETIME}),
        PropertyType.EMAIL: frozenset({PropertyType.EMAIL}),
        PropertyType.URL: frozenset({PropertyType.URL}),
    }
)
