"""The action that sends a message by a Telegram bot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from flowforge_provider.files import is_file
from flowforge_provider.graph.models import Retry
from flowforge_provider.nodes.fields import RequiredConnectionId, widget
from flowforge_provider.nodes.spec import NodeType, ParameterProblem, Parameters
from flowforge_provider.nodes.templated import OPEN, Templated, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_CHAT = re.compile(r"-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,}")
_URL = re.compile(r"(https?|tg)://[^\s]+", re.IGNORECASE)


def _join(value: Any) -> Any:
    # One whole expression may yield a list of chats.
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return value


def split_chats(text: str) -> list[str]:
    """Return the chats in a text, separated by commas, semicolons or spaces."""
    return [chat for chat in re.split(r"[,;\s]+", text) if chat]


def _check_chats(text: str) -> str:
    wrong = [chat for chat in split_chats(text) if not _CHAT.fullmatch(chat)]
    if wrong:
        raise PydanticCustomError(
            "bad-chat",
            '"{chat}" is no chat. Write its number, such as -1001234567890, or a public @name.',
            {"chat": wrong[0]},
        )
    return text


def _check_url(url: str) -> str:
    if not _URL.fullmatch(url):
        raise PydanticCustomError("relative-url", "This is no full address. Start it with https://.")
    return url


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)


class TelegramButton(_Part):
    """One button under the message that opens an address."""

    text: Templated[Annotated[Text, Field(min_length=1, max_length=256)]] = Field(
        title="Text",
        description="What the button says.",
        examples=["Open the order"],
        json_schema_extra=widget(label_ru="Текст", help_ru="Надпись на кнопке."),
    )
    url: Templated[Annotated[Text, Field(max_length=2048), AfterValidator(_check_url)]] = Field(
        title="URL",
        description="Address that it opens.",
        examples=["https://shop.example.com/orders/{{ trigger.body.id }}"],
        json_schema_extra=widget("expression", label_ru="Адрес", help_ru="Какой адрес открывает кнопка."),
    )
    new_row: bool = Field(
        default=True,
        title="New row",
        description="Begin a new row with this button; else it stands beside the one before.",
        json_schema_extra=widget(
            label_ru="С новой строки", help_ru="Начать новый ряд; иначе кнопка встаёт рядом с предыдущей."
        ),
    )


class TelegramMedia(_Part):
    """One picture, film, sound or file, or several that an expression yields."""

    kind: Literal["photo", "document", "video", "audio", "animation"] = Field(
        default="photo",
        title="Kind",
        description="How Telegram shows it.",
        json_schema_extra=widget(
            "select",
            options={
                "photo": "Photo",
                "document": "File",
                "video": "Video",
                "audio": "Audio",
                "animation": "Animation (GIF)",
            },
            options_ru={
                "photo": "Фото",
                "document": "Файл",
                "video": "Видео",
                "audio": "Аудио",
                "animation": "Анимация (GIF)",
            },
            label_ru="Вид",
            help_ru="Как Telegram это показывает.",
        ),
    )
    source: Literal["step", "url", "file_id"] = Field(
        default="step",
        title="Source",
        description="Where it comes from.",
        json_schema_extra=widget(
            "select",
            options={"step": "An earlier step", "url": "An address", "file_id": "Telegram's file id"},
            options_ru={"step": "Предыдущий шаг", "url": "Адрес", "file_id": "Номер файла в Telegram"},
            label_ru="Источник",
            help_ru="Откуда это берётся.",
        ),
    )
    file: Templated[Any] = Field(
        default=None,
        title="File",
        description="A file of an earlier step, or a list of files.",
        examples=["{{ steps.chart.file }}"],
        json_schema_extra=widget(
            "expression",
            visible_when={"source": "step"},
            label_ru="Файл",
            help_ru="Файл предыдущего шага или список файлов.",
        ),
    )
    url: Templated[Annotated[Text, Field(max_length=4096)]] = Field(
        default="",
        title="URL",
        description="Address from which Telegram's servers fetch it.",
        examples=["https://example.com/chart.png"],
        json_schema_extra=widget(
            "expression",
            visible_when={"source": "url"},
            label_ru="Адрес",
            help_ru="Адрес, по которому его загрузят серверы Telegram.",
        ),
    )
    # The alphabet of Base64 for urls; a path of a file on the worker must not pass for an id.
    file_id: Templated[Annotated[Text, Field(max_length=500, pattern=r"^[A-Za-z0-9_-]*$")]] = Field(
        default="",
        title="File id",
        description="Id of a file that Telegram already has.",
        json_schema_extra=widget(
            visible_when={"source": "file_id"},
            label_ru="Номер файла",
            help_ru="Номер файла, который уже есть в Telegram.",
        ),
    )
    filename: Templated[Annotated[Text, Field(max_length=255)]] = Field(
        default="",
        title="File name",
        description="Name that the reader sees; that of the file when empty.",
        examples=["report.csv"],
        json_schema_extra=widget(
            visible_when={"source": "step"},
            label_ru="Имя файла",
            help_ru="Имя, которое видит получатель; если пусто, имя самого файла.",
        ),
    )


class TelegramParameters(Parameters):
    """Parameters of ``telegram.send``."""

    connection_id: RequiredConnectionId = Field(
        title="Connection",
        description="Airflow connection of the bot: its token is the password.",
        examples=["telegram"],
        json_schema_extra=widget(
            "connection",
            order=10,
            conn_types=["telegram"],
            label_ru="Подключение",
            help_ru="Подключение Airflow к боту: пароль — его токен.",
        ),
    )
    chats: list[Templated[Annotated[Text, BeforeValidator(_join), AfterValidator(_check_chats)]]] = Field(
        default_factory=list,
        max_length=100,
        title="Chats",
        description="Numbers of chats, or @names of public channels; that of the connection when empty.",
        examples=[["-1001234567890"]],
        json_schema_extra=widget(
            order=20,
            label_ru="Чаты",
            help_ru="Номера чатов или @имена открытых каналов; если пусто, чат из подключения.",
        ),
    )
    text: Templated[Annotated[Text, Field(max_length=100_000)]] = Field(
        default="",
        title="Text",
        description="The message, or the caption of the media. Long text is sent in several messages.",
        examples=["Order {{ trigger.body.id }} is paid."],
        json_schema_extra=widget(
            "textarea",
            order=30,
            label_ru="Текст",
            help_ru="Сообщение или подпись. Длинный текст отправляется несколькими сообщениями.",
        ),
    )
    format: Literal["plain", "html", "markdown_v2"] = Field(
        default="plain",
        title="Format",
        description="Plain text is shown as it is. In HTML, foreign values belong in {{ value | escape }}.",
        json_schema_extra=widget(
            "select",
            order=40,
            options={"plain": "Plain text", "html": "HTML", "markdown_v2": "MarkdownV2"},
            options_ru={"plain": "Простой текст", "html": "HTML", "markdown_v2": "MarkdownV2"},
            label_ru="Формат",
            help_ru="Простой текст показывается как есть. В HTML чужие значения: {{ value | escape }}.",
        ),
    )
    media: list[TelegramMedia] = Field(
        default_factory=list,
        max_length=50,
        title="Media",
        description="Photos, files, videos, audio. What fits together becomes albums of up to ten.",
        json_schema_extra=widget(
            order=50,
            label_ru="Медиа",
            help_ru="Фото, файлы, видео, аудио. Подходящее собирается в альбомы до десяти.",
        ),
    )
    buttons: list[TelegramButton] = Field(
        default_factory=list,
        max_length=100,
        title="Buttons",
        description="Buttons under the last message that open addresses.",
        json_schema_extra=widget(
            order=60, label_ru="Кнопки", help_ru="Кнопки под последним сообщением, открывающие адреса."
        ),
    )
    link_preview: bool = Field(
        default=True,
        title="Link preview",
        description="Show a preview of the first link in the text.",
        json_schema_extra=widget(
            order=70,
            group="Delivery",
            group_ru="Доставка",
            label_ru="Предпросмотр ссылки",
            help_ru="Показывать предпросмотр первой ссылки в тексте.",
        ),
    )
    silent: bool = Field(
        default=False,
        title="Silent",
        description="Deliver without a sound.",
        json_schema_extra=widget(
            order=80, group="Delivery", label_ru="Без звука", help_ru="Доставить без звука."
        ),
    )
    protect_content: bool = Field(
        default=False,
        title="Protect content",
        description="Keep it from being forwarded and saved.",
        json_schema_extra=widget(
            order=90,
            group="Delivery",
            label_ru="Защитить содержимое",
            help_ru="Запретить пересылку и сохранение.",
        ),
    )
    topic_id: Templated[Annotated[int, Field(ge=0)]] = Field(
        default=0,
        title="Topic",
        description="Number of the topic in a group with topics; 0 for none.",
        json_schema_extra=widget(
            order=100,
            group="Delivery",
            label_ru="Тема",
            help_ru="Номер темы в группе с темами; 0 — без темы.",
        ),
    )
    reply_to: Templated[Annotated[int, Field(ge=0)]] = Field(
        default=0,
        title="Reply to",
        description="Number of the message that this one answers; 0 for none. Sent without it if it is gone.",
        json_schema_extra=widget(
            order=110,
            group="Delivery",
            label_ru="Ответ на",
            help_ru="Номер сообщения, на которое отвечает это; 0 — нет. Если его нет, отправится без ответа.",
        ),
    )


class TelegramSend(NodeType):
    """Sends a message by a Telegram bot."""

    type = "telegram.send"
    title = "Telegram"
    title_ru = "Telegram"
    group = "Messages"
    icon = "send"
    summary = "Sends text and media to Telegram chats."
    summary_ru = "Отправляет текст и медиа в чаты Telegram."
    subtitle = "{text}"
    help = (
        "Sends a message to each chat by a bot. The bot must be a member of a group or channel, and a person "
        "must have written to it first.\n\n"
        "- `steps.<id>.results`: for each chat its number and the numbers of the messages\n"
        "- `steps.<id>.message_id`: number of the first message in the first chat\n\n"
        "Text longer than 4,096 characters is split between words; a caption longer than 1,024 follows the "
        "media as a message. Telegram knows no idempotency key: what was sent is remembered after each "
        "message, so a retry goes on behind it, but a message whose answer was lost may arrive twice."
    )
    help_ru = (
        "Бот отправляет сообщение в каждый чат. В группе или канале бот должен быть участником, а человек "
        "должен сначала сам написать ему.\n\n"
        "- `steps.<id>.results`: номер каждого чата и номера сообщений\n"
        "- `steps.<id>.message_id`: номер первого сообщения в первом чате\n\n"
        "Текст длиннее 4096 знаков делится между словами; подпись длиннее 1024 следует за медиа отдельным "
        "сообщением. Ключа идемпотентности в Telegram нет: отправленное запоминается после каждого "
        "сообщения, и новая попытка идёт с этого места, но сообщение с потерянным ответом может прийти "
        "дважды."
    )
    keywords: ClassVar[tuple[str, ...]] = (
        "bot",
        "chat",
        "message",
        "notify",
        "photo",
        "телеграм",
        "бот",
        "сообщение",
        "чат",
    )
    parameters = TelegramParameters
    operator = "flowforge_provider.operators.telegram:TelegramOperator"
    default_retry = Retry(
        retries=3,
        delay_s=5,
        exponential_backoff=True,
        max_delay_s=600,
        retry_on=["connection", "timeout", "rate_limit", "429", "5xx"],
    )
    example: ClassVar[dict[str, Any]] = {
        "parameters": {
            "connection_id": "telegram",
            "chats": ["{{ vars.chat }}"],
            "text": "<b>Order {{ trigger.body.id }}</b> of {{ trigger.body.name | escape }}",
            "format": "html",
            "buttons": [{"text": "Open", "url": "https://shop.example.com/orders/{{ trigger.body.id }}"}],
        },
        "data": {"trigger": {"body": {"id": 7, "name": "Ann & Bob"}}, "vars": {"chat": "-1001234567890"}},
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "required": ["message_id", "results"],
        "properties": {
            "message_id": {
                "type": "integer",
                "description": "Number of the first message in the first chat.",
            },
            "results": {
                "type": "array",
                "description": "One entry a chat, in the order of the parameters.",
                "items": {
                    "type": "object",
                    "required": ["chat", "chat_id", "message_ids", "migrated"],
                    "properties": {
                        "chat": {"type": "string", "description": "Chat as the parameters name it."},
                        "chat_id": {
                            "type": "integer",
                            "description": "Its number; the new one when it moved.",
                        },
                        "message_ids": {
                            "type": "array",
                            "items": {"type": "integer"},
                            "description": "Numbers of the messages, in order.",
                        },
                        "migrated": {
                            "type": "boolean",
                            "description": "Whether the group has become a supergroup; use its new number.",
                        },
                    },
                },
            },
        },
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Look for something to send, and for media without a file."""
        media = parameters.get("media")
        if not parameters.get("text") and not media:
            yield ParameterProblem(
                code="empty-message", message="The message is empty. Write text, or add media.", field="text"
            )
        for index, item in enumerate(media if isinstance(media, list) else []):
            if isinstance(item, dict):
                yield from _check_media(item, index)


def _check_media(item: Mapping[str, Any], index: int) -> Iterator[ParameterProblem]:
    source = item.get("source", "step")
    where = f"media.{index}.{source if source in ('url', 'file_id') else 'file'}"
    if source == "url":
        url = item.get("url")
        if not isinstance(url, str) or (OPEN not in url and not url.startswith(("http://", "https://"))):
            yield ParameterProblem(
                code="relative-url",
                message="The medium needs a full address. Start it with https://.",
                field=where,
            )
        return
    file = item.get("file_id" if source == "file_id" else "file")
    is_template = isinstance(file, str) and OPEN in file
    if source == "file_id" and not file:
        yield ParameterProblem(
            code="missing-file", message="The medium names no file. Give its file id.", field=where
        )
    if source == "step" and not (is_template or is_file(file) or isinstance(file, list)):
        yield ParameterProblem(
            code="missing-file",
            message="The medium names no file. Take one from an earlier step: {{ steps.chart.file }}.",
            field=where,
        )
