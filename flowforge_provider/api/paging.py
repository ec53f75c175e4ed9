"""Paging of lists: ``limit`` and ``offset``."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query

MAX_LIMIT = 200
DEFAULT_LIMIT = 50


@dataclass(frozen=True)
class Page:
    """
    The part of a list that a client asks for.

    :param limit: largest number of entries
    :param offset: entries to skip
    """

    limit: int
    offset: int


def _page(
    limit: Annotated[
        int, Query(ge=1, le=MAX_LIMIT, description="Largest number of entries.")
    ] = DEFAULT_LIMIT,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="Entries to skip.")] = 0,
) -> Page:
    return Page(limit=limit, offset=offset)


PageDep = Annotated[Page, Depends(_page)]
