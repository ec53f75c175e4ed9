"""Fields of the operations that read and write documents: JSON, CSV, XML."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from flowforge_provider.nodes.templated import RowTemplated
from flowforge_provider.nodes.transform.labels import shown_for
from flowforge_provider.nodes.transform.parts import FieldPath


class TextFields(BaseModel):
    """Fields of the operations for JSON, CSV and XML."""

    delimiter: Literal["comma", "semicolon", "tab", "pipe"] = Field(
        default="comma",
        title="Delimiter",
        description="Stands between the columns.",
        json_schema_extra=shown_for(
            "parse_csv",
            "format_csv",
            name="select",
            order=30,
            options={"comma": "Comma", "semicolon": "Semicolon", "tab": "Tab", "pipe": "Bar |"},
            options_ru={
                "comma": "Запятая",
                "semicolon": "Точка с запятой",
                "tab": "Табуляция",
                "pipe": "Черта |",
            },
            ru="Разделитель",
            help_ru="Стоит между столбцами.",
        ),
    )
    header: bool = Field(
        default=True,
        title="Header",
        description="The first line names the columns. Read without one, and without names below, each row "
        "is a list.",
        json_schema_extra=shown_for(
            "parse_csv",
            "format_csv",
            order=31,
            ru="Заголовок",
            help_ru="Первая строка называет столбцы. Без неё и без имён ниже строка читается как список.",
        ),
    )
    columns: list[FieldPath] = Field(
        default_factory=list,
        max_length=1_000,
        title="Columns",
        description="Writing: the fields, in this order; all fields when empty. Reading without a header: "
        "names of the columns.",
        examples=[["id", "customer.name", "total"]],
        json_schema_extra=shown_for(
            "parse_csv",
            "format_csv",
            order=32,
            ru="Столбцы",
            help_ru="Запись: поля по порядку; пусто: все. Чтение без заголовка: имена столбцов.",
        ),
    )
    convert_values: bool = Field(
        default=False,
        title="Numbers and booleans",
        description="Turn what reads as a number or as true or false into one. Numbers that would lose "
        "digits or leading zeros stay texts.",
        json_schema_extra=shown_for(
            "parse_csv",
            "parse_xml",
            order=33,
            ru="Числа и логические значения",
            help_ru="Превращать числа, true и false в значения, если цифры не теряются.",
        ),
    )
    quoting: Literal["minimal", "text", "all"] = Field(
        default="minimal",
        title="Quotes",
        description="Which values stand in double quotes.",
        json_schema_extra=shown_for(
            "format_csv",
            name="select",
            order=34,
            options={"minimal": "Where they are needed", "text": "Around texts", "all": "Around all"},
            options_ru={"minimal": "Где необходимо", "text": "Вокруг текстов", "all": "Вокруг всех"},
            ru="Кавычки",
            help_ru="Какие значения стоят в двойных кавычках.",
        ),
    )
    escape_formulas: bool = Field(
        default=False,
        title="Disarm formulas",
        description="Put an apostrophe before texts that a spreadsheet would run as a formula "
        "(= + - @). Turn it on when the texts come from strangers.",
        json_schema_extra=shown_for(
            "format_csv",
            order=35,
            advanced=True,
            ru="Обезвредить формулы",
            help_ru="Ставить апостроф перед текстами, которые таблица сочтёт формулой (= + - @).",
        ),
    )
    encoding: Literal["utf-8", "utf-8-sig", "utf-16", "windows-1251", "windows-1252", "latin-1"] = Field(
        default="utf-8",
        title="Encoding",
        description="Of the file. Excel tells UTF-8 only by its mark. A mark is always read.",
        json_schema_extra=shown_for(
            "parse_csv",
            "format_csv",
            name="select",
            order=36,
            options={
                "utf-8": "UTF-8",
                "utf-8-sig": "UTF-8 with a mark, for Excel",
                "utf-16": "UTF-16",
                "windows-1251": "Windows-1251",
                "windows-1252": "Windows-1252",
                "latin-1": "ISO 8859-1",
            },
            options_ru={
                "utf-8": "UTF-8",
                "utf-8-sig": "UTF-8 с меткой, для Excel",
                "utf-16": "UTF-16",
                "windows-1251": "Windows-1251",
                "windows-1252": "Windows-1252",
                "latin-1": "ISO 8859-1",
            },
            ru="Кодировка",
            help_ru="Кодировка файла. Excel узнаёт UTF-8 только по метке.",
        ),
    )
    indent: bool = Field(
        default=False,
        title="On several lines",
        description="Indent it for people.",
        json_schema_extra=shown_for(
            "format_json",
            "format_xml",
            order=37,
            ru="На нескольких строках",
            help_ru="С отступами, для людей.",
        ),
    )
    root: str = Field(
        default="root",
        min_length=1,
        max_length=100,
        title="Root element",
        description="Name of the outermost element; counts when the value is not an object with one field.",
        json_schema_extra=shown_for(
            "format_xml",
            order=38,
            ru="Корневой элемент",
            help_ru="Имя внешнего элемента, если значение не объект с одним полем.",
        ),
    )
    always_lists: list[str] = Field(
        default_factory=list,
        max_length=100,
        title="Always lists",
        description="Names of elements that are lists even when there is one of them.",
        examples=[["item"]],
        json_schema_extra=shown_for(
            "parse_xml",
            order=39,
            ru="Всегда списки",
            help_ru="Имена элементов, которые становятся списками, даже если элемент один.",
        ),
    )
    as_file: bool = Field(
        default=False,
        title="As a file",
        description="Make a file that an email, a message or a request can carry.",
        json_schema_extra=shown_for(
            "format_csv",
            "format_json",
            "format_xml",
            "text",
            "base64",
            order=50,
            ru="Как файл",
            help_ru="Создать файл, который можно приложить к письму, сообщению или запросу.",
        ),
    )
    filename: RowTemplated[str] = Field(
        default="",
        max_length=255,
        title="File name",
        description="Name of the file; export.csv and the like when empty.",
        examples=["orders-{{ now() | date_format('%Y-%m-%d') }}.csv"],
        json_schema_extra=shown_for(
            "format_csv",
            "format_json",
            "format_xml",
            "text",
            "base64",
            order=51,
            also={"as_file": True},
            ru="Имя файла",
            help_ru="Имя файла; пусто: например export.csv.",
        ),
    )
