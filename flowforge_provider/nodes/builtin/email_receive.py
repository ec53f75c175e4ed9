"""The trigger of a workflow that an incoming email starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from flowforge_provider.nodes.fields import ConnectionId, widget
from flowforge_provider.nodes.spec import SUCCESS, NodeType, ParameterProblem, Parameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_IMAP: dict[str, str | list[str]] = {"source": "imap"}
_RESEND: dict[str, str | list[str]] = {"source": "resend"}
_FilterText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=250, pattern=r"^[^\x00-\x1f\x7f]+$"),
]


class EmailReceiveParameters(Parameters):
    """Parameters of ``email.receive``."""

    source: Literal["imap", "resend"] = Field(
        default="imap",
        title="Source",
        description="A mailbox that is watched, or the service Resend, which calls when an email has come "
        "in.",
        json_schema_extra=widget(
            "select",
            order=10,
            options={"imap": "Mailbox (IMAP)", "resend": "Resend"},
            options_ru={"imap": "Почтовый ящик (IMAP)", "resend": "Resend"},
            label_ru="Откуда",
            help_ru="Почтовый ящик, за которым идёт наблюдение, или служба Resend, которая сообщает о "
            "письмах.",
        ),
    )
    connection_id: ConnectionId = Field(
        default="",
        title="Mailbox",
        description="Airflow connection with the mail server, and a password or what gives access tokens "
        "(OAuth2, for Microsoft 365 and Gmail).",
        examples=["support_mailbox"],
        json_schema_extra=widget(
            "connection",
            order=20,
            conn_types=["flowforge_imap", "imap"],
            visible_when=_IMAP,
            label_ru="Почтовый ящик",
            help_ru="Подключение Airflow с почтовым сервером и паролем или с тем, что даёт токены доступа "
            "(OAuth2, для Microsoft 365 и Gmail).",
        ),
    )
    folder: Annotated[
        str, StringConstraints(min_length=1, max_length=250, pattern=r"^[^\x00-\x1f\x7f]+$")
    ] = Field(
        default="INBOX",
        title="Folder",
        description="Folder of the mailbox that is watched.",
        examples=["INBOX"],
        json_schema_extra=widget(
            order=30, visible_when=_IMAP, label_ru="Папка", help_ru="Папка ящика, за которой идёт наблюдение."
        ),
    )
    start_from: Literal["new", "unseen"] = Field(
        default="new",
        title="Begin with",
        description="Which messages start runs when the workflow goes live: those that arrive from then "
        "on, or "
        "also those that nobody has read yet.",
        json_schema_extra=widget(
            "select",
            order=40,
            options={"new": "New messages", "unseen": "Unread messages, then new ones"},
            options_ru={"new": "Новые письма", "unseen": "Непрочитанные письма, затем новые"},
            visible_when=_IMAP,
            label_ru="Начать с",
            help_ru="Какие письма запускают процесс после публикации: пришедшие с этого момента или также "
            "ещё "
            "не прочитанные.",
        ),
    )
    after: Literal["seen", "move", "leave"] = Field(
        default="seen",
        title="Afterwards",
        description="What becomes of a message that has started a run.",
        json_schema_extra=widget(
            "select",
            order=50,
            options={"seen": "Mark as read", "move": "Move into a folder", "leave": "Leave as it is"},
            options_ru={"seen": "Пометить прочитанным", "move": "Переместить в папку", "leave": "Не трогать"},
            visible_when=_IMAP,
            label_ru="Затем",
            help_ru="Что делать с письмом, которое запустило процесс.",
        ),
    )
    move_to: Annotated[str, StringConstraints(max_length=250, pattern=r"^[^\x00-\x1f\x7f]*$")] = Field(
        default="",
        title="Move into",
        description="Folder for messages that have started a run; it is made when it does not exist.",
        examples=["Done"],
        json_schema_extra=widget(
            order=60,
            visible_when={"source": "imap", "after": "move"},
            label_ru="Переместить в",
            help_ru="Папка для писем, которые запустили процесс; создаётся, если её нет.",
        ),
    )
    interval_s: Annotated[int, Field(ge=5, le=86_400)] = Field(
        default=60,
        title="Look every",
        description="Seconds between two looks at a server that cannot tell of new messages by itself "
        "(IDLE).",
        json_schema_extra=widget(
            "duration",
            order=70,
            advanced=True,
            visible_when=_IMAP,
            label_ru="Проверять каждые",
            help_ru="Секунды между проверками, если сервер не умеет сам сообщать о новых письмах (IDLE).",
        ),
    )
    secret_connection_id: ConnectionId = Field(
        default="",
        title="Signing secret",
        description="Airflow connection whose password is the signing secret of Resend's webhook (whsec_…).",
        examples=["resend_webhook"],
        json_schema_extra=widget(
            "connection",
            order=22,
            conn_types=["flowforge_webhook", "generic"],
            visible_when=_RESEND,
            label_ru="Секрет подписи",
            help_ru="Подключение Airflow, пароль которого — секрет подписи вебхука Resend (whsec_…).",
        ),
    )
    resend_connection_id: ConnectionId = Field(
        default="",
        title="Resend account",
        description="Airflow connection of type resend, by which body and attachments are fetched. Its API "
        "key "
        "needs full access.",
        examples=["resend_default"],
        json_schema_extra=widget(
            "connection",
            order=24,
            conn_types=["resend"],
            visible_when=_RESEND,
            label_ru="Учётная запись Resend",
            help_ru="Подключение Airflow типа resend, через которое загружаются текст и вложения. Ключу "
            "API нужен "
            "полный доступ.",
        ),
    )
    path: Annotated[
        str, StringConstraints(pattern=r"^([A-Za-z0-9_.~-]+(/[A-Za-z0-9_.~-]+)*)?$", max_length=200)
    ] = Field(
        default="email",
        title="Path",
        description="What follows the workflow's id in the address that Resend calls.",
        examples=["email"],
        json_schema_extra=widget(
            order=26,
            advanced=True,
            visible_when=_RESEND,
            label_ru="Путь",
            help_ru="Что стоит после id процесса в адресе, который вызывает Resend.",
        ),
    )
    senders: Annotated[list[_FilterText], Field(max_length=20)] = Field(
        default_factory=list,
        title="Only from",
        description="Addresses or domains of senders, any of them; everybody when empty. Senders can be "
        "forged: "
        "this sorts emails, it proves nothing.",
        examples=[["orders@example.com", "example.org"]],
        json_schema_extra=widget(
            order=100,
            group="Filters",
            group_ru="Фильтры",
            label_ru="Только от",
            help_ru="Адреса или домены отправителей, любой из них; пусто — от всех. Отправителя можно "
            "подделать: "
            "фильтр сортирует письма, но ничего не доказывает.",
        ),
    )
    recipients: Annotated[list[_FilterText], Field(max_length=20)] = Field(
        default_factory=list,
        title="Only to",
        description="Addresses or domains of recipients, any of them, in To, Cc or the delivery's notes; all "
        "when empty.",
        examples=[["support@example.com"]],
        json_schema_extra=widget(
            order=110,
            group="Filters",
            label_ru="Только кому",
            help_ru="Адреса или домены получателей, любой из них: в полях «Кому», «Копия» или пометках о "
            "доставке; "
            "пусто — всем.",
        ),
    )
    subject: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=250, pattern=r"^[^\x00-\x1f\x7f]*$")
    ] = Field(
        default="",
        title="Subject contains",
        description="Text that the subject holds, in upper or lower case; any subject when empty.",
        examples=["invoice"],
        json_schema_extra=widget(
            order=120,
            group="Filters",
            label_ru="Тема содержит",
            help_ru="Текст, который есть в теме, без учёта регистра; пусто — любая тема.",
        ),
    )
    attachments: bool = Field(
        default=True,
        title="Keep attachments",
        description="Keep the files of emails for later steps. Without them, `attachments` tells their names "
        "only.",
        json_schema_extra=widget(
            order=200,
            advanced=True,
            label_ru="Сохранять вложения",
            help_ru="Сохранять файлы писем для следующих шагов. Иначе в `attachments` будут только их имена.",
        ),
    )
    sample_payload: Any = Field(
        default_factory=dict,
        title="Sample email",
        description="JSON used for previews and as the default of a manual run.",
        examples=[
            {"from": {"name": "Ann", "address": "ann@example.com"}, "subject": "Order 7", "text": "Two."}
        ],
        json_schema_extra=widget(
            "code",
            language="json",
            literal=True,
            order=210,
            advanced=True,
            label_ru="Пример письма",
            help_ru="JSON для предпросмотра и как начальные данные ручного запуска.",
        ),
    )


def _address(description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "required": ["name", "address"],
        "properties": {
            "name": {"type": "string", "description": "Display name; may be empty."},
            "address": {"type": "string", "description": "Address; empty where the header holds none."},
        },
    }


def _addresses(description: str) -> dict[str, Any]:
    return {"type": "array", "description": description, "items": _address("One of them.")}


#: JSON Schema of ``trigger.body``, the same for all sources.
EMAIL_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "from": _address("Who sent it, as the email itself says."),
        "to": _addresses("Recipients."),
        "cc": _addresses("Recipients of a copy."),
        "reply_to": _addresses("Where an answer is to go; empty when that is the sender."),
        "subject": {"type": "string", "description": "Subject."},
        "text": {"type": "string", "description": "Plain text; empty when there is only HTML."},
        "html": {"type": "string", "description": "HTML as it came: do not show it to others unchecked."},
        "date": {
            "type": ["string", "null"],
            "description": "When it was written (ISO 8601), as the sender says.",
        },
        "message_id": {"type": "string", "description": "Message-ID, with its angle brackets."},
        "in_reply_to": {"type": "string", "description": "Message-ID of the email that this one answers."},
        "references": {
            "type": "array",
            "items": {"type": "string"},
            "description": "Message-IDs of the conversation, the oldest first.",
        },
        "headers": {
            "type": "object",
            "description": "Headers: lower-case name -> value, or a list where the name is repeated.",
        },
        "attachments": {
            "type": "array",
            "description": "Files, inline images included.",
            "items": {
                "type": "object",
                "required": ["filename", "content_type", "size", "file_id", "content_id"],
                "properties": {
                    "filename": {"type": "string", "description": "Name of the file, without a folder."},
                    "content_type": {"type": "string", "description": "Media type, for example text/csv."},
                    "size": {"type": "integer", "description": "Bytes."},
                    "file_id": {
                        "type": ["string", "null"],
                        "description": "Stands for the content in later steps; null when it was not kept.",
                    },
                    "content_id": {
                        "type": "string",
                        "description": "By which the HTML shows an image (cid:); empty for other files.",
                    },
                },
            },
        },
        "truncated": {"type": "boolean", "description": "Whether text or html was too long and is cut off."},
        "mailbox": {
            "type": ["string", "null"],
            "description": "Folder that it was found in; null with Resend.",
        },
        "uid": {"type": ["integer", "null"], "description": "Its number in the folder; null with Resend."},
        "email_id": {"type": ["string", "null"], "description": "Resend's id of it; null with IMAP."},
    },
}


class EmailReceive(NodeType):
    """A run starts for each email that comes in."""

    type = "email.receive"
    kind = "trigger"
    title = "Email received"
    title_ru = "Входящее письмо"
    group = "Triggers"
    icon = "mail-open"
    summary = "Starts a run for each email that comes in."
    summary_ru = "Запускается при каждом входящем письме."
    subtitle = "{connection_id} {folder}"
    help = (
        "Watches a mailbox, or takes the emails that Resend receives. Each email starts exactly one run.\n\n"
        "- `trigger.body.from`, `trigger.body.to`, `trigger.body.subject`\n"
        "- `trigger.body.text` and `trigger.body.html`\n"
        "- `trigger.body.attachments`: files for later steps\n\n"
        "With a mailbox, emails count that arrive from the first publication on; while the workflow is not "
        "published, nothing is read. For Resend, add a webhook for `email.received` in its dashboard, with "
        "the "
        "address `/flowforge/api/webhooks/<workflow id>/email`."
    )
    help_ru = (
        "Наблюдает за почтовым ящиком или принимает письма, полученные Resend. Каждое письмо — ровно один "
        "запуск.\n\n"
        "- `trigger.body.from`, `trigger.body.to`, `trigger.body.subject`\n"
        "- `trigger.body.text` и `trigger.body.html`\n"
        "- `trigger.body.attachments`: файлы для следующих шагов\n\n"
        "Для ящика считаются письма, пришедшие с момента первой публикации; пока процесс не опубликован, "
        "ничего "
        "не читается. Для Resend добавьте в его панели вебхук для `email.received` с адресом "
        "`/flowforge/api/webhooks/<workflow id>/email`."
    )
    keywords: ClassVar[tuple[str, ...]] = (
        "imap",
        "mail",
        "inbox",
        "resend",
        "inbound",
        "почта",
        "письмо",
        "ящик",
    )
    parameters = EmailReceiveParameters
    ports = (SUCCESS,)
    operator = "flowforge_provider.operators.trigger:TriggerOperator"
    example: ClassVar[dict[str, Any]] = {
        "parameters": {
            "connection_id": "support_mailbox",
            "subject": "order",
            "after": "move",
            "move_to": "Done",
        },
        "data": {},
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["email.receive"], "description": "What started the run."},
            "body": {**EMAIL_SCHEMA, "description": "The email."},
        },
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Ask for the connections of the source, and for the folder that messages are moved into."""
        resend = parameters.get("source", "imap") == "resend"
        wanted = (
            {"secret_connection_id": "the signing secret", "resend_connection_id": "the Resend account"}
            if resend
            else {"connection_id": "the mailbox"}
        )
        for field, what in wanted.items():
            if not parameters.get(field):
                yield ParameterProblem(
                    code="missing-connection",
                    message=f"No connection holds {what}. Pick one, or create it in Airflow.",
                    field=field,
                )
        if not resend and parameters.get("after") == "move":
            target = parameters.get("move_to")
            if not target:
                yield ParameterProblem(
                    code="missing-parameter",
                    message="Name the folder that messages are moved into.",
                    field="move_to",
                )
            elif target == parameters.get("folder", "INBOX"):
                yield ParameterProblem(
                    code="wrong-parameter",
                    message="Messages would be moved into the folder that is watched. Name another one.",
                    field="move_to",
                )
