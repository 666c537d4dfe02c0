"""Tables in SQL: a CREATE TABLE statement for each event, with the names and types of its properties as comments."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.schema import CreateTable, ExecutableDDLElement, SetColumnComment, SetTableComment
from sqlalchemy.sql.elements import quoted_name

from eventschema.core.arguments import require_rules
from eventschema.core.rules import DEFAULT_RULES, Rules
from eventschema.core.schema import EventSchema
from eventschema.core.types import PropertyType
from eventschema.export.descriptions import describe_event, describe_property
from eventschema.export.dialects import DIALECTS, Dialect, Row
from eventschema.export.naming import lawful_names
from eventschema.export.remarks import Remark, Schemas, remarks_of, require_columns, schemas_of

_NO_COLUMNS: Final = "No table, since a table needs a column."


def to_sql(schemas: Schemas, dialect: str, typed: bool = False, *, rules: Rules = DEFAULT_RULES) -> str:
    """The CREATE TABLE statements of one or more events in ``dialect``, each with its comments.

    ``dialect`` is postgresql, sqlite, mysql, clickhouse, duckdb or snowflake. Every column may be NULL, and every name
    is quoted, so that reserved words are names too. A dateTime is text, as it was sent, or a timestamp in UTC if
    ``typed``. An event without properties has a comment in place of a table.

    Raises ``ValueError`` for another dialect, for more properties than a table has columns, and if two names are the
    same in ``dialect``.
    """
    require_rules(rules)
    chosen = _dialect(dialect)
    listed = schemas_of(schemas)
    tables = lawful_names([schema.name for schema in listed], chosen.tables, "events", dialect)
    parts = [_statements(schema, tables[schema.name], dialect, rules, typed=typed) for schema in listed]
    return "\n\n".join(parts) + "\n" if parts else ""


def sql_remarks(schema: EventSchema, dialect: str, *, typed: bool = False) -> tuple[Remark, ...]:
    """What the table of ``schema`` in ``dialect`` cannot say."""
    chosen = _dialect(dialect)
    whole = chosen.lost if schema.properties else (_NO_COLUMNS,)
    return remarks_of(schema, {type_: _row(chosen, type_, typed=typed).lost for type_ in PropertyType}, whole)


def _dialect(name: str) -> Dialect:
    if name not in DIALECTS:
        raise ValueError(f"dialect: expected one of {', '.join(DIALECTS)}, found {name!r}")
    return DIALECTS[name]


def _row(dialect: Dialect, type_: PropertyType, *, typed: bool) -> Row:
    return dialect.moment if typed and type_ is PropertyType.DATETIME else dialect.types[type_]


def _statements(schema: EventSchema, table_name: str, name: str, rules: Rules, *, typed: bool) -> str:
    dialect = DIALECTS[name]
    if dialect.max_columns is not None:
        require_columns(schema, dialect.max_columns, name)
    columns = lawful_names(schema.properties, dialect.columns, "properties", name)
    compiler = dialect.compiler()
    remarks = list(_comments(schema, sql_remarks(schema, name, typed=typed), whole=compiler.supports_comments))
    if not columns:
        return "\n".join(remarks)
    table = Table(
        quoted_name(table_name, True),
        MetaData(),
        *(
            _column(quoted_name(columns[property_], True), property_, type_, dialect, rules, typed=typed)
            for property_, type_ in schema.properties.items()
        ),
        comment=_cut(describe_event(schema.name), dialect),
    )
    return "\n".join([*remarks, *(_text(element, compiler) for element in _elements(table, compiler))])


def _column(
    name: quoted_name, property_: str, type_: PropertyType, dialect: Dialect, rules: Rules, *, typed: bool
) -> Column[Any]:
    row = _row(dialect, type_, typed=typed)
    return Column(name, row.type(rules), comment=_cut(describe_property(property_, type_, row.lost), dialect))


def _cut(comment: str, dialect: Dialect) -> str:
    return comment if dialect.max_comment is None else comment[: dialect.max_comment]


def _comments(schema: EventSchema, remarks: Iterable[Remark], *, whole: bool) -> Iterator[str]:
    """Lines of comments: on the ``whole`` event alone, where columns have comments of their own; else on all of it."""
    yield f"-- Event {json.dumps(schema.name)}."
    by_sentence: dict[str, list[str]] = {}
    for remark in remarks:
        names = by_sentence.setdefault(remark.sentence, [])
        if remark.property is not None:
            names.append(remark.property)
    for sentence, names in by_sentence.items():
        if not names:
            yield f"-- {sentence}"
        elif not whole:
            yield f"-- {', '.join(names)}: {sentence}"


def _elements(table: Table, compiler: DefaultDialect) -> Iterator[ExecutableDDLElement]:
    yield CreateTable(table)
    if compiler.supports_comments and not compiler.inline_comments:
        yield SetTableComment(table)
        for column in table.columns:
            yield SetColumnComment(column)


def _text(element: ExecutableDDLElement, compiler: DefaultDialect) -> str:
    # Split at "\n" alone: a name may have other characters that Python takes for ends of lines.
    lines = str(element.compile(dialect=compiler)).strip("\n").expandtabs(4).split("\n")
    return "\n".join(line.rstrip(" ") for line in lines) + ";"
