"""The trigger of a workflow that an HTTP call starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from flowforge_provider.nodes.fields import ConnectionId, widget
from flowforge_provider.nodes.spec import SUCCESS, NodeType, ParameterProblem, Parameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_TOKEN_ONLY: dict[str, str | list[str]] = {"authentication": "header_token"}


class WebhookParameters(Parameters):
    """Parameters of ``webhook``."""

    authentication: Literal["header_token", "none"] = Field(
        default="header_token",
        title="Authentication",
        description="How callers prove who they are. With none, whoever knows the address can start runs.",
        json_schema_extra=widget(
            "select",
            order=10,
            options={"header_token": "Token in a header", "none": "None"},
            options_ru={"header_token": "Токен в заголовке", "none": "Нет"},
            label_ru="Проверка отправителя",
            help_ru="Как отправитель доказывает, кто он. Без проверки запустит любой, кто знает адрес.",
        ),
    )
    header_name: str = Field(
        default="X-FlowForge-Token",
        min_length=1,
        max_length=100,
        pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
        title="Header",
        description="Name of the HTTP header that carries the token.",
        examples=["X-FlowForge-Token"],
        json_schema_extra=widget(
            order=20,
            advanced=True,
            visible_when=_TOKEN_ONLY,
            label_ru="Заголовок",
            help_ru="Имя заголовка HTTP, в котором приходит токен.",
        ),
    )
    connection_id: ConnectionId = Field(
        default="",
        title="Token",
        description="Airflow connection whose password is the token.",
        examples=["orders_webhook"],
        json_schema_extra=widget(
            "connection",
            order=30,
            conn_types=["generic", "flowforge_webhook"],
            visible_when=_TOKEN_ONLY,
            label_ru="Токен",
            help_ru="Подключение Airflow, пароль которого и есть токен.",
        ),
    )
    sample_payload: Any = Field(
        default_factory=dict,
        title="Sample body",
        description="JSON used for previews and as the default of a manual run.",
        examples=[{"id": 7, "quantity": 2}],
        json_schema_extra=widget(
            "code",
            language="json",
            literal=True,
            order=40,
            label_ru="Пример тела запроса",
            help_ru="JSON для предпросмотра и как начальные данные ручного запуска.",
        ),
    )


class WebhookTrigger(NodeType):
    """A run starts for each accepted HTTP call."""

    type = "webhook"
    kind = "trigger"
    title = "Webhook"
    title_ru = "Вебхук"
    group = "Triggers"
    icon = "webhook"
    summary = "Starts a run for each HTTP call."
    summary_ru = "Запускается при каждом HTTP-запросе."
    subtitle = "{connection_id}"
    help = (
        "Send `POST /flowforge/api/webhooks/<workflow id>` with a JSON body. A 202 answer means that the "
        "delivery is stored and becomes exactly one run.\n\n"
        "- `trigger.body` is the JSON body\n"
        "- `trigger.headers` are the headers, with lower-case names\n"
        "- `trigger.query` are the query parameters\n\n"
        "The token is the password of an Airflow connection and is never part of the graph."
    )
    help_ru = (
        "Отправьте `POST /flowforge/api/webhooks/<workflow id>` с телом JSON. Ответ 202 значит, что запрос "
        "сохранён и станет ровно одним запуском.\n\n"
        "- `trigger.body` — тело JSON\n"
        "- `trigger.headers` — заголовки, имена строчными буквами\n"
        "- `trigger.query` — параметры адреса\n\n"
        "Токен — это пароль подключения Airflow; в графе его нет."
    )
    keywords: ClassVar[tuple[str, ...]] = ("http", "post", "callback", "hook", "хук", "запрос")
    parameters = WebhookParameters
    ports = (SUCCESS,)
    operator = "flowforge_provider.operators.trigger:TriggerOperator"
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"authentication": "header_token", "connection_id": "orders_webhook"},
        "data": {},
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Ask for the connection that holds the token."""
        if parameters.get("authentication", "header_token") == "header_token" and not parameters.get(
            "connection_id"
        ):
            yield ParameterProblem(
                code="missing-connection",
                message=(
                    "No connection holds the webhook's token. "
                    "Pick one, create one, or set authentication to none."
                ),
                field="connection_id",
            )
        if parameters.get("authentication") == "none":
            yield ParameterProblem(
                code="webhook-without-token",
                message=(
                    "Anybody who knows the address can start this workflow. "
                    "Use a header token unless that is meant."
                ),
                field="authentication",
                severity="warning",
            )
