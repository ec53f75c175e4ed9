"""Parameters of ``form``: where the page is, and who may use it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from flowforge_provider.nodes.fields import ConnectionId, widget
from flowforge_provider.nodes.spec import Parameters

_GROUP = "Who may use it"
_GROUP_RU = "Кому доступна"
_SITE = r"^https://[A-Za-z0-9*][A-Za-z0-9.*-]*(:[0-9]{1,5})?$"


class AccessParameters(Parameters):
    """Where the page is, and who may use it; orders 11 to 14, and 100 to 199."""

    path: Annotated[
        str, StringConstraints(pattern=r"^([A-Za-z0-9_.~-]+(/[A-Za-z0-9_.~-]+)*)?$", max_length=200)
    ] = Field(
        default="",
        title="Path",
        description="What follows the workflow's id in the page's address; empty for nothing. Several forms "
        "of one workflow are told apart by it.",
        examples=["feedback"],
        json_schema_extra=widget(
            order=12,
            advanced=True,
            label_ru="Путь",
            help_ru="Что стоит в адресе страницы после id процесса; пусто — ничего. По пути различаются "
            "несколько форм одного процесса.",
        ),
    )
    authentication: Literal["none", "basic"] = Field(
        default="none",
        title="Visitors",
        description="Anybody with the address, or who knows a user name and a password.",
        json_schema_extra=widget(
            "select",
            order=100,
            group=_GROUP,
            group_ru=_GROUP_RU,
            options={"none": "Anybody with the address", "basic": "With a name and a password"},
            options_ru={"none": "Все, кто знает адрес", "basic": "По имени и паролю"},
            label_ru="Посетители",
            help_ru="Все, кто знает адрес, или знающие имя и пароль.",
        ),
    )
    connection_id: ConnectionId = Field(
        default="",
        title="Connection",
        description="Airflow connection whose login and password let visitors in.",
        examples=["form_visitors"],
        json_schema_extra=widget(
            "connection",
            conn_types=["flowforge_webhook", "generic", "http"],
            order=110,
            group=_GROUP,
            visible_when={"authentication": "basic"},
            label_ru="Подключение",
            help_ru="Подключение Airflow, чьи логин и пароль впускают посетителей.",
        ),
    )
    rate_limit: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=10,
        title="Sent forms a minute",
        description="How many forms one address may send in a minute.",
        json_schema_extra=widget(
            order=120,
            group=_GROUP,
            label_ru="Отправок в минуту",
            help_ru="Сколько форм можно прислать с одного адреса за минуту.",
        ),
    )
    honeypot: bool = Field(
        default=True,
        title="Trap for robots",
        description=(
            "A field that people do not see. Whoever fills it in is thanked, and nothing is stored or run."
        ),
        json_schema_extra=widget(
            order=130,
            group=_GROUP,
            label_ru="Ловушка для роботов",
            help_ru=("Поле, которого люди не видят. Заполнившего благодарят, но ничего не сохраняют."),
        ),
    )
    embedding: Literal["nowhere", "own_site", "sites"] = Field(
        default="nowhere",
        title="May be shown inside other pages",
        description="Whether sites may put the page into a frame.",
        json_schema_extra=widget(
            "select",
            order=140,
            group=_GROUP,
            options={"nowhere": "Nowhere", "own_site": "On this Airflow's site", "sites": "On these sites"},
            options_ru={"nowhere": "Нигде", "own_site": "На сайте этого Airflow", "sites": "На этих сайтах"},
            label_ru="Показ внутри других страниц",
            help_ru="Можно ли сайтам вставлять страницу в рамку.",
        ),
    )
    embedding_sites: list[Annotated[str, StringConstraints(pattern=_SITE, max_length=200)]] = Field(
        default_factory=list,
        max_length=20,
        title="Sites",
        description="Beginning of their addresses.",
        examples=[["https://www.example.com"]],
        json_schema_extra=widget(
            order=150,
            group=_GROUP,
            visible_when={"embedding": "sites"},
            label_ru="Сайты",
            help_ru="Начало их адресов.",
        ),
    )
