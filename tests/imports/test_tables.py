"""The tables of types are total, and the names of the extra are names of the package."""

import pytest

from eventschema import PropertyType, imports
from eventschema.imports.columns import EXPORTED_AS


def test_the_table_of_exported_types_is_total() -> None:
    assert set(EXPORTED_AS) == set(PropertyType)
    assert all(type_ in types for type_, types in EXPORTED_AS.items())


def test_names_of_the_extra_are_names_of_the_package() -> None:
    from eventschema.imports.sql import from_sql_table

    assert imports.from_sql_table is from_sql_table
    assert dir(imports) == sorted([*imports.__all__, "from_arrow", "from_sql_table"])
    with pytest.raises(AttributeError, match=r"^module 'eventschema\.imports' has no attribute 'from_excel'$"):
        imports.from_excel  # type: ignore[attr-defined]  # noqa: B018  (asking is what fails)
