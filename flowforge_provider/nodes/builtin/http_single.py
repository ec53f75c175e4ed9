"""Parameters of one HTTP request."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from flowforge_provider.nodes.builtin.http_parts import (
    FilePart,
    FormField,
    Header,
    HeaderText,
    QueryParameter,
    StatusRule,
)
from flowforge_provider.nodes.fields import ConnectionId, widget
from flowforge_provider.nodes.spec import Parameters
from flowforge_provider.nodes.templated import Templated, Text

__all__ = ["CONNECTION_TYPES", "SingleRequest"]

CONNECTION_TYPES = ["flowforge_http", "http"]

_Seconds = Annotated[float, Field(gt=0, le=3600)]


class SingleRequest(Parameters):
    """What is sent, and how the answer is read."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = Field(
        default="GET",
        title="Method",
        description="HTTP method.",
        json_schema_extra=widget("select", order=10, label_ru="Метод", help_ru="Метод HTTP."),
    )
    url: Templated[Annotated[Text, Field(min_length=1, max_length=8000)]] = Field(
        title="URL",
        description="Full address, or a path when a connection gives the base address.",
        examples=["https://api.example.com/products/{{ trigger.body.id }}"],
        json_schema_extra=widget(
            "expression",
            order=20,
            label_ru="Адрес",
            help_ru="Полный адрес или путь, если базовый адрес задан в подключении.",
        ),
    )
    connection_id: ConnectionId = Field(
        default="",
        title="Connection",
        description="Airflow connection with the base address and the credentials; optional.",
        examples=["shop_api"],
        json_schema_extra=widget(
            "connection",
            order=30,
            conn_types=CONNECTION_TYPES,
            label_ru="Подключение",
            help_ru="Подключение Airflow с базовым адресом и доступом; необязательно.",
        ),
    )
    query: list[QueryParameter] = Field(
        default_factory=list,
        max_length=200,
        title="Query parameters",
        description="Added to the url.",
        json_schema_extra=widget(
            "key-value", order=40, label_ru="Параметры запроса", help_ru="Добавляются к адресу."
        ),
    )
    headers: list[Header] = Field(
        default_factory=list,
        max_length=200,
        title="Headers",
        description="Request headers. Put secrets into the connection instead.",
        json_schema_extra=widget(
            "key-value", order=50, label_ru="Заголовки", help_ru="Секреты храните в подключении."
        ),
    )
    body_type: Literal["none", "json", "form", "multipart", "text", "file"] = Field(
        default="none",
        title="Body",
        description="What is sent: nothing, JSON, form fields, a form with files, text, or a file.",
        json_schema_extra=widget(
            "select",
            order=60,
            options={
                "none": "None",
                "json": "JSON",
                "form": "Form fields",
                "multipart": "Form with files (multipart)",
                "text": "Text",
                "file": "File",
            },
            options_ru={
                "none": "Нет",
                "json": "JSON",
                "form": "Поля формы",
                "multipart": "Форма с файлами (multipart)",
                "text": "Текст",
                "file": "Файл",
            },
            label_ru="Тело",
            help_ru="Что отправляется: ничего, JSON, поля формы, форма с файлами, текст или файл.",
        ),
    )
    body: Templated[Any] = Field(
        default=None,
        title="JSON",
        description="The body, any JSON.",
        examples=[{"order": "{{ trigger.body.id }}"}],
        json_schema_extra=widget(
            "code",
            language="json",
            order=70,
            visible_when={"body_type": "json"},
            label_ru="JSON",
            help_ru="Тело запроса, любой JSON.",
        ),
    )
    form: list[FormField] = Field(
        default_factory=list,
        max_length=500,
        title="Fields",
        description="Fields of the form. A list sends its field once for each item.",
        json_schema_extra=widget(
            "key-value",
            order=72,
            visible_when={"body_type": ["form", "multipart"]},
            label_ru="Поля",
            help_ru="Поля формы. Список отправляет поле по разу на каждый элемент.",
        ),
    )
    files: list[FilePart] = Field(
        default_factory=list,
        max_length=50,
        title="Files",
        description="Files of the form, from earlier steps.",
        json_schema_extra=widget(
            order=74,
            visible_when={"body_type": "multipart"},
            label_ru="Файлы",
            help_ru="Файлы формы, из предыдущих шагов.",
        ),
    )
    text: Templated[Text] = Field(
        default="",
        title="Text",
        description="The body, sent as UTF-8.",
        json_schema_extra=widget(
            "textarea",
            order=76,
            visible_when={"body_type": "text"},
            label_ru="Текст",
            help_ru="Тело запроса, отправляется в UTF-8.",
        ),
    )
    file: Templated[Any] = Field(
        default=None,
        title="File",
        description="File of an earlier step, whose bytes are the body.",
        examples=["{{ steps.download.body }}"],
        json_schema_extra=widget(
            "expression",
            order=78,
            visible_when={"body_type": "file"},
            label_ru="Файл",
            help_ru="Файл из предыдущего шага, его байты станут телом.",
        ),
    )
    content_type: Templated[HeaderText] = Field(
        default="",
        title="Content type",
        description="Media type of the body. Empty: text/plain, or the file's own.",
        examples=["application/xml"],
        json_schema_extra=widget(
            order=79,
            visible_when={"body_type": ["text", "file"]},
            label_ru="Тип содержимого",
            help_ru="Тип тела. Пусто: text/plain или тип самого файла.",
        ),
    )
    response_type: Literal["auto", "json", "text", "file"] = Field(
        default="auto",
        title="Answer is",
        description="How to read the answer: by its content type, or always as JSON, text or a file.",
        json_schema_extra=widget(
            "select",
            order=85,
            group="Answer",
            group_ru="Ответ",
            options={"auto": "By its content type", "json": "JSON", "text": "Text", "file": "File"},
            options_ru={"auto": "По типу содержимого", "json": "JSON", "text": "Текст", "file": "Файл"},
            label_ru="Ответ",
            help_ru="Как читать ответ: по его типу содержимого или всегда как JSON, текст, файл.",
        ),
    )
    success_statuses: list[StatusRule] = Field(
        default_factory=lambda: ["2xx"],
        min_length=1,
        max_length=50,
        title="Success statuses",
        description="Statuses that count as success: 2xx, 404, 200-299. Any other one fails the step.",
        examples=[["2xx", "404"]],
        json_schema_extra=widget(
            order=90,
            group="Answer",
            label_ru="Успешные статусы",
            help_ru="Статусы, которые считаются успехом: 2xx, 404, 200-299. Остальные — ошибка шага.",
        ),
    )
    idempotency: bool = Field(
        default=True,
        title="Idempotency key",
        description="Send the same key on each try of a POST or PATCH, so that services can tell a retry.",
        json_schema_extra=widget(
            order=100,
            group="Retries of POST and PATCH",
            group_ru="Повторы POST и PATCH",
            visible_when={"method": ["POST", "PATCH"]},
            label_ru="Ключ идемпотентности",
            help_ru="Один и тот же ключ при каждой попытке POST и PATCH, чтобы сервис узнал повтор.",
        ),
    )
    idempotency_header: Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", max_length=100)] = (
        Field(
            default="Idempotency-Key",
            title="Header of the key",
            description="Header that carries the idempotency key.",
            json_schema_extra=widget(
                order=102,
                group="Retries of POST and PATCH",
                visible_when={"method": ["POST", "PATCH"]},
                label_ru="Заголовок ключа",
                help_ru="Заголовок, в котором идёт ключ идемпотентности.",
            ),
        )
    )
    connect_timeout_s: Templated[_Seconds] = Field(
        default=10,
        title="Connect timeout",
        description="Time to wait for the connection.",
        json_schema_extra=widget(
            "duration",
            order=110,
            group="Time limits",
            group_ru="Ограничения времени",
            label_ru="Ожидание соединения",
            help_ru="Сколько ждать соединения.",
        ),
    )
    read_timeout_s: Templated[_Seconds] = Field(
        default=30,
        title="Read timeout",
        description="Time to wait for each part of the answer.",
        json_schema_extra=widget(
            "duration",
            order=112,
            group="Time limits",
            label_ru="Ожидание ответа",
            help_ru="Сколько ждать каждой части ответа.",
        ),
    )
    total_timeout_s: Templated[_Seconds] = Field(
        default=300,
        title="Total timeout",
        description="Time that one request may take as a whole, redirects included.",
        json_schema_extra=widget(
            "duration",
            order=114,
            group="Time limits",
            label_ru="Всего на запрос",
            help_ru="Сколько может занять один запрос целиком, вместе с перенаправлениями.",
        ),
    )
    follow_redirects: bool = Field(
        default=True,
        title="Follow redirects",
        description="Go where a 3xx answer points to.",
        json_schema_extra=widget(
            order=120,
            group="Network",
            group_ru="Сеть",
            label_ru="Переходить по перенаправлениям",
            help_ru="Идти туда, куда указывает ответ 3xx.",
        ),
    )
    max_redirects: Annotated[int, Field(ge=1, le=50)] = Field(
        default=10,
        title="At most, redirects",
        description="Redirects after which the step fails.",
        json_schema_extra=widget(
            order=122,
            group="Network",
            visible_when={"follow_redirects": True},
            label_ru="Не больше перенаправлений",
            help_ru="После скольких перенаправлений шаг завершится ошибкой.",
        ),
    )
    verify_tls: bool = Field(
        default=True,
        title="Verify TLS",
        description="Refuse servers whose certificate cannot be verified.",
        json_schema_extra=widget(
            order=130,
            group="Network",
            label_ru="Проверять сертификат",
            help_ru="Отказывать серверам с непроверяемым сертификатом.",
        ),
    )
    proxy: Templated[Annotated[Text, Field(max_length=2000)]] = Field(
        default="",
        title="Proxy",
        description=(
            "Address of an HTTP proxy. Empty: the connection's, else the worker's. Credentials of a proxy "
            "belong into the connection."
        ),
        examples=["http://proxy.example.com:3128"],
        json_schema_extra=widget(
            order=140,
            group="Network",
            label_ru="Прокси",
            help_ru=(
                "Адрес HTTP-прокси. Пусто: из подключения, иначе как у воркера. Пароль прокси храните в "
                "подключении."
            ),
        ),
    )
