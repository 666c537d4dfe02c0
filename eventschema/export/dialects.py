"""The SQL dialects: the types of their columns, their names, and what gets lost. Needs SQLAlchemy.

PostgreSQL, SQLite and MySQL are SQLAlchemy's own dialects. DuckDB reads PostgreSQL's statements. Snowflake and
ClickHouse are SQLAlchemy's generic compiler with their own escapes: dialect packages exist for all three, but each
brings a driver and its dependencies for what is a few lines here.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy.dialects.mysql import DATETIME, LONGTEXT
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.schema import Column, Table
from sqlalchemy.sql.compiler import DDLCompiler, IdentifierPreparer, SQLCompiler
from sqlalchemy.types import BigInteger, Boolean, Date, DateTime, Double, String, Text, TypeEngine, UserDefinedType

from eventschema.core.grammar import MAX_EMAIL_LENGTH
from eventschema.core.rules import Rules
from eventschema.core.types import PropertyType
from eventschema.export.naming import Naming, any_name, cut, octets
from eventschema.export.remarks import NO_LIMIT, NOT_CHECKED, POINT_IN_TIME, Sentences


class _Literal(UserDefinedType[Any]):
    """A type of a dialect, as it is written there."""

    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **_: Any) -> str:
        return self.text


class _PostgreSQL(PGDialect):
    _backslash_escapes = False  # as since 9.1 (standard_conforming_strings); SQLAlchemy asks a connection for it


class _BackslashCompiler(SQLCompiler):
    r"""Literals in which ``\`` begins an escape."""

    def render_literal_value(self, value: Any, type_: TypeEngine[Any]) -> str:
        return super().render_literal_value(value, type_).replace("\\", "\\\\")


class _Snowflake(DefaultDialect):
    name = "snowflake"
    supports_comments = True
    statement_compiler = _BackslashCompiler


class _ClickHouseNames(IdentifierPreparer):
    r"""Quoted names in which ``\`` begins an escape."""

    def _escape_identifier(self, value: str) -> str:
        return value.replace("\\", "\\\\").replace('"', '\\"')


class _ClickHouseDDL(DDLCompiler):
    """Columns with their comments, and the engine of the table, which ClickHouse requires."""

    def get_column_specification(self, column: Column[Any], **options: Any) -> str:
        name, type_ = self.preparer.format_column(column), self.dialect.type_compiler_instance.process(column.type)
        return f"{name} {type_} COMMENT {self._literal(column.comment)}"

    def post_create_table(self, table: Table) -> str:
        return f" ENGINE = MergeTree ORDER BY tuple() COMMENT {self._literal(table.comment)}"

    def _literal(self, text: str | None) -> str:
        return self.sql_compiler.render_literal_value(text, String())


class _ClickHouse(DefaultDialect):
    name = "clickhouse"
    supports_comments = True
    inline_comments = True
    statement_compiler = _BackslashCompiler
    ddl_compiler = _ClickHouseDDL
    preparer = _ClickHouseNames


class Row(NamedTuple):
    """The type of a column under given rules, and what gets lost."""

    type: Callable[[Rules], TypeEngine[Any]]
    lost: Sentences = ()


class Dialect(NamedTuple):
    """A dialect of SQL.

    ``compiler`` makes SQLAlchemy's dialect. ``moment`` is the row of dateTime where it is typed. ``lost`` is about the
    whole table. ``max_columns`` and ``max_comment`` (in characters) are ``None`` for no limit.
    """

    compiler: Callable[[], DefaultDialect]
    types: Mapping[PropertyType, Row]
    moment: Row
    tables: Naming
    columns: Naming
    max_columns: int | None = None
    max_comment: int | None = None
    lost: Sentences = ()


def _always(type_: TypeEngine[Any], lost: Sentences = ()) -> Row:
    return Row(lambda _: type_, lost)


def _types(
    text: Callable[[int], TypeEngine[Any]],
    varchar: Callable[[int], TypeEngine[Any]],
    lost_of_text: Sentences = (),
    **others: Row,
) -> Mapping[PropertyType, Row]:
    """A table of types: ``text`` and ``varchar`` by their limit, and ``others`` by the name of the type."""

    def limit(rules: Rules) -> int:
        return rules.max_string_length

    rows = {
        PropertyType.BOOL: _always(Boolean()),
        PropertyType.INT: _always(BigInteger()),
        PropertyType.FLOAT: _always(Double()),
        PropertyType.STRING: Row(lambda rules: text(limit(rules)), lost_of_text),
        PropertyType.DATE: _always(Date()),
        PropertyType.DATETIME: Row(lambda rules: text(limit(rules)), NOT_CHECKED),
        PropertyType.EMAIL: Row(lambda rules: varchar(min(MAX_EMAIL_LENGTH, limit(rules))), NOT_CHECKED),
        PropertyType.URL: Row(lambda rules: varchar(limit(rules)), NOT_CHECKED),
    }
    return MappingProxyType(rows | {PropertyType(name): row for name, row in others.items()})


def _varchar(most: int) -> Callable[[int], TypeEngine[Any]]:
    """VARCHAR with the limit where it is at most ``most``, else TEXT."""
    return lambda limit: String(limit) if 0 < limit <= most else Text()


def _text(_: int) -> TypeEngine[Any]:
    return Text()


def _mysql_text(limit: int) -> TypeEngine[Any]:
    # A row holds 65,535 octets of VARCHAR in all, which eight texts would exceed, but any number of TEXT.
    return Text() if limit * _MYSQL_OCTETS <= _MYSQL_TEXT else LONGTEXT()


def _sqlite_table(name: str) -> str:
    return f"x{name}" if name.lower().startswith("sqlite_") else name


def _mysql_name(name: str) -> str:
    plain = "".join("_" if ord(c) > _BMP else c for c in name)
    return cut(f"{plain[:-1]}_" if plain.endswith(" ") else plain, _MYSQL_NAME)


def _file_name_length(name: str) -> int:
    return sum(1 if c.isascii() and (c.isalnum() or c == "_") else 3 * octets(c) for c in name)


_BMP: Final = 0xFFFF
_MYSQL_NAME: Final = 64
_MYSQL_TEXT: Final = 65_535  # octets of a TEXT
_MYSQL_OCTETS: Final = 4  # of a character of utf8mb4
_POSTGRESQL_NAME: Final = 63  # octets
_POSTGRESQL_VARCHAR: Final = 10_485_760
_ANY_VARCHAR: Final = 2**31 - 1  # where the limit is only written down, and not enforced
_SNOWFLAKE_NAME: Final = 255
_SNOWFLAKE_VARCHAR: Final = 16_777_216
_CLICKHOUSE_NAME: Final = 200  # octets of the folder of a table, which has its name with escapes

_NO_NUL: Final = ("Texts with the character U+0000 cannot be stored.",)
_STORED_AS_NUMBER: Final = ("Stored as 1 and 0.",)
_FROM_1000: Final = ("Years before 1000 are not supported.",)
_FROM_1900: Final = ("Years before 1900 and after 2299 are not supported.",)


def _nullable(name: str) -> TypeEngine[Any]:
    return _Literal(f"Nullable({name})")


def _clickhouse_text(_: int) -> TypeEngine[Any]:
    return _nullable("String")


def _postgresql() -> DefaultDialect:
    return _PostgreSQL(paramstyle="named")  # type: ignore[no-untyped-call]  # SQLAlchemy's constructor has no types


#: Every dialect by its name. With another style of parameters, SQLAlchemy doubles each % in a name.
DIALECTS: Final[Mapping[str, Dialect]] = MappingProxyType(
    {
        "postgresql": Dialect(
            compiler=_postgresql,
            types=_types(_text, _varchar(_POSTGRESQL_VARCHAR), NO_LIMIT),
            moment=_always(DateTime(timezone=True), POINT_IN_TIME),
            tables=Naming(lambda name: cut(name, _POSTGRESQL_NAME, octets)),
            columns=Naming(lambda name: cut(name, _POSTGRESQL_NAME, octets)),
            max_columns=1600,
            lost=_NO_NUL,
        ),
        "sqlite": Dialect(
            compiler=lambda: SQLiteDialect(paramstyle="named"),
            types=_types(_text, _varchar(_ANY_VARCHAR), NO_LIMIT, bool=_always(Boolean(), _STORED_AS_NUMBER)),
            moment=_always(DateTime(), POINT_IN_TIME),
            tables=Naming(_sqlite_table, str.lower),
            columns=Naming(any_name, str.lower),
            max_columns=2000,
            lost=("SQLite accepts values of any type in every column.",),
        ),
        "mysql": Dialect(
            compiler=lambda: MySQLDialect(paramstyle="named"),
            types=_types(
                _mysql_text,
                _mysql_text,
                NO_LIMIT,
                bool=_always(Boolean(), _STORED_AS_NUMBER),
                date=_always(Date(), _FROM_1000),
            ),
            moment=_always(DATETIME(fsp=6), POINT_IN_TIME + _FROM_1000),
            tables=Naming(_mysql_name),
            columns=Naming(_mysql_name, str.lower),
            max_columns=1017,
            max_comment=1024,
        ),
        "clickhouse": Dialect(
            compiler=lambda: _ClickHouse(paramstyle="named"),
            types=_types(
                _clickhouse_text,
                _clickhouse_text,
                NO_LIMIT,
                bool=_always(_nullable("Bool")),
                int=_always(_nullable("Int64")),
                float=_always(_nullable("Float64")),
                date=_always(_nullable("Date32"), _FROM_1900),
            ),
            moment=_always(_nullable("DateTime64(6, 'UTC')"), POINT_IN_TIME + _FROM_1900),
            tables=Naming(lambda name: cut(name, _CLICKHOUSE_NAME, _file_name_length)),
            columns=Naming(any_name),
        ),
        "duckdb": Dialect(
            compiler=_postgresql,
            types=_types(_text, _varchar(_ANY_VARCHAR), NO_LIMIT),
            moment=_always(DateTime(timezone=True), POINT_IN_TIME),
            tables=Naming(any_name, str.lower),
            columns=Naming(any_name, str.lower),
        ),
        "snowflake": Dialect(
            compiler=lambda: _Snowflake(paramstyle="named"),
            types=_types(_text, _varchar(_SNOWFLAKE_VARCHAR), NO_LIMIT),
            moment=_always(_Literal("TIMESTAMP_TZ(6)"), POINT_IN_TIME),
            tables=Naming(lambda name: cut(name, _SNOWFLAKE_NAME)),
            columns=Naming(lambda name: cut(name, _SNOWFLAKE_NAME)),
        ),
    }
)
