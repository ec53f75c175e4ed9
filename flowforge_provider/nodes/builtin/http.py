"""The action that calls an HTTP service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowforge_provider.graph.models import Retry
from flowforge_provider.nodes.builtin.http_parameters import HttpParameters
from flowforge_provider.nodes.spec import NodeType, ParameterProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["HttpParameters", "HttpRequest"]


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
        "Sends one request, or one for each page of a long list. Later steps read the answer:\n\n"
        "- `steps.<id>.body`: its JSON, its text, or a file, by the answer's content type\n"
        "- `steps.<id>.status`: the HTTP status\n"
        "- `steps.<id>.headers`: the headers, with lower-case names\n"
        "- `steps.<id>.pages` and `steps.<id>.complete`: with pages, their number and whether the list "
        "ended\n\n"
        "**Credentials** live in an Airflow connection of the type FlowForge HTTP (none, basic, bearer "
        "token, "
        "API key, OAuth2 client credentials, client certificate), or HTTP. With a connection the address "
        "stays "
        "on its host, and a redirect elsewhere takes no secret along. Secrets of the connection are hidden "
        "in "
        "what the step records.\n\n"
        "**Failures**: a status that is not listed as success fails the step; connect the `error` port to "
        "go on "
        "then. Lost connections, timeouts, 408, 425, 429 and 5xx are tried again, after the time that "
        "`Retry-After` asks for; other statuses are not.\n\n"
        "**Retries of POST and PATCH** carry the same `Idempotency-Key`, by which many services tell a retry "
        "from a new request; others may do the work twice. Each page has a key of its own.\n\n"
        "**Private addresses** are refused unless `[flowforge] http_allowed_networks` opens them."
    )
    help_ru = (
        "Отправляет один запрос или по запросу на каждую страницу длинного списка. Следующие шаги читают "
        "ответ:\n\n"
        "- `steps.<id>.body`: JSON, текст или файл — по типу содержимого ответа\n"
        "- `steps.<id>.status`: статус HTTP\n"
        "- `steps.<id>.headers`: заголовки, имена строчными буквами\n"
        "- `steps.<id>.pages` и `steps.<id>.complete`: при страницах — их число и дошёл ли список до "
        "конца\n\n"
        "**Доступ** хранится в подключении Airflow типа FlowForge HTTP (без входа, basic, bearer-токен, ключ "
        "API, OAuth2 client credentials, клиентский сертификат) или HTTP. С подключением адрес остаётся на "
        "его "
        "хосте, а перенаправление на другой хост не уносит секретов. Секреты подключения скрыты в записях "
        "шага.\n\n"
        "**Ошибки**: статус, не указанный среди успешных, — ошибка шага; чтобы продолжить, подключите порт "
        "`error`. Обрывы связи, таймауты, 408, 425, 429 и 5xx повторяются, через время из `Retry-After`; "
        "остальные статусы — нет.\n\n"
        "**Повторы POST и PATCH** несут один и тот же `Idempotency-Key`, по которому многие сервисы узнают "
        "повтор; остальные могут сделать работу дважды. У каждой страницы свой ключ.\n\n"
        "**Частные адреса** закрыты, пока их не откроет `[flowforge] http_allowed_networks`."
    )
    keywords: ClassVar[tuple[str, ...]] = ("rest", "api", "curl", "url", "get", "post", "request", "запрос")
    parameters = HttpParameters
    operator = "flowforge_provider.operators.http:HttpOperator"
    # 501 and 505 say that the service cannot do this at all.
    default_retry = Retry(
        retries=2,
        delay_s=5,
        exponential_backoff=True,
        max_delay_s=300,
        retry_on=["connection", "timeout", "408", "425", "429", "5xx"],
        never_on=["501", "505"],
    )
    example: ClassVar[dict[str, Any]] = {
        "parameters": {
            "method": "POST",
            "url": "https://api.example.com/orders",
            "query": [{"name": "source", "value": "flowforge"}],
            "headers": [{"name": "X-Run", "value": "{{ run.id }}"}],
            "body_type": "json",
            "body": {"product": "{{ trigger.body.id }}", "quantity": "{{ trigger.body.quantity }}"},
        },
        "data": {"trigger": {"body": {"id": 7, "quantity": 2}}, "run": {"id": "manual__1"}},
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "required": ["status", "headers", "body", "url", "elapsed_ms"],
        "properties": {
            "status": {
                "type": "integer",
                "description": "HTTP status; of the last page when there are several.",
            },
            "headers": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "description": "Answer headers, names in lower case.",
            },
            "body": {
                "description": (
                    "The answer's JSON, its text, or a file {filename, content_type, size, base64}; null "
                    "when "
                    "empty. With pages: all items, or the list of the pages."
                )
            },
            "url": {"type": "string", "description": "Final address, after redirects."},
            "elapsed_ms": {
                "type": "integer",
                "description": "Milliseconds from sending to the end of the answer, of all pages together.",
            },
            "pages": {"type": "integer", "description": "With pages: how many were read."},
            "complete": {
                "type": "boolean",
                "description": "With pages: false when the limit of pages ended the list.",
            },
        },
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Look at what belongs together: method and body, url and connection, the ways to the next page."""
        yield from _check_body(parameters)
        yield from _check_url(parameters)
        yield from _check_pages(parameters)
        yield from _check_secrets(parameters)


def _check_body(parameters: Mapping[str, Any]) -> Iterator[ParameterProblem]:
    body_type = parameters.get("body_type", "none")
    if body_type != "none" and parameters.get("method", "GET") in ("GET", "HEAD"):
        yield ParameterProblem(
            code="body-without-effect",
            message="GET and HEAD requests carry no body. Use POST, or set the body to none.",
            field="body_type",
            severity="warning",
        )
    places: list[tuple[str, Any]] = []
    if body_type == "file":
        places.append(("file", parameters.get("file")))
    files = parameters.get("files")
    if body_type == "multipart" and isinstance(files, list):
        places += [
            (f"files.{index}.file", part.get("file"))
            for index, part in enumerate(files)
            if isinstance(part, dict)
        ]
    for field, value in places:
        if not value:
            yield ParameterProblem(
                code="wrong-parameter",
                message="No file is given. Take one from an earlier step: {{ steps.download.body }}.",
                field=field,
            )


def _check_url(parameters: Mapping[str, Any]) -> Iterator[ParameterProblem]:
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
                f'"{url}" is no full address. Start it with https://, or pick a connection with a '
                "base address."
            ),
            field="url",
        )


def _check_secrets(parameters: Mapping[str, Any]) -> Iterator[ParameterProblem]:
    """Whoever draws must not lead the secrets of a connection, which others made, past their service."""
    if not parameters.get("connection_id"):
        return
    if parameters.get("proxy"):
        yield ParameterProblem(
            code="wrong-parameter",
            message="A proxy that the step names could read the connection's secrets. Name it there instead.",
            field="proxy",
        )
    if parameters.get("verify_tls", True) is not True:
        yield ParameterProblem(
            code="wrong-parameter",
            message=(
                "The connection's secrets go to verified servers only. Put the server's certificate into the "
                "connection (CA certificate), or leave the connection out."
            ),
            field="verify_tls",
        )


def _check_pages(parameters: Mapping[str, Any]) -> Iterator[ParameterProblem]:
    pagination = parameters.get("pagination", "none")
    if pagination == "none":
        return
    if pagination == "cursor" and not parameters.get("cursor_field"):
        yield ParameterProblem(
            code="wrong-parameter",
            message="Name the field of the answer that holds the next cursor, for example meta.next_cursor.",
            field="cursor_field",
        )
    if parameters.get("page_in") == "body" and parameters.get("body_type") != "json":
        yield ParameterProblem(
            code="wrong-parameter",
            message="The parameter goes into a JSON body only. Set the body to JSON, or use the query.",
            field="page_in",
        )
    if parameters.get("response_type") in ("text", "file"):
        yield ParameterProblem(
            code="wrong-parameter",
            message="Pages are read as JSON. Set the answer to JSON, or ask for one request only.",
            field="response_type",
        )
    yield from _check_stop(parameters.get("stop_when"))


def _check_stop(stop_when: Any) -> Iterator[ParameterProblem]:
    if not isinstance(stop_when, str) or not stop_when.strip():
        return
    from flowforge_provider.expressions import check

    if not _is_one_expression(stop_when):
        yield ParameterProblem(
            code="wrong-parameter",
            message="This is one expression that is true or false, for example {{ not page.body.has_more }}.",
            field="stop_when",
        )
        return
    for problem in check(stop_when):
        yield ParameterProblem(code="expression-syntax", message=problem.message, field="stop_when")


def _is_one_expression(text: str) -> bool:
    stripped = text.strip()
    return stripped.startswith("{{") and stripped.endswith("}}") and stripped.count("{{") == 1
