"""The trigger of a workflow that people start by a public page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from flowforge_provider.nodes.builtin.form.access import AccessParameters
from flowforge_provider.nodes.builtin.form.page import PageParameters
from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.payload.parameters import FormParameters, check_payload_parameters
from flowforge_provider.nodes.spec import SUCCESS, NodeType, ParameterProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class FormTriggerParameters(PageParameters, AccessParameters, FormParameters):
    """Parameters of ``form``."""

    sample_payload: Any = Field(
        default_factory=dict,
        title="Sample",
        description="JSON used for previews and as the default of a manual run.",
        examples=[{"email": "ann@example.com"}],
        json_schema_extra=widget(
            "code",
            language="json",
            literal=True,
            order=90,
            advanced=True,
            label_ru="Пример данных",
            help_ru="JSON для предпросмотра и как начальные данные ручного запуска.",
        ),
    )


class FormTrigger(NodeType):
    """A run starts for each form that somebody has filled in."""

    type = "form"
    kind = "trigger"
    title = "Form"
    title_ru = "Форма"
    group = "Triggers"
    icon = "clipboard-list"
    summary = "Starts a run for each form that is filled in on a page of its own."
    summary_ru = "Запускается, когда кто-то заполнил форму на отдельной странице."
    subtitle = "{title}"
    help = (
        "Publishing makes a page at `/flowforge/api/forms/<workflow id>` that needs no account. A form that "
        "is sent is stored first and becomes exactly one run; reloading the page, or going back, sends no "
        "second one.\n\n"
        "- `trigger.body` are the values by their names: `trigger.body.email`\n"
        "- a file is `{filename, content_type, size, file_id}`, and every step that takes files takes it\n"
        "- `trigger.received_at` is when it was sent\n\n"
        "The page works without JavaScript, speaks English and Russian, and asks nothing of other sites."
    )
    help_ru = (
        "После публикации по адресу `/flowforge/api/forms/<workflow id>` появляется страница, для которой не "
        "нужна учётная запись. Каждая отправка сначала сохраняется и становится ровно одним запуском; "
        "обновление страницы или возврат назад второй раз не отправляют.\n\n"
        "- `trigger.body` — значения по именам: `trigger.body.email`\n"
        "- файл — это `{filename, content_type, size, file_id}`, его берут все шаги, принимающие файлы\n"
        "- `trigger.received_at` — когда форма отправлена\n\n"
        "Страница работает без JavaScript, по-русски и по-английски, и не обращается к другим сайтам."
    )
    keywords: ClassVar[tuple[str, ...]] = (
        "page",
        "survey",
        "upload",
        "public",
        "анкета",
        "опрос",
        "страница",
    )
    parameters = FormTriggerParameters
    ports = (SUCCESS,)
    operator = "flowforge_provider.operators.trigger:TriggerOperator"
    example: ClassVar[dict[str, Any]] = {
        "parameters": {
            "title": "Report a problem",
            "fields": [
                {"name": "email", "label": "Your email", "type": "email", "required": True},
                {"name": "text", "label": "What has happened?", "type": "long_text", "required": True},
            ],
        },
        "data": {},
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Look at the fields, and at what the page needs besides."""
        yield from check_payload_parameters(parameters, trigger_type=cls.type)
        if parameters.get("authentication") == "basic" and not parameters.get("connection_id"):
            yield ParameterProblem(
                code="missing-connection",
                message="No connection holds the name and the password of visitors. Pick one, or create one.",
                field="connection_id",
            )
        if parameters.get("after_submit") == "redirect" and not parameters.get("redirect_url"):
            yield ParameterProblem(
                code="missing-parameter",
                message="The page to lead to is missing. Enter an address that begins with https://.",
                field="redirect_url",
            )
        if parameters.get("embedding") == "sites" and not parameters.get("embedding_sites"):
            yield ParameterProblem(
                code="missing-parameter",
                message="No site is named. Add one, or let the page be shown nowhere.",
                field="embedding_sites",
            )
