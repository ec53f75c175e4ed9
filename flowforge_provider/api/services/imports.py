"""Bring a graph document from elsewhere into the store."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import ConflictError
from flowforge_provider.graph.ids import WORKFLOW_ID_PATTERN
from flowforge_provider.store.workflows import create_workflow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from flowforge_provider.store.tables import WorkflowRow

_NO_ID = "untitled"
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
    own_name, own_id = document.get("name"), document.get("id")
    if name is None:
        name = own_name if isinstance(own_name, str) and own_name.strip() else _NO_NAME
    if isinstance(own_id, str) and own_id != _NO_ID and re.fullmatch(WORKFLOW_ID_PATTERN, own_id):
        try:
            return create_workflow(name=name, graph=document, user=user, workflow_id=own_id, session=session)
        except ConflictError:
            # Somebody has that id; a new one is made from the name.
            pass
    return create_workflow(name=name, graph=document, user=user, session=session)
