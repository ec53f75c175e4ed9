"""The step that tells Airflow that an asset was updated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from flowforge_provider.nodes.builtin.asset import AssetName
from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import NodeType, ParameterProblem, Parameters
from flowforge_provider.nodes.templated import Templated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class AssetPublishParameters(Parameters):
    """Parameters of ``asset.publish``."""

    asset: AssetName = Field(
        title="Asset",
        description="Name of the asset. Workflows and Dags that wait for it start.",
        examples=["orders"],
        json_schema_extra=widget(
            literal=True,
            order=10,
            label_ru="Ассет",
            help_ru="Имя ассета. Запускаются процессы и Dag'и, которые его ждут.",
        ),
    )
    uri: AssetName | None = Field(
        default=None,
        title="Address",
        description="Uri of what was updated; the name when empty. All who publish an asset give the same "
        "one.",
        examples=["s3://lake/orders"],
        json_schema_extra=widget(
            literal=True,
            order=20,
            advanced=True,
            label_ru="Адрес",
            help_ru="Uri того, что обновлено; если пусто — имя. Все, кто публикует ассет, указывают один и "
            "тот же.",
        ),
    )
    extra: Templated[dict[str, Any]] = Field(
        default_factory=dict,
        title="Data",
        description="JSON object that goes with the update; the other workflow reads it in "
        "trigger.body.events.",
        examples=[{"rows": "{{ steps.load.row_count }}"}],
        json_schema_extra=widget(
            "code",
            language="json",
            order=30,
            label_ru="Данные",
            help_ru="Объект JSON, который идёт с обновлением; другой процесс читает его в "
            "trigger.body.events.",
        ),
    )


class AssetPublish(NodeType):
    """Tells Airflow that an asset was updated."""

    type = "asset.publish"
    title = "Publish asset"
    title_ru = "Публикация ассета"
    group = "Logic"
    icon = "package-plus"
    summary = "Tells Airflow that an asset was updated, which starts whoever waits for it."
    summary_ru = "Сообщает Airflow, что ассет обновлён, и этим запускает тех, кто его ждёт."
    subtitle = "{asset}"
    help = (
        "Records an update of an Airflow asset. Workflows with the trigger *Asset*, and Dags that are "
        "scheduled "
        "on it, start; Airflow's pages of assets show the update and what it carried.\n\n"
        "In the Dag, the asset is one of the task's `outlets`. A step that fails, or is skipped, updates "
        "nothing."
    )
    help_ru = (
        "Записывает обновление ассета Airflow. Запускаются процессы с триггером «Ассет» и Dag'и, у которых "
        "он в "
        "расписании; на страницах ассетов в Airflow видно обновление и его данные.\n\n"
        "В Dag'е ассет стоит среди `outlets` задачи. Шаг, который не удался или пропущен, ничего не "
        "обновляет."
    )
    keywords: ClassVar[tuple[str, ...]] = ("dataset", "outlet", "emit", "event", "датасет", "событие")
    parameters = AssetPublishParameters
    untestable = (
        "Airflow records the update of an asset at the end of the workflow's own task, which a test "
        "does not run."
    )
    untestable_ru = (
        "Airflow отмечает обновление ассета по окончании задачи самого процесса, а проверка её не запускает."
    )
    operator = "flowforge_provider.operators.asset_publish:AssetPublishOperator"
    # Airflow keeps one update for each task, which in a loop takes many items.
    allowed_in_loop = False
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"asset": "orders", "extra": {"rows": "{{ trigger.body.rows }}"}},
        "data": {"trigger": {"body": {"rows": 12}}},
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "required": ["asset", "uri", "extra"],
        "properties": {
            "asset": {"type": "string", "description": "Name of the asset."},
            "uri": {"type": "string", "description": "Its uri."},
            "extra": {"type": "object", "description": "What goes with the update."},
        },
    }

    @classmethod
    def outlets(cls, parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Name the asset."""
        name = parameters.get("asset")
        if isinstance(name, str) and name:
            yield name, parameters.get("uri") or name

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Refuse what Airflow would, when the Dag is made."""
        name, uri = parameters.get("asset"), parameters.get("uri")
        if isinstance(name, str) and name == "asset":
            yield ParameterProblem(
                code="wrong-parameter",
                message='Airflow keeps the name "asset" for itself. Choose another.',
                field="asset",
            )
        for field, value in (("uri", uri), ("asset", name if not uri else None)):
            if isinstance(value, str) and value.startswith(("airflow:", "x-airflow")):
                yield ParameterProblem(
                    code="wrong-parameter",
                    message="Airflow keeps addresses that begin with airflow: for itself. Choose another.",
                    field=field,
                )
