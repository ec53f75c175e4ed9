"""Parameters of ``webhook``: how callers prove who they are."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from flowforge_provider.nodes.fields import ConnectionId, widget
from flowforge_provider.nodes.spec import Parameters

_TOKEN_ONLY: dict[str, str | list[str]] = {"authentication": "header_token"}


class AuthenticationParameters(Parameters):
    """How callers prove who they are; orders 100 to 199."""

    authentication: Literal["header_token", "none"] = Field(
        default="header_token",
        title="Authentication",
        description="How callers prove who they are. With none, whoever knows the address can start runs.",
        json_schema_extra=widget(
            "select",
            order=110,
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
            order=120,
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
            order=130,
            conn_types=["generic", "flowforge_webhook"],
            visible_when=_TOKEN_ONLY,
            label_ru="Токен",
            help_ru="Подключение Airflow, пароль которого и есть токен.",
        ),
    )
