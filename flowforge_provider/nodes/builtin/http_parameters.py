"""Parameters of HTTP requests: one request, or one for each page."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from flowforge_provider.nodes.builtin.http_parts import FieldPath
from flowforge_provider.nodes.builtin.http_single import SingleRequest
from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.templated import Templated, Text

__all__ = ["HttpParameters"]

_PAGED = ["next_link", "cursor", "page", "offset"]
_Whole = Annotated[int, Field(ge=0, le=1_000_000_000)]


class HttpParameters(SingleRequest):
    """Parameters of ``http.request``: a request, how the next page is asked for, and when to stop."""

    pagination: Literal["none", "next_link", "cursor", "page", "offset"] = Field(
        default="none",
        title="Pages",
        description="How the service hands out long lists, one page after another.",
        json_schema_extra=widget(
            "select",
            order=200,
            group="Pages",
            group_ru="Страницы",
            options={
                "none": "One request",
                "next_link": "Link to the next page",
                "cursor": "Cursor",
                "page": "Page number",
                "offset": "Offset",
            },
            options_ru={
                "none": "Один запрос",
                "next_link": "Ссылка на следующую страницу",
                "cursor": "Курсор",
                "page": "Номер страницы",
                "offset": "Смещение",
            },
            label_ru="Страницы",
            help_ru="Как сервис отдаёт длинные списки, страница за страницей.",
        ),
    )
    next_field: Templated[FieldPath] = Field(
        default="",
        title="Field of the next link",
        description="Field of the answer that holds the next address. Empty: the Link header.",
        examples=["links.next"],
        json_schema_extra=widget(
            order=210,
            group="Pages",
            visible_when={"pagination": "next_link"},
            label_ru="Поле со ссылкой",
            help_ru="Поле ответа со следующим адресом. Пусто — заголовок Link.",
        ),
    )
    cursor_field: Templated[FieldPath] = Field(
        default="",
        title="Field of the cursor",
        description="Field of the answer that holds the next cursor; without one the list ends.",
        examples=["meta.next_cursor"],
        json_schema_extra=widget(
            order=220,
            group="Pages",
            visible_when={"pagination": "cursor"},
            label_ru="Поле с курсором",
            help_ru="Поле ответа со следующим курсором; если его нет, список закончен.",
        ),
    )
    page_parameter: Templated[Text] = Field(
        default="",
        title="Parameter",
        description="Parameter that asks for a page. Empty: cursor, page or offset.",
        examples=["page"],
        json_schema_extra=widget(
            order=230,
            group="Pages",
            visible_when={"pagination": ["cursor", "page", "offset"]},
            label_ru="Параметр",
            help_ru="Параметр, которым запрашивается страница. Пусто: cursor, page или offset.",
        ),
    )
    page_in: Literal["query", "body"] = Field(
        default="query",
        title="Parameter is in",
        description="Where the parameter goes: the url's query, or the top of a JSON body.",
        json_schema_extra=widget(
            "select",
            order=240,
            group="Pages",
            visible_when={"pagination": ["cursor", "page", "offset"]},
            options={"query": "Query", "body": "JSON body"},
            options_ru={"query": "Параметры запроса", "body": "Тело JSON"},
            label_ru="Где параметр",
            help_ru="Куда идёт параметр: в запрос адреса или в верхний уровень тела JSON.",
        ),
    )
    first_page: Templated[_Whole] = Field(
        default=1,
        title="First page",
        description="Number of the first page.",
        json_schema_extra=widget(
            order=250,
            group="Pages",
            visible_when={"pagination": "page"},
            label_ru="Первая страница",
            help_ru="Номер первой страницы.",
        ),
    )
    page_size: Templated[_Whole] = Field(
        default=0,
        title="Page size",
        description="Items to ask for in each page; 0 leaves it to the service.",
        json_schema_extra=widget(
            order=260,
            group="Pages",
            visible_when={"pagination": _PAGED},
            label_ru="Размер страницы",
            help_ru="Сколько элементов просить за раз; 0 — решает сервис.",
        ),
    )
    page_size_parameter: Templated[Text] = Field(
        default="limit",
        title="Size parameter",
        description="Parameter that asks for the page size.",
        json_schema_extra=widget(
            order=270,
            group="Pages",
            visible_when={"pagination": _PAGED},
            label_ru="Параметр размера",
            help_ru="Параметр, которым задаётся размер страницы.",
        ),
    )
    items_field: Templated[FieldPath] = Field(
        default="",
        title="Field of the items",
        description="Field of each answer that holds its list. Empty: the answer itself is the list.",
        examples=["data.items"],
        json_schema_extra=widget(
            order=280,
            group="Pages",
            visible_when={"pagination": _PAGED},
            label_ru="Поле со списком",
            help_ru="Поле ответа, в котором лежит список. Пусто — сам ответ и есть список.",
        ),
    )
    collect: Literal["items", "pages"] = Field(
        default="items",
        title="Result",
        description="One list of all items, or the list of the pages as they came.",
        json_schema_extra=widget(
            "select",
            order=290,
            group="Pages",
            visible_when={"pagination": _PAGED},
            options={"items": "All items", "pages": "Pages"},
            options_ru={"items": "Все элементы", "pages": "Страницы"},
            label_ru="Результат",
            help_ru="Один список всех элементов или список страниц как есть.",
        ),
    )
    stop_when: str = Field(
        default="",
        max_length=4000,
        title="Stop when",
        description=(
            "Expression that ends the list after a page, over page.body, page.headers, page.status, "
            "page.number, "
            "page.items and all that other expressions see. An empty page ends it in any case."
        ),
        examples=["{{ not page.body.has_more }}"],
        json_schema_extra=widget(
            order=300,
            group="Pages",
            literal=True,
            visible_when={"pagination": _PAGED},
            label_ru="Остановиться, когда",
            help_ru=(
                "Выражение, которое завершает список после страницы: page.body, page.headers, page.status, "
                "page.number, page.items и всё, что видят другие выражения. Пустая страница завершает его "
                "всегда."
            ),
        ),
    )
    max_pages: Templated[Annotated[int, Field(ge=1, le=10_000)]] = Field(
        default=100,
        title="At most, pages",
        description="Pages after which to stop; the output then says that it is not complete.",
        json_schema_extra=widget(
            order=310,
            group="Pages",
            visible_when={"pagination": _PAGED},
            label_ru="Не больше страниц",
            help_ru="После скольких страниц остановиться; тогда результат отмечен как неполный.",
        ),
    )
    page_delay_s: Templated[Annotated[float, Field(ge=0, le=60)]] = Field(
        default=0,
        title="Pause between pages",
        description="Time to wait before the next page, for services that count requests.",
        json_schema_extra=widget(
            "duration",
            order=320,
            group="Pages",
            visible_when={"pagination": _PAGED},
            label_ru="Пауза между страницами",
            help_ru="Сколько ждать перед следующей страницей, если сервис считает запросы.",
        ),
    )
