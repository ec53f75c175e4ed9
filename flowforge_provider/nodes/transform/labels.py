"""The operations of the transform step, and what people call them."""

from __future__ import annotations

from typing import Any, Literal

from flowforge_provider.nodes.fields import widget

# Types of Airflow connections whose password may be the key of an HMAC: those that hold nothing else.
KEY_CONNECTION_TYPES = ("generic",)

OperationName = Literal[
    "set_fields",
    "rename_fields",
    "remove_fields",
    "keep_fields",
    "jq",
    "filter",
    "sort",
    "limit",
    "deduplicate",
    "aggregate",
    "split_out",
    "collect",
    "chunk",
    "split_text",
    "join_text",
    "text",
    "parse_json",
    "format_json",
    "parse_csv",
    "format_csv",
    "parse_xml",
    "format_xml",
    "date",
    "number",
    "url",
    "base64",
    "hash",
]

TITLES: dict[str, str] = {
    "set_fields": "Set fields",
    "rename_fields": "Rename fields",
    "remove_fields": "Remove fields",
    "keep_fields": "Keep only some fields",
    "jq": "Run a jq program",
    "filter": "Filter a list",
    "sort": "Sort a list",
    "limit": "Limit or skip items",
    "deduplicate": "Remove duplicates",
    "aggregate": "Aggregate: count, sum, average …",
    "split_out": "Split a list into items",
    "collect": "Collect items into a list",
    "chunk": "Cut a list into batches",
    "split_text": "Split a text into a list",
    "join_text": "Join a list to a text",
    "text": "Text from a template",
    "parse_json": "Read JSON",
    "format_json": "Write JSON",
    "parse_csv": "Read CSV",
    "format_csv": "Write CSV",
    "parse_xml": "Read XML",
    "format_xml": "Write XML",
    "date": "Dates and times",
    "number": "Numbers",
    "url": "URLs",
    "base64": "Base64",
    "hash": "Hash or HMAC",
}

TITLES_RU: dict[str, str] = {
    "set_fields": "Задать поля",
    "rename_fields": "Переименовать поля",
    "remove_fields": "Удалить поля",
    "keep_fields": "Оставить только некоторые поля",
    "jq": "Выполнить программу jq",
    "filter": "Отфильтровать список",
    "sort": "Отсортировать список",
    "limit": "Ограничить или пропустить элементы",
    "deduplicate": "Убрать повторы",
    "aggregate": "Сводка: число, сумма, среднее …",
    "split_out": "Разложить список на элементы",
    "collect": "Собрать элементы в список",
    "chunk": "Разрезать список на порции",
    "split_text": "Разрезать текст на список",
    "join_text": "Соединить список в текст",
    "text": "Текст по шаблону",
    "parse_json": "Прочитать JSON",
    "format_json": "Записать JSON",
    "parse_csv": "Прочитать CSV",
    "format_csv": "Записать CSV",
    "parse_xml": "Прочитать XML",
    "format_xml": "Записать XML",
    "date": "Даты и время",
    "number": "Числа",
    "url": "URL",
    "base64": "Base64",
    "hash": "Хеш или HMAC",
}


def shown_for(
    *operations: OperationName,
    order: int,
    ru: str,
    help_ru: str,
    name: str | None = None,
    also: dict[str, str | bool | list[str]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """
    Return what a field of an operation tells the form.

    :param operations: the operations that have the field
    :param order: place in the form
    :param ru: label in Russian
    :param help_ru: help in Russian
    :param name: widget
    :param also: more conditions under which the field is shown
    :param more: further arguments of ``widget``
    """
    return widget(
        name,
        order=order,
        label_ru=ru,
        help_ru=help_ru,
        visible_when={"operation": list(operations), **(also or {})},
        **more,
    )
