"""Workflow ids: slugs of names, one of a kind in the whole Airflow, because they are dag_ids too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow.models.dag import DagModel
from slugify import slugify
from sqlalchemy import select

from flowforge_provider.exceptions import ConflictError, StoreError
from flowforge_provider.graph.ids import WORKFLOW_ID_PATTERN
from flowforge_provider.store.tables import PublicationRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

__all__ = ["MAX_SLUG_LENGTH", "choose_workflow_id", "slug_of"]

# Leaves room for a counter below the 200 characters of an id, and keeps addresses readable.
MAX_SLUG_LENGTH = 80


def slug_of(name: str) -> str:
    """Return the slug of a name: transliterated to ASCII, lower case, words joined by hyphens."""
    return slugify(name, max_length=MAX_SLUG_LENGTH, word_boundary=True) or "workflow"


def choose_workflow_id(
    *, name: str, wanted: str | None, preferred: str | None = None, session: Session
) -> str:
    """
    Return the id for a new workflow.

    :param wanted: an id that the caller insists on
    :param preferred: an id to use when it is a free slug, such as that of an imported graph; else the id is
        made from the name
    :raises StoreError: the wanted id is not a slug; code ``workflow-id``
    :raises ConflictError: the wanted id is taken; code ``workflow-id-taken``
    """
    if wanted is None:
        if preferred and _is_slug(preferred) and preferred not in _taken_ids(preferred, session=session):
            return preferred
        slug = slug_of(name)
        return _first_free(slug, taken=_taken_ids(slug, session=session))
    if not _is_slug(wanted):
        raise StoreError(
            f'"{wanted}" cannot be a workflow id. Use up to 200 lower-case letters, digits, hyphens and '
            "underscores, beginning with a letter or digit.",
            code="workflow-id",
        )
    if session.get(WorkflowRow, wanted) is not None:
        raise ConflictError(
            f'A workflow with the id "{wanted}" exists already. Choose another id, or leave it out.',
            code="workflow-id-taken",
        )
    return wanted


def _is_slug(text: str) -> bool:
    return re.fullmatch(WORKFLOW_ID_PATTERN, text) is not None


def _taken_ids(slug: str, *, session: Session) -> set[str]:
    # Ids of deleted workflows and of other Dags count as taken too: a new workflow must not inherit
    # the runs of an old one, nor fight with somebody's Dag file.
    taken: set[str] = set()
    for column in (WorkflowRow.id, PublicationRow.workflow_id, DagModel.dag_id):
        similar = (column == slug) | column.startswith(f"{slug}-", autoescape=True)
        taken.update(session.scalars(select(column).where(similar)))
    return taken


def _first_free(slug: str, *, taken: Collection[str]) -> str:
    if slug not in taken:
        return slug
    number = 2
    while f"{slug}-{number}" in taken:
        number += 1
    return f"{slug}-{number}"
