"""What an email consists of beside its text: attachments, headers, tags."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from flowforge_provider.nodes.addresses import CONTROL_CHARACTERS
from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.templated import Templated, Text

# Headers that other fields make, or that would break the message when given twice.
_OWN_HEADERS = frozenset({"from", "to", "cc", "bcc", "reply-to", "sender", "subject", "date", "message-id"})
_MIME_HEADERS = ("mime-", "content-")


def one_line(value: str) -> str:
    """
    Return a text that can stand in a header.

    :raises PydanticCustomError: it holds a line break or another control character
    """
    # A line break in a header would let data add headers of its own (RFC 5322, section 2.2).
    if CONTROL_CHARACTERS.intersection(value):
        raise PydanticCustomError("control-character", "This takes no line breaks or control characters.")
    return value


def _check_header_name(value: str) -> str:
    if value.lower() in _OWN_HEADERS or value.lower().startswith(_MIME_HEADERS):
        raise PydanticCustomError(
            "wrong-parameter", "The header {name} is made by this step itself. Remove it.", {"name": value}
        )
    return value


def parse_moment(text: str) -> datetime:
    """
    Return the moment that an ISO 8601 text tells; without a time zone when the text has none.

    :raises ValueError: it is no such text
    """
    # Python 3.10 does not know the letter Z.
    return datetime.fromisoformat(text.strip().replace("Z", "+00:00").replace("z", "+00:00"))


def check_moment(value: str) -> str:
    """
    Return a text that tells a moment in ISO 8601, or is empty.

    :raises PydanticCustomError: it is something else
    """
    try:
        if value.strip():
            parse_moment(value)
    except ValueError as error:
        raise PydanticCustomError(
            "wrong-parameter",
            "This is no date and time in ISO 8601. Write it like 2030-01-31T09:00:00+01:00.",
        ) from error
    return value


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)


class EmailAttachment(_Part):
    """One attached file, or several that an expression yields."""

    source: Literal["step", "url"] = Field(
        default="step",
        title="Source",
        description="Where the file comes from.",
        json_schema_extra=widget(
            "select",
            options={"step": "An earlier step", "url": "An address"},
            options_ru={"step": "Предыдущий шаг", "url": "Адрес"},
            label_ru="Источник",
            help_ru="Откуда берётся файл.",
        ),
    )
    file: Templated[Any] = Field(
        default=None,
        title="File",
        description="A file of an earlier step, or a list of files.",
        examples=["{{ steps.report.file }}"],
        json_schema_extra=widget(
            "expression",
            visible_when={"source": "step"},
            label_ru="Файл",
            help_ru="Файл предыдущего шага или список файлов.",
        ),
    )
    url: Templated[Annotated[Text, Field(max_length=8000), AfterValidator(one_line)]] = Field(
        default="",
        title="URL",
        description="Address that the file is fetched from, without credentials.",
        examples=["https://example.com/terms.pdf"],
        json_schema_extra=widget(
            "expression",
            visible_when={"source": "url"},
            label_ru="Адрес",
            help_ru="Откуда загрузить файл, без учётных данных.",
        ),
    )
    filename: Templated[Annotated[Text, Field(max_length=255), AfterValidator(one_line)]] = Field(
        default="",
        title="File name",
        description="Name that the reader sees; that of the file when empty.",
        examples=["report.csv"],
        json_schema_extra=widget(
            label_ru="Имя файла", help_ru="Имя, которое видит получатель; если пусто, имя самого файла."
        ),
    )
    content_id: Templated[
        Annotated[Text, Field(max_length=128, pattern=r"^[A-Za-z0-9._@-]*$"), AfterValidator(one_line)]
    ] = Field(
        default="",
        title="Content id",
        description='Shows an image inside the HTML: logo for <img src="cid:logo">.',
        examples=["logo"],
        json_schema_extra=widget(
            advanced=True,
            label_ru="Идентификатор содержимого",
            help_ru='Показывает картинку внутри HTML: logo для <img src="cid:logo">.',
        ),
    )


class EmailHeader(_Part):
    """One header of the message."""

    name: Annotated[
        str, Field(max_length=100, pattern=r"^[!-9;-~]+$"), AfterValidator(_check_header_name)
    ] = Field(
        title="Name",
        description="Header name.",
        examples=["X-Order"],
        json_schema_extra=widget(label_ru="Имя", help_ru="Имя заголовка."),
    )
    value: Templated[Annotated[Text, Field(max_length=2000), AfterValidator(one_line)]] = Field(
        default="",
        title="Value",
        description="Header value.",
        json_schema_extra=widget(label_ru="Значение", help_ru="Значение заголовка."),
    )


_TagText = Annotated[Text, Field(max_length=256, pattern=r"^[A-Za-z0-9_-]*$")]


class EmailTag(_Part):
    """One tag, by which Resend groups messages."""

    name: Templated[Annotated[_TagText, Field(min_length=1)]] = Field(
        title="Name",
        description="Latin letters, digits, _ and - only.",
        examples=["category"],
        json_schema_extra=widget(label_ru="Имя", help_ru="Только латинские буквы, цифры, _ и -."),
    )
    value: Templated[_TagText] = Field(
        default="",
        title="Value",
        description="Latin letters, digits, _ and - only.",
        examples=["order"],
        json_schema_extra=widget(label_ru="Значение", help_ru="Только латинские буквы, цифры, _ и -."),
    )
