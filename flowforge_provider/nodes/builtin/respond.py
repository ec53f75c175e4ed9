"""The step that sets the result of an execution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from flowforge_provider.nodes.builtin.http_parts import HeaderText
from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import NodeType, ParameterProblem, Parameters
from flowforge_provider.nodes.templated import Templated, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class RespondHeader(BaseModel):
    """One header of the answer."""

    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)

    name: Templated[
        Annotated[HeaderText, Field(min_length=1, max_length=200, pattern=r"^[!#$%&'*+.^_`|~\w-]+$")]
    ] = Field(
        title="Name",
        description="Header name.",
        examples=["Location"],
        json_schema_extra=widget(label_ru="Имя", help_ru="Имя заголовка."),
    )
    value: Templated[HeaderText] = Field(
        default="",
        title="Value",
        description="Header value.",
        json_schema_extra=widget(label_ru="Значение", help_ru="Значение заголовка."),
    )


class RespondParameters(Parameters):
    """Parameters of ``respond``."""

    status: Templated[Annotated[int, Field(ge=200, le=599)]] = Field(
        default=200,
        title="Status",
        description="HTTP status of the answer.",
        examples=[201],
        json_schema_extra=widget(order=10, label_ru="Статус", help_ru="Статус HTTP ответа."),
    )
    content: Literal["json", "text", "file", "empty"] = Field(
        default="json",
        title="Content",
        description="What the answer holds.",
        json_schema_extra=widget(
            "select",
            order=20,
            options={"json": "JSON", "text": "Text", "file": "File", "empty": "Nothing"},
            options_ru={"json": "JSON", "text": "Текст", "file": "Файл", "empty": "Ничего"},
            label_ru="Содержимое",
            help_ru="Что содержит ответ.",
        ),
    )
    body: Templated[Any] = Field(
        default=None,
        title="Body",
        description="Any JSON.",
        examples=["{{ steps.total }}"],
        json_schema_extra=widget(
            "expression",
            order=30,
            visible_when={"content": "json"},
            label_ru="Тело",
            help_ru="Любой JSON.",
        ),
    )
    text: Templated[Text] = Field(
        default="",
        max_length=1_000_000,
        title="Text",
        description="Text of the answer.",
        json_schema_extra=widget(
            "textarea", order=40, visible_when={"content": "text"}, label_ru="Текст", help_ru="Текст ответа."
        ),
    )
    content_type: Templated[HeaderText] = Field(
        default="text/plain; charset=utf-8",
        max_length=200,
        title="Content type",
        description="Media type of the text.",
        json_schema_extra=widget(
            order=50,
            visible_when={"content": "text"},
            label_ru="Тип содержимого",
            help_ru="Тип данных текста.",
        ),
    )
    file: Templated[Any] = Field(
        default=None,
        title="File",
        description="A file that a step has made.",
        examples=["{{ steps.report.file }}"],
        json_schema_extra=widget(
            "expression",
            order=60,
            visible_when={"content": "file"},
            label_ru="Файл",
            help_ru="Файл, созданный шагом.",
        ),
    )
    headers: list[RespondHeader] = Field(
        default_factory=list,
        max_length=50,
        title="Headers",
        description="Further headers of the answer.",
        json_schema_extra=widget(
            "key-value", order=70, advanced=True, label_ru="Заголовки", help_ru="Другие заголовки ответа."
        ),
    )


class Respond(NodeType):
    """Sets the result of the execution."""

    type = "respond"
    title = "Respond"
    title_ru = "Ответ"
    group = "Logic"
    icon = "reply"
    summary = "Sets the result of the execution: what a caller gets as the answer."
    summary_ru = "Задаёт результат выполнения: что вызывающий получит в ответ."
    subtitle = "{status}"
    help = (
        "Sets what the execution answers: to a caller that waits for it, to the step *Run workflow*, and "
        "under "
        "`result` of the API. The steps after it go on.\n\n"
        "When several such steps run in one execution, the first one that succeeds counts; the others are "
        "only "
        "recorded as steps. Without such a step, an execution has no result.\n\n"
        "The output is `{status, headers, content, body, responded_at}`; a file is its usual JSON object."
    )
    help_ru = (
        "Задаёт ответ выполнения: вызывающему, который его ждёт, шагу *Запуск процесса* и в поле `result` "
        "API. "
        "Следующие шаги выполняются дальше.\n\n"
        "Если таких шагов в выполнении несколько, учитывается первый успешный; остальные записываются только "
        "как шаги. Без такого шага у выполнения нет результата.\n\n"
        "Результат шага — `{status, headers, content, body, responded_at}`; файл — обычный объект JSON."
    )
    keywords: ClassVar[tuple[str, ...]] = (
        "answer",
        "return",
        "result",
        "response",
        "reply",
        "ответ",
        "результат",
    )
    parameters = RespondParameters
    operator = "flowforge_provider.operators.respond:RespondOperator"
    allowed_in_loop = False
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "required": ["status", "headers", "content", "body", "responded_at"],
        "properties": {
            "status": {"type": "integer", "description": "HTTP status."},
            "headers": {"type": "object", "description": "Headers by name, the content type among them."},
            "content": {"type": "string", "description": "json, text, file or empty."},
            "body": {"description": "The JSON, the text, the file's object, or null."},
            "responded_at": {"type": "string", "description": "When it answered, ISO 8601, UTC."},
        },
    }
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"status": 201, "body": {"order": "{{ trigger.body.id }}", "state": "accepted"}},
        "data": {"trigger": {"body": {"id": 7}}},
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Ask for the file where the answer is one."""
        if parameters.get("content") == "file" and parameters.get("file") in (None, ""):
            yield ParameterProblem(
                "missing-parameter", "The file is missing. Choose one that a step has made.", "file"
            )
