"""Which revision a run is pinned to, and its graph."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import literal, select, union_all

from flowforge_provider.store.tables import PublicationRow, RevisionRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session
    from sqlalchemy.sql import Select

    from flowforge_provider.graph.models import Graph

__all__ = ["forget_revisions", "graph_of_revision", "revisions_of_seqs", "seq_of_version"]

K = TypeVar("K")
V = TypeVar("V")
# (workflow id, seq)
Pin = tuple[str, int]


class _Memory(Generic[K, V]):
    """The last things read, for what never changes."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            value = self._items.get(key)
            if value is not None:
                self._items.move_to_end(key)
            return value

    def put(self, key: K, value: V) -> None:
        with self._lock:
            self._items[key] = value
            while len(self._items) > self._size:
                self._items.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._items.clear()


_revisions: _Memory[Pin, int] = _Memory(5_000)
# By the document's digest: a workflow may be deleted and another one take its id and its numbers.
_graphs: _Memory[str, Graph] = _Memory(100)


def seq_of_version(bundle_version: str | None) -> int | None:
    """Return the publication that a bundle version names; None where the run is not pinned to one of ours."""
    return int(bundle_version) if bundle_version is not None and bundle_version.isdecimal() else None


def revisions_of_seqs(pins: Iterable[Pin], session: Session) -> dict[Pin, int]:
    """
    Return the revision that each publication made live: the workflow's newest one that is not newer than the
    seq.

    :param pins: pairs (workflow id, seq), up to a page of them; one query for those not seen before
    """
    wanted = set(pins)
    known = {pin: seen for pin in wanted if (seen := _revisions.get(pin)) is not None}
    missing = sorted(wanted - known.keys())
    if missing:
        lookups = [_lookup(index, pin) for index, pin in enumerate(missing)]
        for row in session.execute(union_all(*lookups)).all():
            pin, number = missing[row[0]], row[1]
            if number is not None:
                known[pin] = number
                _revisions.put(pin, number)
    return known


def graph_of_revision(workflow_id: str, number: int, session: Session) -> Graph | None:
    """Return a revision's graph; None when the revision is gone or cannot be read any more."""
    from flowforge_provider.exceptions import GraphError
    from flowforge_provider.graph.load import load_graph

    this = (RevisionRow.workflow_id == workflow_id, RevisionRow.number == number)
    digest = session.scalar(select(RevisionRow.digest).where(*this))
    if digest is None:
        return None
    graph = _graphs.get(digest)
    if graph is not None:
        return graph
    document = session.scalar(select(RevisionRow.graph).where(*this))
    try:
        graph = load_graph(document)
    except GraphError:
        return None
    _graphs.put(digest, graph)
    return graph


def forget_revisions() -> None:
    """Empty the memory, for tests that use one process with several databases."""
    _revisions.clear()
    _graphs.clear()


def _lookup(index: int, pin: Pin) -> Select[Any]:
    workflow_id, seq = pin
    number = (
        select(PublicationRow.revision_number)
        .where(
            PublicationRow.workflow_id == workflow_id,
            PublicationRow.seq <= seq,
            PublicationRow.action == "publish",
        )
        .order_by(PublicationRow.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(literal(index), number)
