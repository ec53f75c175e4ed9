"""The action that runs a statement on PostgreSQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from flowforge_provider.graph.models import Retry
from flowforge_provider.nodes.fields import RequiredConnectionId, widget
from flowforge_provider.nodes.spec import NodeType, ParameterProblem, Parameters
from flowforge_provider.nodes.templated import OPEN, Templated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_PLACEHOLDER = re.compile(r"%(?:%|\((?P<name>[^)]*)\)s)")


def _refuse_expression(sql: str) -> str:
    # Text of a stranger inside SQL is an injection; a bound value is not.
    if OPEN in sql:
        raise PydanticCustomError(
            "expression-in-sql",
            "SQL holds no expressions, since data could change its meaning. "
            "Write %(name)s here and give the value below.",
        )
    return sql


def placeholders(sql: str) -> list[str]:
    """Return the names of the ``%(name)s`` placeholders of a statement, in order, without repeats."""
    names = (match.group("name") for match in _PLACEHOLDER.finditer(sql))
    return list(dict.fromkeys(name for name in names if name is not None))


class BoundValue(BaseModel):
    """The value of one placeholder."""

    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)

    name: str = Field(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        max_length=63,
        title="Name",
        description="Name of the placeholder: product for %(product)s.",
        examples=["product"],
        json_schema_extra=widget(label_ru="Имя", help_ru="Имя места в запросе: product для %(product)s."),
    )
    value: Templated[Any] = Field(
        default=None,
        title="Value",
        description="Bound value; objects and lists are sent as JSON.",
        examples=["{{ trigger.body.id }}"],
        json_schema_extra=widget(
            "expression", label_ru="Значение", help_ru="Объекты и списки передаются как JSON."
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
    sql: Annotated[str, AfterValidator(_refuse_expression)] = Field(
        min_length=1,
        max_length=100_000,
        title="SQL",
        description="One statement with %(name)s placeholders; write %% for a percent sign.",
        examples=["INSERT INTO orders (product, quantity) VALUES (%(product)s, %(quantity)s) RETURNING id"],
        json_schema_extra=widget(
            "sql",
            language="sql",
            literal=True,
            order=20,
            label_ru="SQL",
            help_ru="Один запрос с местами %(name)s; знак процента пишется как %%.",
        ),
    )
    values: list[BoundValue] = Field(
        default_factory=list,
        max_length=500,
        title="Values",
        description="One value for each placeholder.",
        json_schema_extra=widget(
            "key-value", order=30, label_ru="Значения", help_ru="По одному значению на каждое место."
        ),
    )
    statement_timeout_s: Templated[Annotated[float, Field(gt=0, le=86_400)]] = Field(
        default=60,
        title="Timeout, s",
        description="Seconds after which the database stops the statement.",
        json_schema_extra=widget(
            order=40,
            advanced=True,
            label_ru="Время ожидания, с",
            help_ru="Через сколько секунд база остановит запрос.",
        ),
    )
    row_limit: Templated[Annotated[int, Field(ge=0, le=100_000)]] = Field(
        default=1000,
        title="Row limit",
        description="Most rows that are read; more rows than that fail the step.",
        json_schema_extra=widget(
            order=50,
            advanced=True,
            label_ru="Предел строк",
            help_ru="Сколько строк читать; если их больше, шаг завершится ошибкой.",
        ),
    )


class PostgresQuery(NodeType):
    """Runs one statement on PostgreSQL with bound values."""

    type = "postgres.query"
    title = "PostgreSQL"
    title_ru = "PostgreSQL"
    group = "Databases"
    icon = "database"
    summary = "Runs one SQL statement with bound values."
    summary_ru = "Выполняет запрос SQL с привязанными значениями."
    subtitle = "{sql}"
    help = (
        "Runs one statement in one transaction. "
        "Data enters only through values bound to `%(name)s` placeholders.\n\n"
        "- `steps.<id>.rows`: the rows as objects\n"
        "- `steps.<id>.row_count`: how many rows were read or changed\n"
        "- `steps.<id>.columns`: the column names in order"
    )
    help_ru = (
        "Выполняет один запрос в одной транзакции. "
        "Данные попадают в запрос только как значения заполнителей `%(name)s`.\n\n"
        "- `steps.<id>.rows`: строки в виде объектов\n"
        "- `steps.<id>.row_count`: сколько строк прочитано или изменено\n"
        "- `steps.<id>.columns`: имена столбцов по порядку"
    )
    keywords: ClassVar[tuple[str, ...]] = (
        "sql",
        "postgresql",
        "database",
        "insert",
        "select",
        "база",
        "запрос",
    )
    parameters = PostgresParameters
    operator = "flowforge_provider.operators.postgres:PostgresOperator"
    default_retry = Retry(retries=2, delay_s=5, exponential_backoff=True, max_delay_s=300)
    example: ClassVar[dict[str, Any]] = {
        "parameters": {
            "connection_id": "orders_db",
            "sql": "INSERT INTO orders (product, quantity) VALUES (%(product)s, %(quantity)s) RETURNING id",
            "values": [
                {"name": "product", "value": "{{ trigger.body.id }}"},
                {"name": "quantity", "value": "{{ trigger.body.quantity }}"},
            ],
        },
        "data": {"trigger": {"body": {"id": 7, "quantity": 2}}},
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "required": ["rows", "row_count", "columns"],
        "properties": {
            "rows": {"type": "array", "items": {"type": "object"}, "description": "Rows as objects."},
            "row_count": {"type": "integer", "description": "Rows read or changed."},
            "columns": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Column names in order.",
            },
        },
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Compare the placeholders of the statement with the values given for them."""
        sql, values = parameters.get("sql"), parameters.get("values", [])
        if not isinstance(sql, str) or not isinstance(values, list):
            return
        wanted = placeholders(sql)
        given = [value.get("name") for value in values if isinstance(value, dict)]
        for name in wanted:
            if name not in given:
                yield ParameterProblem(
                    code="unbound-placeholder",
                    message=f'The statement uses %({name})s, but no value has that name. Add "{name}" below.',
                    field="sql",
                )
        for index, given_name in enumerate(given):
            if given_name in given[:index]:
                yield ParameterProblem(
                    code="wrong-parameter",
                    message=f'The value "{given_name}" is given twice. Remove one.',
                    field=f"values.{index}.name",
                )
            elif given_name not in wanted:
                yield ParameterProblem(
                    code="unused-value",
                    message=f"No placeholder %({given_name})s uses this value. Remove it or use it.",
                    field=f"values.{index}.name",
                    severity="warning",
                )
