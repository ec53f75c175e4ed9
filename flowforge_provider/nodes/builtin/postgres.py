"""The action that reads and writes PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowforge_provider.graph.models import Retry
from flowforge_provider.nodes.builtin.postgres_parameters import PostgresParameters
from flowforge_provider.nodes.spec import NodeType, ParameterProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["PostgresParameters", "PostgresQuery"]


class PostgresQuery(NodeType):
    """Runs SQL with bound values, or inserts, updates and deletes rows without SQL."""

    type = "postgres.query"
    title = "PostgreSQL"
    title_ru = "PostgreSQL"
    group = "Data"
    icon = "database"
    summary = "Reads and writes a PostgreSQL database, by SQL or without it."
    summary_ru = "Читает и изменяет базу PostgreSQL, на SQL или без него."
    subtitle = "{operation} {table}"
    help = (
        "Each step is one transaction: all of its statements take effect, or none.\n\n"
        "In SQL, an expression stands where a value stands, without quotes: "
        "`SELECT * FROM orders WHERE id = {{ trigger.body.id }}`. It is bound as a parameter and never "
        "becomes part of the text, so no data can change what the statement does. Names of tables and "
        "columns cannot be expressions. For a list write `= ANY({{ trigger.body.ids }})`; where PostgreSQL "
        "cannot know the type, say it: `{{ trigger.body.day }}::date`.\n\n"
        "Values keep their types as JSON, in both directions: dates and times as ISO 8601, numeric without "
        "losing a digit (as text where a number would), bytea as Base64, arrays as lists, composite types as "
        "objects, json and jsonb as they are, everything else as PostgreSQL writes it.\n\n"
        "- `steps.<id>.rows`: the rows as objects\n"
        "- `steps.<id>.row_count`: how many rows were returned or changed\n"
        "- `steps.<id>.columns`: the column names in order\n"
        "- `steps.<id>.truncated`: whether rows were left out because of the row limit\n"
        "- `steps.<id>.statements`: what each statement did\n\n"
        "A step may be tried again after its changes were made, when the worker dies before it can say so. "
        "An upsert with a key of the run (`{{ run.id }}`) then writes nothing twice; a plain insert would."
    )
    help_ru = (
        "Каждый шаг — одна транзакция: выполняются все его запросы или ни один.\n\n"
        "В SQL выражение ставится на место значения, без кавычек: "
        "`SELECT * FROM orders WHERE id = {{ trigger.body.id }}`. Оно передаётся как параметр и никогда не "
        "становится частью текста, поэтому данные не могут изменить запрос. Имена таблиц и столбцов "
        "выражениями быть не могут. Для списка пишите `= ANY({{ trigger.body.ids }})`; если PostgreSQL не "
        "может узнать тип, укажите его: `{{ trigger.body.day }}::date`.\n\n"
        "Значения сохраняют типы в JSON в обе стороны: даты и время — ISO 8601, numeric — без потери цифр "
        "(текстом, если число их не вместит), bytea — Base64, массивы — списки, составные типы — объекты, "
        "json и jsonb — как есть, остальное — так, как пишет PostgreSQL.\n\n"
        "- `steps.<id>.rows`: строки в виде объектов\n"
        "- `steps.<id>.row_count`: сколько строк возвращено или изменено\n"
        "- `steps.<id>.columns`: имена столбцов по порядку\n"
        "- `steps.<id>.truncated`: были ли строки отброшены из-за предела\n"
        "- `steps.<id>.statements`: что сделал каждый запрос\n\n"
        "Шаг может повториться уже после записи, если исполнитель погиб, не успев сообщить об этом. Upsert с "
        "ключом выполнения (`{{ run.id }}`) тогда ничего не запишет дважды, а простая вставка — запишет."
    )
    keywords: ClassVar[tuple[str, ...]] = (
        "sql",
        "postgresql",
        "database",
        "insert",
        "select",
        "update",
        "upsert",
        "delete",
        "procedure",
        "table",
        "база",
        "запрос",
        "таблица",
    )
    parameters = PostgresParameters
    operator = "flowforge_provider.operators.postgres:PostgresOperator"
    default_retry = Retry(
        retries=2,
        delay_s=5,
        exponential_backoff=True,
        max_delay_s=300,
        retry_on=["connection", "timeout", "database_conflict"],
        # Nobody knows whether the changes were made: a second try might make them twice.
        never_on=["postgres-commit-unknown"],
    )
    example: ClassVar[dict[str, Any]] = {
        "parameters": {
            "connection_id": "orders_db",
            "operation": "upsert",
            "table": "orders",
            "row": [
                {"name": "run_id", "value": "{{ run.id }}"},
                {"name": "product", "value": "{{ trigger.body.id }}"},
                {"name": "quantity", "value": "{{ trigger.body.quantity }}"},
            ],
            "conflict_columns": ["run_id"],
            "returning": ["id"],
        },
        "data": {"trigger": {"body": {"id": 7, "quantity": 2}}, "run": {"id": "manual__1"}},
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "required": ["rows", "row_count", "columns", "truncated", "statements"],
        "properties": {
            "rows": {
                "type": "array",
                "items": {"type": "object"},
                "description": "Rows of the last statement that returns any, as objects.",
            },
            "row_count": {
                "type": "integer",
                "description": "Rows that the last statement returned or changed; all rows of an insert.",
            },
            "columns": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Names of the columns of the rows, in order.",
            },
            "truncated": {"type": "boolean", "description": "Whether rows were left out."},
            "statements": {
                "type": "array",
                "description": "What each statement did.",
                "items": {
                    "type": "object",
                    "properties": {
                        "line": {
                            "type": "integer",
                            "description": "Line in the SQL; 0 for steps without SQL.",
                        },
                        "command": {"type": "string", "description": "Its first word: INSERT."},
                        "row_count": {"type": "integer", "description": "Rows returned or changed."},
                    },
                },
            },
        },
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Find what the operation needs and lacks."""
        operation = parameters.get("operation", "query")
        needed = _NEEDED.get(operation, ()) if isinstance(operation, str) else ()
        for name, message in needed:
            if parameters.get(name) in (None, "", []):
                yield ParameterProblem(code="missing-parameter", message=message, field=name)
        if operation in ("insert", "upsert"):
            yield from _check_rows(parameters)
        is_update = parameters.get("conflict_action", "update") == "update"
        if operation == "upsert" and is_update and not parameters.get("conflict_columns"):
            yield ParameterProblem(
                code="missing-parameter",
                message='"Key columns" is empty. Name the columns of the unique index.',
                field="conflict_columns",
            )
        if (
            operation in ("update", "delete")
            and not parameters.get("where")
            and not parameters.get("all_rows")
        ):
            yield ParameterProblem(
                code="missing-parameter",
                message=(
                    f"Without a condition, the step would {operation} every row. "
                    'Add one under "Which rows", or switch "All rows" on.'
                ),
                field="where",
            )
        yield from _check_doubles(parameters)
        yield from _check_arguments(parameters)


_NEEDED: dict[str, tuple[tuple[str, str], ...]] = {
    "query": (("sql", '"SQL" is empty. Write a statement.'),),
    "execute": (("sql", '"SQL" is empty. Write a statement.'),),
    **dict.fromkeys(
        ("insert", "upsert", "delete"), (("table", '"Table" is empty. Pick or type the name of a table.'),)
    ),
    "update": (
        ("table", '"Table" is empty. Pick or type the name of a table.'),
        ("changes", '"New values" is empty. Name the columns that are changed.'),
    ),
    "call": (("function", '"Function" is empty. Pick or type the name of a function.'),),
}


def _check_rows(parameters: Mapping[str, Any]) -> Iterator[ParameterProblem]:
    if parameters.get("rows_from", "columns") == "columns":
        if not parameters.get("row"):
            yield ParameterProblem(
                code="missing-parameter",
                message='"Columns" is empty. Name the columns of the row and their values.',
                field="row",
            )
    elif not parameters.get("rows"):
        yield ParameterProblem(
            code="missing-parameter",
            message='"List of rows" is empty. Give an expression that yields a list of objects.',
            field="rows",
        )


def _check_doubles(parameters: Mapping[str, Any]) -> Iterator[ParameterProblem]:
    for field in ("row", "changes"):
        values = parameters.get(field)
        names = (
            [value.get("name") for value in values if isinstance(value, dict)]
            if isinstance(values, list)
            else []
        )
        for index, name in enumerate(names):
            if name in names[:index]:
                yield ParameterProblem(
                    code="wrong-parameter",
                    message=f'The column "{name}" is given twice. Remove one.',
                    field=f"{field}.{index}.name",
                )


def _check_arguments(parameters: Mapping[str, Any]) -> Iterator[ParameterProblem]:
    arguments = parameters.get("arguments")
    named = False
    for index, argument in enumerate(arguments if isinstance(arguments, list) else []):
        name = argument.get("name") if isinstance(argument, dict) else None
        if named and not name:
            yield ParameterProblem(
                code="wrong-parameter",
                message="Arguments without a name come before those with one. Move it up, or name it.",
                field=f"arguments.{index}.name",
            )
        named = named or bool(name)
