"""The parameters of the PostgreSQL action."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from flowforge_provider.nodes.fields import RequiredConnectionId, widget
from flowforge_provider.nodes.spec import Parameters
from flowforge_provider.nodes.sql_text import SqlText
from flowforge_provider.nodes.templated import OPEN, Templated

When = dict[str, "str | list[str]"]

_COLUMNS = "/api/connections/{connection_id}/columns?schema={table_schema}&table={table}"

_SQL: When = {"operation": ["query", "execute"]}
_TABLE: When = {"operation": ["insert", "update", "upsert", "delete"]}
_ROWS: When = {"operation": ["insert", "upsert"]}
_CHANGED: When = {"operation": ["update", "delete"]}


def _check_name(name: str) -> str:
    if OPEN in name:
        raise PydanticCustomError(
            "expression-in-sql",
            "An expression gives a value, never the name of a schema, table, column or function. Write the "
            "name itself; where the data decide about it, use a Switch with a step for each name.",
        )
    if "\0" in name:
        raise PydanticCustomError("control-character", "A name holds no control characters.")
    return name


# PostgreSQL cuts names off after 63 bytes. Case counts: names are quoted.
Name = Annotated[str, Field(max_length=63), AfterValidator(_check_name)]
ColumnName = Annotated[Name, Field(min_length=1, json_schema_extra=widget(suggestions=_COLUMNS))]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)


class ColumnValue(_Row):
    """A column and its value."""

    name: Annotated[Name, Field(min_length=1)] = Field(
        title="Column",
        description="Name of the column.",
        examples=["quantity"],
        json_schema_extra=widget(suggestions=_COLUMNS, label_ru="Столбец", help_ru="Имя столбца."),
    )
    value: Templated[Any] = Field(
        default=None,
        title="Value",
        description="Any JSON; it becomes what the column holds.",
        examples=["{{ trigger.body.quantity }}"],
        json_schema_extra=widget(
            "expression", label_ru="Значение", help_ru="Любой JSON; приводится к типу столбца."
        ),
    )


class Argument(_Row):
    """An argument of a function."""

    name: Name = Field(
        default="",
        title="Name",
        description="Name of the argument; leave it empty to pass the value by position.",
        json_schema_extra=widget(label_ru="Имя", help_ru="Имя аргумента; пусто: по порядку."),
    )
    value: Templated[Any] = Field(
        default=None,
        title="Value",
        description="Any JSON; it becomes what the function takes.",
        json_schema_extra=widget(
            "expression", label_ru="Значение", help_ru="Любой JSON; приводится к типу аргумента."
        ),
    )


class WhereCondition(_Row):
    """One comparison that a row must pass."""

    column: Annotated[Name, Field(min_length=1)] = Field(
        title="Column",
        description="Name of the column.",
        json_schema_extra=widget(suggestions=_COLUMNS, label_ru="Столбец", help_ru="Имя столбца."),
    )
    operator: Literal["eq", "ne", "lt", "le", "gt", "ge", "in", "not_in", "like", "is_null", "not_null"] = (
        Field(
            default="eq",
            title="Comparison",
            description="How the column is compared with the value.",
            json_schema_extra=widget(
                "select",
                options={
                    "eq": "equals",
                    "ne": "is not",
                    "lt": "is less than",
                    "le": "is at most",
                    "gt": "is greater than",
                    "ge": "is at least",
                    "in": "is one of the list",
                    "not_in": "is none of the list",
                    "like": "is like (% stands for anything)",
                    "is_null": "is empty",
                    "not_null": "is not empty",
                },
                options_ru={
                    "eq": "равно",
                    "ne": "не равно",
                    "lt": "меньше",
                    "le": "не больше",
                    "gt": "больше",
                    "ge": "не меньше",
                    "in": "одно из списка",
                    "not_in": "не из списка",
                    "like": "похоже на (% — что угодно)",
                    "is_null": "пусто",
                    "not_null": "не пусто",
                },
                label_ru="Сравнение",
                help_ru="Как столбец сравнивается со значением.",
            ),
        )
    )
    value: Templated[Any] = Field(
        default=None,
        title="Value",
        description="What the column is compared with.",
        json_schema_extra=widget(
            "expression",
            visible_when={"operator": ["eq", "ne", "lt", "le", "gt", "ge", "in", "not_in", "like"]},
            label_ru="Значение",
            help_ru="С чем сравнивается столбец.",
        ),
    )


class PostgresParameters(Parameters):
    """Parameters of ``postgres.query``."""

    connection_id: RequiredConnectionId = Field(
        title="Connection",
        description="Airflow connection of the database.",
        examples=["orders_db"],
        json_schema_extra=widget(
            "connection",
            order=10,
            conn_types=["postgres"],
            label_ru="Подключение",
            help_ru="Подключение Airflow к базе данных.",
        ),
    )
    operation: Literal["query", "execute", "insert", "update", "upsert", "delete", "call"] = Field(
        default="query",
        title="Operation",
        description="What the step does. Query only reads; Execute runs any SQL; the others need no SQL.",
        json_schema_extra=widget(
            "select",
            order=20,
            options={
                "query": "Query: read by SQL",
                "execute": "Execute: any SQL",
                "insert": "Insert rows",
                "update": "Update rows",
                "upsert": "Insert or update rows (upsert)",
                "delete": "Delete rows",
                "call": "Call a function or procedure",
            },
            options_ru={
                "query": "Запрос: чтение на SQL",
                "execute": "Выполнить любой SQL",
                "insert": "Вставить строки",
                "update": "Изменить строки",
                "upsert": "Вставить или изменить строки (upsert)",
                "delete": "Удалить строки",
                "call": "Вызвать функцию или процедуру",
            },
            label_ru="Действие",
            help_ru="Запрос только читает; «Выполнить» — любой SQL; для остальных SQL не нужен.",
        ),
    )
    sql: SqlText = Field(
        default="",
        title="SQL",
        description=(
            "One or several statements, joined by semicolons; all of them are one transaction. An expression "
            "stands where a value stands, without quotes, and is bound as a parameter."
        ),
        examples=["SELECT * FROM orders WHERE id = {{ trigger.body.id }}"],
        json_schema_extra=widget(
            "sql",
            language="sql",
            order=30,
            visible_when=_SQL,
            label_ru="SQL",
            help_ru=(
                "Один или несколько запросов через точку с запятой, в одной транзакции. Выражение ставится "
                "на место значения, без кавычек, и передаётся как параметр."
            ),
        ),
    )
    table_schema: Name = Field(
        default="",
        title="Schema",
        description="Schema of the table or function; empty: where the database looks by itself (public).",
        examples=["public"],
        json_schema_extra=widget(
            order=40,
            suggestions="/api/connections/{connection_id}/schemas",
            visible_when={"operation": ["insert", "update", "upsert", "delete", "call"]},
            label_ru="Схема",
            help_ru="Схема таблицы или функции; пусто: по умолчанию базы (public).",
        ),
    )
    table: Name = Field(
        default="",
        title="Table",
        description="Table whose rows are written.",
        examples=["orders"],
        json_schema_extra=widget(
            order=50,
            suggestions="/api/connections/{connection_id}/tables?schema={table_schema}",
            visible_when=_TABLE,
            label_ru="Таблица",
            help_ru="Таблица, строки которой меняются.",
        ),
    )
    function: Name = Field(
        default="",
        title="Function",
        description="Function or procedure that is called.",
        json_schema_extra=widget(
            order=60,
            suggestions="/api/connections/{connection_id}/functions?schema={table_schema}",
            visible_when={"operation": "call"},
            label_ru="Функция",
            help_ru="Вызываемая функция или процедура.",
        ),
    )
    arguments: list[Argument] = Field(
        default_factory=list,
        max_length=100,
        title="Arguments",
        description="Arguments of the function; those without a name come first.",
        json_schema_extra=widget(
            "key-value",
            order=70,
            visible_when={"operation": "call"},
            label_ru="Аргументы",
            help_ru="Аргументы функции; сначала те, что без имени.",
        ),
    )
    rows_from: Literal["columns", "list"] = Field(
        default="columns",
        title="Rows",
        description="One row, column by column, or a list of rows from an expression.",
        json_schema_extra=widget(
            "select",
            order=80,
            visible_when=_ROWS,
            options={"columns": "One row, column by column", "list": "A list of rows"},
            options_ru={"columns": "Одна строка по столбцам", "list": "Список строк"},
            label_ru="Строки",
            help_ru="Одна строка по столбцам или список строк из выражения.",
        ),
    )
    row: list[ColumnValue] = Field(
        default_factory=list,
        max_length=1000,
        title="Columns",
        description="Columns of the row and their values. Columns that are left out get their default.",
        json_schema_extra=widget(
            "key-value",
            order=90,
            visible_when={**_ROWS, "rows_from": "columns"},
            label_ru="Столбцы",
            help_ru="Столбцы строки и их значения; остальные получают значение по умолчанию.",
        ),
    )
    rows: Templated[list[dict[str, Any]]] = Field(
        default_factory=list,
        title="List of rows",
        description="List of objects whose fields are columns.",
        examples=["{{ steps.transform.orders }}"],
        json_schema_extra=widget(
            "expression",
            order=100,
            visible_when={**_ROWS, "rows_from": "list"},
            label_ru="Список строк",
            help_ru="Список объектов, поля которых — столбцы.",
        ),
    )
    changes: list[ColumnValue] = Field(
        default_factory=list,
        max_length=1000,
        title="New values",
        description="Columns that are changed and their new values.",
        json_schema_extra=widget(
            "key-value",
            order=110,
            visible_when={"operation": "update"},
            label_ru="Новые значения",
            help_ru="Изменяемые столбцы и их новые значения.",
        ),
    )
    where: list[WhereCondition] = Field(
        default_factory=list,
        max_length=100,
        title="Which rows",
        description="Conditions that a row must all pass.",
        json_schema_extra=widget(
            order=120,
            visible_when=_CHANGED,
            label_ru="Какие строки",
            help_ru="Условия, которым строка должна отвечать все сразу.",
        ),
    )
    all_rows: bool = Field(
        default=False,
        title="All rows",
        description="Change or delete every row of the table when there is no condition.",
        json_schema_extra=widget(
            order=130,
            advanced=True,
            visible_when=_CHANGED,
            label_ru="Все строки",
            help_ru="Изменить или удалить все строки таблицы, если условий нет.",
        ),
    )
    conflict_columns: list[ColumnName] = Field(
        default_factory=list,
        max_length=50,
        title="Key columns",
        description="Columns of the unique index by which a row that is there already is found.",
        examples=[["run_id"]],
        json_schema_extra=widget(
            order=140,
            visible_when={"operation": "upsert"},
            label_ru="Столбцы ключа",
            help_ru="Столбцы уникального индекса, по которым находится существующая строка.",
        ),
    )
    conflict_action: Literal["update", "ignore"] = Field(
        default="update",
        title="When the row exists",
        description="Update the row, or leave it as it is.",
        json_schema_extra=widget(
            "select",
            order=150,
            visible_when={"operation": "upsert"},
            options={"update": "Update it", "ignore": "Leave it"},
            options_ru={"update": "Изменить", "ignore": "Оставить"},
            label_ru="Если строка есть",
            help_ru="Изменить строку или оставить как есть.",
        ),
    )
    update_columns: list[ColumnName] = Field(
        default_factory=list,
        max_length=1000,
        title="Updated columns",
        description="Columns that are updated; empty: all given ones but the key.",
        json_schema_extra=widget(
            order=160,
            advanced=True,
            visible_when={"operation": "upsert", "conflict_action": "update"},
            label_ru="Изменяемые столбцы",
            help_ru="Какие столбцы изменять; пусто: все заданные, кроме ключа.",
        ),
    )
    returning: list[ColumnName] = Field(
        default_factory=list,
        max_length=1000,
        title="Returned columns",
        description="Columns of the written rows that the step hands on; * for all.",
        examples=[["id"]],
        json_schema_extra=widget(
            order=170,
            visible_when=_TABLE,
            label_ru="Возвращаемые столбцы",
            help_ru="Какие столбцы записанных строк вернуть; * — все.",
        ),
    )
    read_only: bool = Field(
        default=True,
        title="Read only",
        description="The database refuses every change, also by functions.",
        json_schema_extra=widget(
            order=180,
            advanced=True,
            visible_when={"operation": "query"},
            label_ru="Только чтение",
            help_ru="База отклонит любое изменение, в том числе из функций.",
        ),
    )
    row_limit: Templated[Annotated[int, Field(ge=0, le=100_000)]] = Field(
        default=1000,
        title="Row limit",
        description="Most rows that one statement may return.",
        json_schema_extra=widget(
            order=190, advanced=True, label_ru="Предел строк", help_ru="Сколько строк может вернуть запрос."
        ),
    )
    on_overflow: Literal["error", "cut"] = Field(
        default="error",
        title="More rows than that",
        description="Fail and change nothing, or leave out the rest and say so in the output (truncated).",
        json_schema_extra=widget(
            "select",
            order=200,
            advanced=True,
            options={"error": "Fail", "cut": "Leave out the rest"},
            options_ru={"error": "Ошибка", "cut": "Отбросить лишние"},
            label_ru="Если строк больше",
            help_ru="Ошибка без изменений или отбросить лишние и отметить это (truncated).",
        ),
    )
    statement_timeout_s: Templated[Annotated[float, Field(gt=0, le=86_400)]] = Field(
        default=60,
        title="Timeout, s",
        description="Seconds after which the database stops a statement.",
        json_schema_extra=widget(
            order=210,
            advanced=True,
            label_ru="Время ожидания, с",
            help_ru="Через сколько секунд база остановит запрос.",
        ),
    )
    lock_timeout_s: Templated[Annotated[float, Field(gt=0, le=86_400)]] | None = Field(
        default=None,
        title="Lock timeout, s",
        description="Seconds to wait for a row or table that another transaction holds; empty: the timeout.",
        json_schema_extra=widget(
            order=220,
            advanced=True,
            label_ru="Ожидание блокировки, с",
            help_ru="Сколько секунд ждать занятую другой транзакцией строку; пусто: общее время.",
        ),
    )
    isolation: Literal["default", "read_committed", "repeatable_read", "serializable"] = Field(
        default="default",
        title="Isolation",
        description="Isolation level of the transaction; the database's own by default.",
        json_schema_extra=widget(
            "select",
            order=230,
            advanced=True,
            options={
                "default": "As the database says",
                "read_committed": "Read committed",
                "repeatable_read": "Repeatable read",
                "serializable": "Serializable",
            },
            options_ru={
                "default": "Как настроено в базе",
                "read_committed": "Read committed",
                "repeatable_read": "Repeatable read",
                "serializable": "Serializable",
            },
            label_ru="Изоляция",
            help_ru="Уровень изоляции транзакции; по умолчанию как настроено в базе.",
        ),
    )

    @model_validator(mode="before")
    @classmethod
    def _leave_out_unused_sql(cls, data: Any) -> Any:
        """Pass over SQL that the chosen operation does not use: the form hides it, so nobody can mend it."""
        if not isinstance(data, dict) or data.get("operation", "query") in _SQL["operation"]:
            return data
        return {name: value for name, value in data.items() if name != "sql"}
