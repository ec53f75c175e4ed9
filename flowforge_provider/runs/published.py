"""What starts a workflow: the trigger nodes of its live publication."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from flowforge_provider.exceptions import ConflictError, NotFoundError
from flowforge_provider.nodes.firing import Candidate, by_hand
from flowforge_provider.store.tables import RevisionRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

__all__ = ["PublishedTrigger", "PublishedWorkflow", "forget_published", "read_published"]

_CACHE_SIZE = 500


@dataclass(frozen=True)
class PublishedTrigger:
    """
    One trigger node of a publication.

    :param parameters: as saved in the graph; the node type's model fills in defaults
    """

    node_id: str
    type: str
    version: int
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class PublishedWorkflow:
    """
    The live publication of a workflow. It never changes; a new publication has another ``seq``.

    :param triggers: at least one, in the order of the graph's nodes
    :param timezone: IANA name, from the workflow's settings
    :param redact: JSONPaths to what its executions hide
    """

    workflow_id: str
    seq: int
    revision: int
    name: str
    triggers: tuple[PublishedTrigger, ...]
    timezone: str = "UTC"
    redact: tuple[str, ...] = ()

    @property
    def manual_trigger(self) -> PublishedTrigger:
        """The trigger that stands for a start by hand; the run itself takes the same one."""
        chosen = by_hand([Candidate(trigger.node_id, trigger.type) for trigger in self.triggers])
        return next(
            trigger for trigger in self.triggers if chosen is not None and trigger.node_id == chosen.node
        )

    def find_trigger(self, node_id: str) -> PublishedTrigger | None:
        """Return the trigger of a node id; None when there is none."""
        return next((trigger for trigger in self.triggers if trigger.node_id == node_id), None)


_lock = threading.Lock()
_cache: OrderedDict[tuple[str, int], PublishedWorkflow] = OrderedDict()


def read_published(workflow_id: str, session: Session) -> PublishedWorkflow:
    """
    Return the live publication of a workflow; one small query, and one more for a publication not seen
    before.

    :raises NotFoundError: there is no such workflow; code ``workflow-not-found``
    :raises ConflictError: it is not published; code ``workflow-not-published``
    """
    row = session.execute(
        select(WorkflowRow.name, WorkflowRow.published_seq, WorkflowRow.published_revision).where(
            WorkflowRow.id == workflow_id
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError(f'There is no workflow "{workflow_id[:250]}".', code="workflow-not-found")
    if row.published_seq is None or row.published_revision is None:
        raise ConflictError(
            f'Workflow "{workflow_id}" is not published. Publish it first.', code="workflow-not-published"
        )
    key = (workflow_id, row.published_seq)
    with _lock:
        known = _cache.get(key)
        if known is not None:
            _cache.move_to_end(key)
            return known
    published = _read_graph(
        workflow_id, seq=row.published_seq, revision=row.published_revision, session=session
    )
    with _lock:
        _cache[key] = published
        while len(_cache) > _CACHE_SIZE:
            _cache.popitem(last=False)
    return published


def forget_published() -> None:
    """Empty the cache, for tests that use one process with several databases."""
    with _lock:
        _cache.clear()


def _read_graph(workflow_id: str, *, seq: int, revision: int, session: Session) -> PublishedWorkflow:
    from flowforge_provider.graph.load import load_graph
    from flowforge_provider.nodes.registry import get_registry

    document = session.scalar(
        select(RevisionRow.graph).where(
            RevisionRow.workflow_id == workflow_id, RevisionRow.number == revision
        )
    )
    graph = load_graph(document)
    registry = get_registry()
    types = ((node, registry.find(node.type, node.type_version)) for node in graph.nodes)
    triggers = tuple(
        PublishedTrigger(node.id, node.type, node.type_version, node.parameters)
        for node, node_type in types
        if node_type is not None and node_type.kind == "trigger"
    )
    if triggers:
        return PublishedWorkflow(
            workflow_id=workflow_id,
            seq=seq,
            revision=revision,
            name=graph.name,
            triggers=triggers,
            timezone=graph.settings.timezone,
            redact=tuple(graph.settings.redact),
        )
    raise ConflictError(
        f'The published revision {revision} of workflow "{workflow_id}" has no trigger that is installed '
        "here. Install its package on the api-server, or publish again.",
        code="trigger-unavailable",
    )
