"""The action that calls an HTTP service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from flowforge_provider.graph.models import Retry
from flowforge_provider.nodes.fields import ConnectionId, widget
from flowforge_provider.nodes.spec import NodeType, ParameterProblem, Parameters
from flowforge_provider.nodes.templated import Templated, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_CONTROL_CHARACTERS = frozenset(map(chr, range(32))) - {"\t"} | {"\x7f"}


def _one_line(value: str) -> str:
    # A line break in a header would let data add headers of its own (RFC 9110, section 5.5).
    if _CONTROL_CHARACTERS.intersection(value):
        raise PydanticCustomError("control-character", "A header holds no line breaks or control characters.")
    return value


HeaderText = Annotated[Text, AfterValidator(_one_line)]
StatusRule = Annotated[str, StringConstraints(pattern=r"^([1-5]xx|[1-5][0-9]{2}(-[1-5][0-9]{2})?)$")]


class _Pair(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)


class QueryParameter(_Pair):
    """One query parameter; a name may occur more than once."""

    name: Templated[Text] = Field(
        title="Name", description="Name in the url.", json_schema_extra=widget(label_ru="Имя")
    )
    value: Templated[Text] = Field(
        default="",
        title="Value",
        description="Value; encoded as needed.",
        json_schema_extra=widget(label_ru="Значение"),
    )


class Header(_Pair):
    """One request header."""

    name: Templated[Annotated[HeaderText, Field(min_length=1)]] = Field(
        title="Name", description="Header name.", json_schema_extra=widget(label_ru="Имя")
    )
    value: Templated[HeaderText] = Field(
        default="",
        title="Value",
        description="Header value. Put secrets into the connection instead.",
        json_schema_extra=widget(label_ru="Значение"),
    )


class HttpParameters(Parameters):
    """Parameters of ``http.request``."""

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
            conn_types=["http"],
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
    body_type: Literal["none", "json", "form", "text"] = Field(
        default="none",
        title="Body",
        description="What is sent: nothing, JSON, form fields, or plain text.",
        json_schema_extra=widget(
            "select",
            order=60,
            options={"none": "None", "json": "JSON", "form": "Form fields", "text": "Plain text"},
            options_ru={"none": "Нет", "json": "JSON", "form": "Поля формы", "text": "Простой текст"},
            label_ru="Тело",
            help_ru="Что отправляется: ничего, JSON, поля формы или текст.",
        ),
    )
    body: Templated[Any] = Field(
        default=None,
        title="Body content",
        description="JSON for json, an object of names and values for form, a string for text.",
        examples=[{"order": "{{ trigger.body.id }}"}],
        json_schema_extra=widget(
            "code",
            language="json",
            order=70,
            visible_when={"body_type": ["json", "form", "text"]},
            label_ru="Содержимое",
            help_ru="JSON, объект имён и значений для формы или строка для текста.",
        ),
    )
    timeout_s: Templated[Annotated[float, Field(gt=0, le=3600)]] = Field(
        default=30,
        title="Timeout, s",
        description="Seconds to wait for the connection and for each part of the answer.",
        json_schema_extra=widget(
            order=80,
            advanced=True,
            label_ru="Время ожидания, с",
            help_ru="Сколько секунд ждать соединения и каждой части ответа.",
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
            advanced=True,
            label_ru="Успешные статусы",
            help_ru="Статусы, которые считаются успехом: 2xx, 404, 200-299. Остальные — ошибка шага.",
        ),
    )
    follow_redirects: bool = Field(
        default=True,
        title="Follow redirects",
        description="Go where a 3xx answer points to.",
        json_schema_extra=widget(
            order=100,
            advanced=True,
            label_ru="Переходить по перенаправлениям",
            help_ru="Идти туда, куда указывает ответ 3xx.",
        ),
    )
    verify_tls: bool = Field(
        default=True,
        title="Verify TLS",
        description="Refuse servers whose certificate cannot be verified.",
        json_schema_extra=widget(
            order=110,
            advanced=True,
            label_ru="Проверять сертификат",
            help_ru="Отказывать серверам с непроверяемым сертификатом.",
        ),
    )


class HttpRequest(NodeType):
    """Calls an HTTP service and hands on its answer."""

    type = "http.request"
    title = "HTTP request"
    title_ru = "HTTP-запрос"
    group = "Web"
    icon = "globe"
    summary = "Calls an HTTP API and hands on the answer."
    summary_ru = "Вызывает HTTP API и передаёт ответ дальше."
    subtitle = "{method} {url}"
    help = (
        "Sends one request. Later steps read the answer:\n\n"
        "- `steps.<id>.body`: the JSON of the answer, or its text\n"
        "- `steps.<id>.status`: the HTTP status\n"
        "- `steps.<id>.headers`: the headers, with lower-case names\n\n"
        "A status that is not listed as success fails the step; connect the `error` port to go on then."
    )
    help_ru = (
        "Отправляет один запрос. Следующие шаги читают ответ:\n\n"
        "- `steps.<id>.body`: JSON ответа или его текст\n"
        "- `steps.<id>.status`: статус HTTP\n"
        "- `steps.<id>.headers`: заголовки, имена строчными буквами\n\n"
        "Статус, не указанный среди успешных, — ошибка шага; чтобы продолжить, подключите порт `error`."
    )
    keywords: ClassVar[tuple[str, ...]] = ("rest", "api", "curl", "url", "get", "post", "request", "запрос")
    parameters = HttpParameters
    operator = "flowforge_provider.operators.http:HttpOperator"
    default_retry = Retry(retries=2, delay_s=5, exponential_backoff=True, max_delay_s=300)
    example: ClassVar[dict[str, Any]] = {
        "parameters": {
            "method": "POST",
            "url": "https://api.example.com/orders",
            "query": [{"name": "source", "value": "flowforge"}],
            "headers": [{"name": "Idempotency-Key", "value": "{{ run.id }}"}],
            "body_type": "json",
            "body": {"product": "{{ trigger.body.id }}", "quantity": "{{ trigger.body.quantity }}"},
        },
        "data": {"trigger": {"body": {"id": 7, "quantity": 2}}, "run": {"id": "manual__1"}},
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "required": ["status", "headers", "body", "url", "elapsed_ms"],
        "properties": {
            "status": {"type": "integer", "description": "HTTP status."},
            "headers": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "description": "Answer headers, names in lower case.",
            },
            "body": {"description": "Its JSON, its text, or Base64 of what is neither; null when empty."},
            "url": {"type": "string", "description": "Final address, after redirects."},
            "elapsed_ms": {
                "type": "integer",
                "description": "Milliseconds from sending to the end of the answer.",
            },
        },
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Look at what belongs together: method and body, url and connection."""
        body_type = parameters.get("body_type", "none")
        if body_type != "none" and parameters.get("method", "GET") in ("GET", "HEAD"):
            yield ParameterProblem(
                code="body-without-effect",
                message="GET and HEAD requests carry no body. Use POST, or set the body to none.",
                field="body_type",
                severity="warning",
            )
        body = parameters.get("body")
        is_template = isinstance(body, str) and "{{" in body
        if body_type == "form" and not is_template and not isinstance(body, dict):
            yield ParameterProblem(
                code="wrong-parameter",
                message='A form body is an object of names and values, for example {"name": "value"}.',
                field="body",
            )
        if body_type == "text" and not isinstance(body, str):
            yield ParameterProblem(
                code="wrong-parameter",
                message="A text body is a string. Set the body type to json to send anything else.",
                field="body",
            )
        url = parameters.get("url")
        if (
            isinstance(url, str)
            and url
            and not parameters.get("connection_id")
            and not url.startswith(("http://", "https://", "{{"))
        ):
            yield ParameterProblem(
                code="relative-url",
                message=(
                    f'"{url}" is no full address. '
                    "Start it with https://, or pick a connection with a base address."
                ),
                field="url",
            )
