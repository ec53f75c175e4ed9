"""Parts of which the parameters of HTTP requests are made."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.templated import Templated, Text

__all__ = ["FieldPath", "FilePart", "FormField", "Header", "HeaderText", "QueryParameter", "StatusRule"]

_CONTROL_CHARACTERS = frozenset(map(chr, range(32))) - {"\t"} | {"\x7f"}


def _one_line(value: str) -> str:
    # A line break in a header would let data add headers of its own (RFC 9110, section 5.5).
    if _CONTROL_CHARACTERS.intersection(value):
        raise PydanticCustomError("control-character", "A header holds no line breaks or control characters.")
    return value


HeaderText = Annotated[Text, AfterValidator(_one_line)]
StatusRule = Annotated[str, StringConstraints(pattern=r"^([1-5]xx|[1-5][0-9]{2}(-[1-5][0-9]{2})?)$")]
# Names joined by dots, from the top of an answer's body: data.items
FieldPath = Annotated[Text, Field(max_length=500)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)


class QueryParameter(_Part):
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


class Header(_Part):
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


class FormField(_Part):
    """One field of a form."""

    name: Templated[Text] = Field(
        title="Name", description="Name of the field.", json_schema_extra=widget(label_ru="Имя")
    )
    value: Templated[Any] = Field(
        default="",
        title="Value",
        description="Its value. A list sends the field once for each item; an object is sent as JSON.",
        json_schema_extra=widget(label_ru="Значение"),
    )


class FilePart(_Part):
    """One file of a multipart form."""

    name: Templated[Text] = Field(
        default="file",
        title="Name",
        description="Name of the form's field.",
        json_schema_extra=widget(order=10, label_ru="Имя"),
    )
    file: Templated[Any] = Field(
        title="File",
        description="File of an earlier step, or a list of files.",
        examples=["{{ steps.download.body }}"],
        json_schema_extra=widget("expression", order=20, label_ru="Файл"),
    )
    filename: Templated[Text] = Field(
        default="",
        title="File name",
        description="Name that the service sees; the file's own when empty.",
        json_schema_extra=widget(order=30, label_ru="Имя файла"),
    )
