"""Which page follows which."""

from __future__ import annotations

from typing import Any

import pytest

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.http_pages import Page, PageRequest, Pages, find_field
from flowforge_provider.nodes.builtin.http_parameters import HttpParameters

URL = "https://a.example/items"


def pages(kind: str, **parameters: Any) -> Pages:
    return Pages(HttpParameters(url=URL, pagination=kind, **parameters))  # type: ignore[arg-type]


def page(body: Any, pages: Pages, *, number: int = 1, url: str = URL, **headers: str) -> Page:
    return Page(number, 200, headers, body, pages.items(body, number=number), url)


@pytest.mark.parametrize(
    ("link", "following"),
    [
        ("", None),
        ('<https://a.example/items?page=2>; rel="next"', "https://a.example/items?page=2"),
        ('<?page=2>; rel="next", <?page=9>; rel="last"', "https://a.example/items?page=2"),
        ('</other>; rel="prev next"', "https://a.example/other"),
        ("</other>; rel=Next", "https://a.example/other"),
        ('<?page=1>; rel="prev"', None),
        ("nonsense", None),
    ],
)
def test_the_next_link_of_the_header(link: str, following: str | None) -> None:
    order = pages("next_link")
    assert order.first() == PageRequest(1, None, {})
    found = order.next(page([1], order, link=link))
    assert found == (None if following is None else PageRequest(2, following, {}))


@pytest.mark.parametrize(
    ("body", "following"),
    [
        ({"links": {"next": "?page=2"}, "data": [1]}, "https://a.example/items?page=2"),
        ({"links": {"next": None}, "data": [1]}, None),
        ({"links": {"next": ""}, "data": [1]}, None),
        ({"data": [1]}, None),
        ({"links": {"next": "?page=2"}, "data": []}, None),  # an empty page ends the list
        ({"links": {"next": "?page=2"}}, "https://a.example/items?page=2"),
    ],
)
def test_the_next_link_of_a_field(body: Any, following: str | None) -> None:
    order = pages("next_link", next_field="links.next", items_field="data", collect="pages")
    found = order.next(page(body, order))
    assert found == (None if following is None else PageRequest(2, following, {}))


def test_a_next_link_that_is_no_address() -> None:
    order = pages("next_link", next_field="next", items_field="data")
    with pytest.raises(StepError, match="holds no address"):
        order.next(page({"next": {"page": 2}, "data": [1]}, order))


def test_a_cursor() -> None:
    order = pages("cursor", cursor_field="meta.next", page_parameter="after", items_field="data", page_size=2)
    assert order.first() == PageRequest(1, None, {"limit": 2})
    body = {"meta": {"next": "abc"}, "data": [1]}
    assert order.next(page(body, order)) == PageRequest(2, None, {"after": "abc", "limit": 2})
    for last in (None, "", False):
        assert order.next(page({"meta": {"next": last}, "data": [1]}, order, number=2)) is None


def test_a_cursor_may_be_a_number() -> None:
    order = pages("cursor", cursor_field="next", items_field="data")
    found = order.next(page({"next": 0, "data": [1]}, order))
    assert found == PageRequest(2, None, {"cursor": 0})


@pytest.mark.parametrize("kind", ["cursor", "next_link"])
def test_a_circle_ends_in_an_error(kind: str) -> None:
    order = pages(kind, cursor_field="next", next_field="next", items_field="data")
    order.next(page({"next": "a", "data": [1]}, order))
    order.next(page({"next": "b", "data": [1]}, order, number=2))
    with pytest.raises(StepError, match="in a circle") as caught:
        order.next(page({"next": "a", "data": [1]}, order, number=3))
    assert caught.value.error_code == "http-pages"


def test_page_numbers() -> None:
    order = pages("page", first_page=0, page_parameter="p")
    assert order.first() == PageRequest(1, None, {"p": 0})
    assert order.next(page([1, 2], order)) == PageRequest(2, None, {"p": 1})
    assert order.next(page([3], order, number=2)) == PageRequest(3, None, {"p": 2})
    assert order.next(page([], order, number=3)) is None


def test_a_page_shorter_than_asked_for_is_the_last_one() -> None:
    order = pages("page", page_size=2, page_size_parameter="per_page")
    assert order.first() == PageRequest(1, None, {"page": 1, "per_page": 2})
    assert order.next(page([1, 2], order)) == PageRequest(2, None, {"page": 2, "per_page": 2})
    assert order.next(page([3], order, number=2)) is None


def test_offsets_count_the_items_that_came() -> None:
    order = pages("offset", items_field="rows", page_size=3)
    assert order.first() == PageRequest(1, None, {"offset": 0, "limit": 3})
    assert order.next(page({"rows": [1, 2, 3]}, order)) == PageRequest(2, None, {"offset": 3, "limit": 3})
    assert order.next(page({"rows": [4, 5, 6]}, order, number=2)) == PageRequest(
        3, None, {"offset": 6, "limit": 3}
    )
    assert order.next(page({"rows": []}, order, number=3)) is None


def test_an_offset_without_items_is_an_error() -> None:
    order = pages("offset", items_field="rows", collect="pages")
    with pytest.raises(StepError, match="counts items"):
        order.next(page({"other": 1}, order))


@pytest.mark.parametrize("body", [None, {}, ""])
def test_an_empty_answer_is_the_last_page(body: Any) -> None:
    order = pages("page", collect="pages")
    assert order.next(page(body, order)) is None


def test_items_that_are_no_list() -> None:
    order = pages("page", items_field="data")
    with pytest.raises(StepError, match="'data' of the answer is no list"):
        order.items({"data": {"a": 1}}, number=1)
    with pytest.raises(StepError, match="The answer is no list"):
        pages("page").items({"data": [1]}, number=2)
    assert pages("page", collect="pages").items({"data": [1]}, number=1) is None


def test_items_that_are_missing() -> None:
    order = pages("page", items_field="data")
    with pytest.raises(StepError, match="'data' of the answer is missing"):
        order.items({"dat": [1]}, number=1)
    # Some services leave the list out of the last page.
    assert order.items({"dat": [1]}, number=2) is None
    assert order.items(None, number=1) is None


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", {"a": [{"b": 1}], "c": None}),
        ("a", [{"b": 1}]),
        ("a.0.b", 1),
        ("a.1.b", None),
        ("a.x", None),
        ("a.-1", None),
        ("c.d", None),
        ("x", None),
    ],
)
def test_fields_are_found_by_their_path(path: str, found: Any) -> None:
    assert find_field({"a": [{"b": 1}], "c": None}, path) == found
