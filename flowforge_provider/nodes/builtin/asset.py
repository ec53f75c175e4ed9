"""The trigger of a workflow that waits for Airflow's assets."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import SUCCESS, NodeType, Parameters

AssetName = Annotated[
    str, StringConstraints(min_length=1, max_length=1500, pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$")
]
_EVENT = {
    "asset": "orders",
    "uri": "orders",
    "extra": {"rows": 12},
    "timestamp": "2026-03-01T10:00:00+00:00",
    "source": {"workflow_id": "load", "execution_id": "load.manual__1", "node_id": "publish"},
}


class AssetParameters(Parameters):
    """Parameters of ``asset``."""

    assets: list[AssetName] = Field(
        min_length=1,
        max_length=50,
        title="Assets",
        description="Airflow assets, each by its name; where its uri is another one, the uri follows after a "
        "space: orders s3://lake/orders.",
        examples=[["orders"]],
        json_schema_extra=widget(
            suggestions="/api/assets",
            literal=True,
            order=10,
            label_ru="Ассеты",
            help_ru="Ассеты Airflow, каждый по имени; если uri у него другой, он пишется следом через "
            "пробел: orders s3://lake/orders.",
        ),
    )
    when: Literal["any", "all"] = Field(
        default="any",
        title="Start when",
        description="One of them is updated, or each has been updated since the last run.",
        json_schema_extra=widget(
            "select",
            order=20,
            options={"any": "Any of them is updated", "all": "All of them have been updated"},
            options_ru={"any": "Обновлён любой из них", "all": "Обновлены все"},
            label_ru="Запускать, когда",
            help_ru="Обновлён один из них или с прошлого запуска обновлён каждый.",
        ),
    )
    sample_payload: Any = Field(
        default_factory=dict,
        title="Sample",
        description="JSON used for previews and as the default of a manual run.",
        examples=[{"events": [_EVENT]}],
        json_schema_extra=widget(
            "code",
            language="json",
            literal=True,
            advanced=True,
            order=90,
            label_ru="Пример данных",
            help_ru="JSON для предпросмотра и как начальные данные ручного запуска.",
        ),
    )


class AssetTrigger(NodeType):
    """Runs start when assets are updated."""

    type = "asset"
    kind = "trigger"
    title = "Asset"
    title_ru = "Ассет"
    group = "Triggers"
    icon = "package-check"
    summary = "Starts when other workflows or Dags have updated assets."
    summary_ru = "Запускается, когда другие процессы или Dag'и обновили ассеты."
    subtitle = "{assets}"
    help = (
        "Starts the workflow when Airflow's assets are updated: by the step *Publish asset*, by any task of "
        "a Dag "
        "that has the asset among its outlets, or by Airflow's API. Airflow's scheduler does the starting; "
        "updates "
        "that come while a run is being made may be in one run together.\n\n"
        "- `trigger.body.events` are the updates: `asset`, `uri`, `extra`, `timestamp`, `source`\n"
        "- `trigger.body.events[0].extra.rows` is what the first one carried\n\n"
        "With a schedule in the same workflow, both start it."
    )
    help_ru = (
        "Запускает процесс, когда обновлены ассеты Airflow: шагом «Публикация ассета», задачей любого "
        "Dag'а, у "
        "которой ассет среди outlets, или через API Airflow. Запускает планировщик Airflow; обновления, "
        "пришедшие "
        "почти одновременно, могут попасть в один запуск.\n\n"
        "- `trigger.body.events` — обновления: `asset`, `uri`, `extra`, `timestamp`, `source`\n"
        "- `trigger.body.events[0].extra.rows` — что передало первое из них\n\n"
        "Если в процессе есть и расписание, запускает и оно."
    )
    keywords: ClassVar[tuple[str, ...]] = ("dataset", "data", "update", "датасет", "данные", "обновление")
    parameters = AssetParameters
    ports = (SUCCESS,)
    operator = "flowforge_provider.operators.trigger:TriggerOperator"
    example: ClassVar[dict[str, Any]] = {"parameters": {"assets": ["orders"], "when": "any"}, "data": {}}
