"""The action that sends an email."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from flowforge_provider.files import is_file
from flowforge_provider.graph.models import Retry
from flowforge_provider.nodes.addresses import AddressText, OneAddressText
from flowforge_provider.nodes.builtin.email_parts import (
    EmailAttachment,
    EmailHeader,
    EmailTag,
    check_moment,
    one_line,
)
from flowforge_provider.nodes.fields import RequiredConnectionId, widget
from flowforge_provider.nodes.spec import NodeType, ParameterProblem, Parameters
from flowforge_provider.nodes.templated import OPEN, Templated, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_RECIPIENTS = ("to", "cc", "bcc")


_Addresses = list[Templated[AddressText]]
_Content = Annotated[Text, Field(max_length=2_000_000)]


class EmailParameters(Parameters):
    """Parameters of ``email.send``."""

    connection_id: RequiredConnectionId = Field(
        title="Connection",
        description="Airflow connection of the mail server (SMTP) or of Resend; its type tells which.",
        examples=["mail_server"],
        json_schema_extra=widget(
            "connection",
            order=10,
            conn_types=["smtp", "resend"],
            label_ru="Подключение",
            help_ru="Подключение Airflow к почтовому серверу (SMTP) или Resend; тип решает, кто отправляет.",
        ),
    )
    sender: Templated[OneAddressText] = Field(
        default="",
        title="From",
        description="Sender; that of the connection when empty.",
        examples=["Shop <shop@example.com>"],
        json_schema_extra=widget(
            order=20, label_ru="От кого", help_ru="Отправитель; если пусто, из подключения."
        ),
    )
    to: _Addresses = Field(
        default_factory=list,
        max_length=500,
        title="To",
        description="Recipients: ann@example.com, Ann Lee <ann@example.com>; an expression may yield a list.",
        examples=[["{{ trigger.body.email }}"]],
        json_schema_extra=widget(
            order=30,
            label_ru="Кому",
            help_ru="Получатели: ann@example.com или Ann Lee <ann@example.com>; выражение может дать список.",
        ),
    )
    cc: _Addresses = Field(
        default_factory=list,
        max_length=500,
        title="Cc",
        description="Recipients of a copy.",
        json_schema_extra=widget(
            order=40,
            group="More recipients",
            group_ru="Ещё получатели",
            label_ru="Копия",
            help_ru="Получатели копии.",
        ),
    )
    bcc: _Addresses = Field(
        default_factory=list,
        max_length=500,
        title="Bcc",
        description="Recipients of a copy whom nobody else sees.",
        json_schema_extra=widget(
            order=50,
            group="More recipients",
            label_ru="Скрытая копия",
            help_ru="Получатели, которых не видят другие.",
        ),
    )
    reply_to: _Addresses = Field(
        default_factory=list,
        max_length=50,
        title="Reply to",
        description="Where answers go; to the sender when empty.",
        json_schema_extra=widget(
            order=60,
            group="More recipients",
            label_ru="Ответить",
            help_ru="Куда придут ответы; если пусто, отправителю.",
        ),
    )
    subject: Templated[Annotated[Text, Field(max_length=998), AfterValidator(one_line)]] = Field(
        default="",
        title="Subject",
        description="Subject line.",
        examples=["Order {{ trigger.body.id }}"],
        json_schema_extra=widget("expression", order=70, label_ru="Тема", help_ru="Тема письма."),
    )
    body_type: Literal["text", "html", "markdown"] = Field(
        default="text",
        title="Body",
        description="How the message is written. Markdown becomes HTML.",
        json_schema_extra=widget(
            "select",
            order=80,
            options={"text": "Plain text", "html": "HTML", "markdown": "Markdown"},
            options_ru={"text": "Простой текст", "html": "HTML", "markdown": "Markdown"},
            label_ru="Тело",
            help_ru="Как написано письмо. Markdown превращается в HTML.",
        ),
    )
    html: Templated[_Content] = Field(
        default="",
        title="HTML",
        description="The message as HTML. Values of strangers belong in {{ value | escape }}.",
        examples=["<p>Hello {{ trigger.body.name | escape }}</p>"],
        json_schema_extra=widget(
            "textarea",
            order=90,
            visible_when={"body_type": "html"},
            label_ru="HTML",
            help_ru="Письмо в HTML. Чужие значения пишите как {{ value | escape }}.",
        ),
    )
    markdown: Templated[_Content] = Field(
        default="",
        title="Markdown",
        description="The message as Markdown, with tables; HTML inside stays text.",
        examples=["**Order {{ trigger.body.id }}** is on its way."],
        json_schema_extra=widget(
            "markdown",
            order=100,
            visible_when={"body_type": "markdown"},
            label_ru="Markdown",
            help_ru="Письмо в Markdown, с таблицами; HTML внутри остаётся текстом.",
        ),
    )
    text: Templated[_Content] = Field(
        default="",
        title="Text",
        description="The message as plain text. Beside HTML or Markdown: the version for those without HTML, "
        "made from it when empty.",
        examples=["Order {{ trigger.body.id }} is on its way."],
        json_schema_extra=widget(
            "textarea",
            order=110,
            label_ru="Текст",
            help_ru="Письмо простым текстом. Рядом с HTML или Markdown — версия для чтения без HTML; "
            "если пусто, создаётся из них.",
        ),
    )
    attachments: list[EmailAttachment] = Field(
        default_factory=list,
        max_length=50,
        title="Attachments",
        description="Files of earlier steps or from an address.",
        json_schema_extra=widget(
            order=120, label_ru="Вложения", help_ru="Файлы предыдущих шагов или по адресу."
        ),
    )
    headers: list[EmailHeader] = Field(
        default_factory=list,
        max_length=50,
        title="Headers",
        description="More headers of the message.",
        json_schema_extra=widget(
            "key-value",
            order=130,
            group="Delivery",
            group_ru="Доставка",
            label_ru="Заголовки",
            help_ru="Дополнительные заголовки письма.",
        ),
    )
    tags: list[EmailTag] = Field(
        default_factory=list,
        max_length=50,
        title="Tags",
        description="Resend only: names and values by which its statistics group messages.",
        json_schema_extra=widget(
            "key-value",
            order=140,
            group="Delivery",
            label_ru="Метки",
            help_ru="Только Resend: имена и значения для группировки в статистике.",
        ),
    )
    scheduled_at: Templated[Annotated[Text, Field(max_length=100), AfterValidator(check_moment)]] = Field(
        default="",
        title="Send at",
        description="Resend only: date and time (ISO 8601) at which it sends the message, at most 30 days "
        "ahead. Without a time zone, that of the workflow counts.",
        examples=["2030-01-31T09:00:00+01:00"],
        json_schema_extra=widget(
            "datetime",
            order=150,
            group="Delivery",
            label_ru="Отправить в",
            help_ru="Только Resend: дата и время (ISO 8601) отправки, не позже чем через 30 дней. "
            "Без часового пояса действует пояс процесса.",
        ),
    )


class EmailSend(NodeType):
    """Sends an email through an SMTP server or Resend."""

    type = "email.send"
    title = "Email"
    title_ru = "Письмо"
    group = "Messages"
    icon = "mail"
    summary = "Sends an email through a mail server or Resend."
    summary_ru = "Отправляет письмо через почтовый сервер или Resend."
    subtitle = "{to} {subject}"
    help = (
        "Sends one message to all recipients. The type of the connection tells which way: `smtp` is any mail "
        "server, `resend` the service Resend.\n\n"
        "- `steps.<id>.id`: Resend's id of the message, or its `Message-ID`\n"
        "- `steps.<id>.accepted`: addresses that were taken\n"
        "- `steps.<id>.rejected`: addresses that the mail server refused, each with its answer\n\n"
        "All addresses are checked before anything is sent. A retry cannot send twice through Resend within "
        "24 hours: each try carries the same key. SMTP knows no such key; each try carries the same "
        "`Message-ID`, and a message that was sent is remembered, but one whose sending was cut off may "
        "arrive twice."
    )
    help_ru = (
        "Отправляет одно письмо всем получателям. Способ задаёт тип подключения: `smtp` — любой почтовый "
        "сервер, `resend` — служба Resend.\n\n"
        "- `steps.<id>.id`: номер письма в Resend или его `Message-ID`\n"
        "- `steps.<id>.accepted`: принятые адреса\n"
        "- `steps.<id>.rejected`: адреса, отвергнутые сервером, и его ответы\n\n"
        "Все адреса проверяются до отправки. Через Resend повторная попытка не отправит письмо дважды в "
        "течение 24 часов: у всех попыток один ключ. В SMTP такого ключа нет; у всех попыток один "
        "`Message-ID`, и отправленное письмо запоминается, но прерванная отправка может дать второе письмо."
    )
    keywords: ClassVar[tuple[str, ...]] = (
        "mail",
        "smtp",
        "resend",
        "message",
        "send",
        "почта",
        "письмо",
        "отправить",
    )
    parameters = EmailParameters
    operator = "flowforge_provider.operators.email:EmailOperator"
    default_retry = Retry(
        retries=3,
        delay_s=10,
        exponential_backoff=True,
        max_delay_s=600,
        retry_on=["connection", "timeout", "rate_limit", "429", "5xx", "smtp-temporary"],
        never_on=["resend-quota"],
    )
    example: ClassVar[dict[str, Any]] = {
        "parameters": {
            "connection_id": "mail_server",
            "sender": "Shop <shop@example.com>",
            "to": ["{{ trigger.body.email }}"],
            "subject": "Order {{ trigger.body.id }}",
            "body_type": "markdown",
            "markdown": "**Thank you.** Order {{ trigger.body.id }} is on its way.",
        },
        "data": {"trigger": {"body": {"id": 7, "email": "Ann Lee <ann@example.com>"}}},
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "required": ["provider", "id", "message_id", "accepted", "rejected", "scheduled_at", "response"],
        "properties": {
            "provider": {"type": "string", "enum": ["smtp", "resend"], "description": "What sent it."},
            "id": {"type": "string", "description": "Resend's id of the message, or its Message-ID."},
            "message_id": {
                "type": ["string", "null"],
                "description": "Message-ID header; null with Resend, which makes its own.",
            },
            "accepted": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Addresses that were taken for delivery.",
            },
            "rejected": {
                "type": "array",
                "description": "Addresses that the mail server refused.",
                "items": {
                    "type": "object",
                    "required": ["address", "status", "message"],
                    "properties": {
                        "address": {"type": "string", "description": "Address."},
                        "status": {"type": "integer", "description": "Status of the server's reply: 550."},
                        "message": {"type": "string", "description": "Text of the server's reply."},
                    },
                },
            },
            "scheduled_at": {
                "type": ["string", "null"],
                "description": "Moment at which Resend will send it, in UTC; null when it goes at once.",
            },
            "response": {
                "type": "string",
                "description": "The mail server's last reply, often with its queue id; empty with Resend.",
            },
        },
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Look for recipients, for something to read, and for attachments without a file."""
        if not any(parameters.get(name) for name in _RECIPIENTS):
            yield ParameterProblem(
                code="no-recipient", message="The email has no recipient. Add an address.", field="to"
            )
        body_type = parameters.get("body_type", "text")
        wanted = body_type if body_type in ("text", "html", "markdown") else "text"
        if not parameters.get(wanted) and not parameters.get("attachments"):
            yield ParameterProblem(
                code="empty-message", message="The email says nothing. Write its content.", field=wanted
            )
        if not parameters.get("subject"):
            yield ParameterProblem(
                code="empty-subject",
                message="The email has no subject; many mail servers take such messages for spam.",
                field="subject",
                severity="warning",
            )
        attachments = parameters.get("attachments")
        for index, attachment in enumerate(attachments if isinstance(attachments, list) else []):
            if isinstance(attachment, dict):
                yield from _check_attachment(attachment, index)


def _check_attachment(attachment: Mapping[str, Any], index: int) -> Iterator[ParameterProblem]:
    url, file = attachment.get("url"), attachment.get("file")
    if attachment.get("source", "step") == "url":
        if not url or (
            isinstance(url, str) and OPEN not in url and not url.startswith(("http://", "https://"))
        ):
            yield ParameterProblem(
                code="relative-url",
                message="An attachment needs a full address. Start it with https://.",
                field=f"attachments.{index}.url",
            )
    elif not (is_file(file) or isinstance(file, list) or (isinstance(file, str) and OPEN in file)):
        yield ParameterProblem(
            code="missing-file",
            message="The attachment names no file. Take one from an earlier step: {{ steps.report.file }}.",
            field=f"attachments.{index}.file",
        )
