"""What is wrong with graphs, as this installation sees it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from flowforge_provider import settings
from flowforge_provider.api.services.installation import find_installation_issues
from flowforge_provider.api.services.targets import find_target_issues
from flowforge_provider.graph.validation import check_document
from flowforge_provider.store.tables import WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from flowforge_provider.graph.issues import Issue
    from flowforge_provider.graph.models import Graph

_CACHE_SIZE = 10_000
# Counts depend on the draft and on the node types installed here, which change only with a restart.
_counts: OrderedDict[tuple[str, int], int] = OrderedDict()
_lock = threading.Lock()


def find_issues(document: Any, *, session: Session | None = None) -> list[Issue]:
    """
    Return everything that is wrong with a graph document, its form and its meaning.

    :param session: to look, too, at the other workflows that this one starts, and at what it needs here
    """
    graph, issues = check_document(document, max_nodes=settings.max_nodes())
    if graph is None or session is None:
        return issues
    return [*issues, *find_surroundings_issues(graph, session=session)]


def find_surroundings_issues(graph: Graph, *, session: Session) -> list[Issue]:
    """Return warnings about what lies outside a graph: other workflows, connections, limits."""
    return [
        *find_target_issues(graph, session=session),
        *find_installation_issues(graph, session=session),
    ]


def count_issues(rows: Sequence[WorkflowRow], *, session: Session) -> dict[str, int]:
    """
    Return the number of issues in each draft; drafts that were not counted before are read in one query.

    :param rows: one page of workflows; their drafts are not read from them
    """
    limit = settings.max_nodes()
    with _lock:
        known = {row.id: _counts.get((row.draft_digest, limit)) for row in rows}
    missing = [workflow_id for workflow_id, count in known.items() if count is None]
    drafts = session.execute(
        select(WorkflowRow.id, WorkflowRow.draft_digest, WorkflowRow.draft).where(WorkflowRow.id.in_(missing))
    )
    for workflow_id, digest, draft in drafts:
        count = len(find_issues(draft))
        known[workflow_id] = count
        with _lock:
            _counts[digest, limit] = count
            while len(_counts) > _CACHE_SIZE:
                _counts.popitem(last=False)
    return {workflow_id: count or 0 for workflow_id, count in known.items()}
