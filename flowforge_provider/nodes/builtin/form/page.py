"""Parameters of ``form``: how the page looks, and what it says."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import Parameters

_AFTER = "After the form is sent"
_AFTER_RU = "После отправки"
_LOOK = "Look"
_LOOK_RU = "Вид"


class PageParameters(Parameters):
    """What the page says, and how it looks; orders 1 to 10, and 200 to 299."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)] = Field(
        title="Title",
        description="The page's heading.",
        examples=["Report a problem"],
        json_schema_extra=widget(literal=True, order=1, label_ru="Заголовок", help_ru="Заголовок страницы."),
    )
    description: Annotated[str, Field(max_length=5000)] = Field(
        default="",
        title="Description",
        description="Text below the heading. An empty line begins a new paragraph.",
        examples=["We answer within two working days."],
        json_schema_extra=widget(
            "textarea",
            literal=True,
            order=2,
            label_ru="Описание",
            help_ru="Текст под заголовком. Пустая строка начинает новый абзац.",
        ),
    )
    submit_label: Annotated[str, Field(max_length=60)] = Field(
        default="",
        title="Text of the button",
        description="What the button says; “Send” when empty.",
        examples=["Send"],
        json_schema_extra=widget(
            literal=True,
            order=200,
            group=_LOOK,
            group_ru=_LOOK_RU,
            label_ru="Надпись на кнопке",
            help_ru="Если пусто — «Отправить».",
        ),
    )
    color_mode: Literal["auto", "light", "dark"] = Field(
        default="auto",
        title="Brightness",
        description="Light, dark, or what the visitor's device is set to.",
        json_schema_extra=widget(
            "select",
            order=210,
            group=_LOOK,
            options={"auto": "As the visitor's device", "light": "Light", "dark": "Dark"},
            options_ru={"auto": "Как на устройстве", "light": "Светлая", "dark": "Тёмная"},
            label_ru="Яркость",
            help_ru="Светлая, тёмная или как настроено устройство посетителя.",
        ),
    )
    accent: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = Field(
        default="#2563eb",
        title="Accent colour",
        description="Colour of the button. Its text is black or white, whichever can be read.",
        examples=["#0f766e"],
        json_schema_extra=widget(
            "color",
            order=220,
            group=_LOOK,
            label_ru="Цвет",
            help_ru="Цвет кнопки. Надпись на ней — чёрная или белая, какую видно.",
        ),
    )
    language: Literal["auto", "en", "ru"] = Field(
        default="auto",
        title="Language",
        description="Language of what the page itself says: hints, errors, thanks.",
        json_schema_extra=widget(
            "select",
            order=230,
            group=_LOOK,
            options={"auto": "As the visitor's browser", "en": "English", "ru": "Russian"},
            options_ru={"auto": "Как в браузере посетителя", "en": "Английский", "ru": "Русский"},
            label_ru="Язык",
            help_ru="Язык того, что говорит сама страница: подсказок, ошибок, благодарности.",
        ),
    )
    after_submit: Literal["message", "redirect"] = Field(
        default="message",
        title="Then",
        description="Show a text, or lead to another page.",
        json_schema_extra=widget(
            "select",
            order=240,
            group=_AFTER,
            group_ru=_AFTER_RU,
            options={"message": "Show a text", "redirect": "Lead to another page"},
            options_ru={"message": "Показать текст", "redirect": "Перейти на другую страницу"},
            label_ru="Затем",
            help_ru="Показать текст или перейти на другую страницу.",
        ),
    )
    message: Annotated[str, Field(max_length=5000)] = Field(
        default="",
        title="Text",
        description="What is shown; thanks when empty.",
        examples=["Thank you. We will write to you."],
        json_schema_extra=widget(
            "textarea",
            literal=True,
            order=250,
            group=_AFTER,
            visible_when={"after_submit": "message"},
            label_ru="Текст",
            help_ru="Что показать; если пусто — благодарность.",
        ),
    )
    redirect_url: Annotated[
        str, StringConstraints(pattern=r"^(https://[^\s<>\"'\\]+)?$", max_length=2000)
    ] = Field(
        default="",
        title="Page",
        description="Where to; https only.",
        examples=["https://example.com/thanks"],
        json_schema_extra=widget(
            literal=True,
            order=260,
            group=_AFTER,
            visible_when={"after_submit": "redirect"},
            label_ru="Страница",
            help_ru="Куда перейти; только https.",
        ),
    )
