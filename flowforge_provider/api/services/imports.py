"""Bring a graph document from elsewhere into the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.store.workflows import create_workflow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from flowforge_provider.store.tables import WorkflowRow

_NO_NAME = "Untitled"


def import_workflow(
    *, document: Mapping[str, Any], name: str | None = None, user: str, session: Session
) -> WorkflowRow:
    """
    Create a workflow from a document; it keeps the document's id when that is free.

    :param document: a graph document of any format version that is still read
    :param name: name; the document's own when omitted
    :param user: who imports it
    :raises GraphFormatError: the document is no graph of a known format
    :raises GraphValidationError: it is not well-formed
    """
    if name is None:
        own_name = document.get("name")
        name = own_name if isinstance(own_name, str) and own_name.strip() else _NO_NAME
    return create_workflow(name=name, graph=document, user=user, session=session)
