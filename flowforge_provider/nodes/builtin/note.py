"""The note on the canvas, which takes no part in runs."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import NodeType, Parameters


class NoteParameters(Parameters):
    """Parameters of ``note``."""

    text: str = Field(
        default="",
        max_length=20_000,
        title="Text",
        description="Markdown: headings, lists, bold, links, code.",
        examples=["## Orders\nCome in by **webhook**."],
        json_schema_extra=widget(
            "markdown",
            order=10,
            literal=True,
            label_ru="Текст",
            help_ru="Markdown: заголовки, списки, выделение, ссылки, код.",
        ),
    )
    color: Literal["yellow", "blue", "green", "pink", "gray"] = Field(
        default="yellow",
        title="Colour",
        description="Colour of the paper.",
        json_schema_extra=widget(
            "color",
            order=20,
            options={
                "yellow": "Yellow",
                "blue": "Blue",
                "green": "Green",
                "pink": "Pink",
                "gray": "Grey",
            },
            options_ru={
                "yellow": "Жёлтый",
                "blue": "Голубой",
                "green": "Зелёный",
                "pink": "Розовый",
                "gray": "Серый",
            },
            label_ru="Цвет",
            help_ru="Цвет листка.",
        ),
    )
    width: int = Field(
        default=280,
        ge=120,
        le=2000,
        title="Width",
        description="Width in pixels of the canvas; drag a corner of the note to change it.",
        json_schema_extra=widget(
            order=30,
            advanced=True,
            label_ru="Ширина",
            help_ru="Ширина в пикселях холста; её меняют, потянув за угол.",
        ),
    )
    height: int = Field(
        default=160,
        ge=60,
        le=2000,
        title="Height",
        description="Height in pixels of the canvas; drag a corner of the note to change it.",
        json_schema_extra=widget(
            order=40,
            advanced=True,
            label_ru="Высота",
            help_ru="Высота в пикселях холста; её меняют, потянув за угол.",
        ),
    )


class Note(NodeType):
    """Explains a part of the drawing."""

    type = "note"
    kind = "note"
    title = "Note"
    title_ru = "Заметка"
    group = "Logic"
    icon = "sticky-note"
    summary = "Explains a part of the drawing; takes no part in runs."
    summary_ru = "Поясняет часть схемы; в запусках не участвует."
    help = (
        "A piece of paper on the canvas. Its text is Markdown. Drag a corner to change its size. It has no "
        "ports, is no step of a run, and is not in the compiled Dag."
    )
    help_ru = (
        "Листок бумаги на холсте. Текст — Markdown. Размер меняют, потянув за угол. У заметки нет портов, "
        "она "
        "не шаг запуска и не попадает в скомпилированный Dag."
    )
    keywords: ClassVar[tuple[str, ...]] = ("comment", "sticky", "text", "markdown", "комментарий", "стикер")
    parameters = NoteParameters
    ports = ()
    operator = ""
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"text": "## Orders\nCome in by **webhook**, day and night.", "color": "blue"},
        "data": {},
    }
