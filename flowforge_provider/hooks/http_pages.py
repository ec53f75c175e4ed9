"""How one page of a list leads to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from requests.utils import parse_header_links

from flowforge_provider.exceptions import StepError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowforge_provider.nodes.builtin.http_parameters import HttpParameters

__all__ = ["Page", "PageRequest", "Pages", "find_field"]


@dataclass(frozen=True)
class PageRequest:
    """
    What differs in the request of one page.

    :param number: from 1
    :param url: address in place of the first one, as the service gave it
    :param changes: parameters of the query or of the JSON body, by name
    """

    number: int
    url: str | None
    changes: Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """
    One page as it came.

    :param items: its list; None when it has none
    """

    number: int
    status: int
    headers: Mapping[str, str]
    body: Any
    items: list[Any] | None
    url: str

    def to_json(self) -> dict[str, Any]:
        """Return what ``page`` is in expressions."""
        return {
            "number": self.number,
            "status": self.status,
            "headers": dict(self.headers),
            "body": self.body,
            "items": self.items,
        }


class Pages:
    """
    The order of pages that the parameters describe.

    :param parameters: without expressions; ``pagination`` is not ``none``
    """

    def __init__(self, parameters: HttpParameters) -> None:
        self._parameters = parameters
        self._seen: set[str] = set()
        self._read = 0

    def first(self) -> PageRequest:
        """Return what the first request is."""
        start = {"page": self._parameters.first_page, "offset": 0}.get(self._parameters.pagination)
        changes = {} if start is None else {self._name: start}
        return PageRequest(1, None, self._with_size(changes))

    def items(self, body: Any, *, number: int) -> list[Any] | None:
        """
        Return the list in a page; None when it has none.

        :param number: of the page, from 1
        :raises StepError: there is something else in its place, or nothing in the first page although its
            items are wanted
        """
        path = self._parameters.items_field
        found = find_field(body, path)
        if isinstance(found, list):
            return found
        is_wanted = self._parameters.collect == "items" and number == 1 and bool(body)
        if found is None and not is_wanted:
            return None
        if self._parameters.collect == "pages" and not path:
            return None
        where = f"Field {path!r} of the answer" if path else "The answer"
        raise StepError(
            f"{where} is {'missing' if found is None else 'no list'}. Name the field that holds the items, "
            f"or collect the pages as they are.",
            code="http-pages",
            retryable=False,
        )

    def next(self, page: Page) -> PageRequest | None:
        """
        Return what comes after a page; None after the last one.

        :raises StepError: the service leads back to a page that was read
        """
        if page.items is not None and not page.items:
            return None
        self._read += len(page.items or ())
        following = self._where_next(page)
        if following is None:
            return None
        if self._parameters.pagination == "next_link":
            return PageRequest(page.number + 1, str(following), {})
        return PageRequest(page.number + 1, None, self._with_size({self._name: following}))

    def _where_next(self, page: Page) -> Any:
        """Return the link, the cursor or the number that asks for the next page; None after the last one."""
        kind = self._parameters.pagination
        if kind in ("next_link", "cursor"):
            found = (
                self._next_link(page)
                if kind == "next_link"
                else find_field(page.body, self._parameters.cursor_field)
            )
            return None if found is None or found is False or found == "" else self._new(found)
        if self._is_short(page) or (page.items is None and not page.body):
            return None
        if kind == "page":
            return self._parameters.first_page + page.number
        if page.items is None:
            raise StepError(
                "An offset counts items, and the answer has none. Name the field that holds them.",
                code="http-pages",
                retryable=False,
            )
        return self._read

    @property
    def _name(self) -> str:
        return self._parameters.page_parameter or self._parameters.pagination

    def _with_size(self, changes: dict[str, Any]) -> dict[str, Any]:
        if self._parameters.page_size:
            return {**changes, self._parameters.page_size_parameter: self._parameters.page_size}
        return changes

    def _is_short(self, page: Page) -> bool:
        """Tell whether a page has fewer items than were asked for, so that none can follow."""
        size = self._parameters.page_size
        return bool(size) and page.items is not None and len(page.items) < size

    def _next_link(self, page: Page) -> str | None:
        if self._parameters.next_field:
            link = find_field(page.body, self._parameters.next_field)
        else:
            links = parse_header_links(page.headers.get("link", ""))
            link = next(
                (one.get("url") for one in links if "next" in (one.get("rel") or "").lower().split()), None
            )
        if link is None or link == "":
            return None
        if not isinstance(link, str):
            raise StepError(
                f"Field {self._parameters.next_field!r} holds no address. Name the field with the next link.",
                code="http-pages",
                retryable=False,
            )
        return urljoin(page.url, link)

    def _new(self, place: Any) -> Any:
        """Return a link or cursor, and remember it."""
        if str(place) in self._seen:
            raise StepError(
                f"The service leads in a circle: {str(place)[:200]!r} was read before. Check the way to the "
                "next page.",
                code="http-pages",
                retryable=False,
            )
        self._seen.add(str(place))
        return place


def find_field(value: Any, path: str) -> Any:
    """
    Return what lies at a path; None when nothing does.

    :param value: JSON
    :param path: names and places in lists, joined by dots: ``data.0.next``; empty for the value itself
    """
    for key in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value
