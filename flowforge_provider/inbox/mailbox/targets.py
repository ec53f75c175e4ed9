"""Which mailboxes are to be watched: the email triggers of the live publications."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pydantic import ValidationError
from sqlalchemy import String, cast, func, select

from flowforge_provider.exceptions import FlowForgeError
from flowforge_provider.nodes.builtin.email_receive import EmailReceive, EmailReceiveParameters
from flowforge_provider.runs.published import read_published
from flowforge_provider.store.publications import latest_seq
from flowforge_provider.store.tables import PublicationRow, RevisionRow, WorkflowRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from flowforge_provider.runs.database import Database

__all__ = ["Target", "TargetKey", "Targets"]

log = logging.getLogger(__name__)

TargetKey = tuple[str, str]


@dataclass(frozen=True)
class Target:
    """
    One mailbox that a live publication watches.

    :param published_at: when that publication went live
    :param live_since: since when the workflow has been published without a break
    """

    workflow_id: str
    node_id: str
    seq: int
    parameters: EmailReceiveParameters
    published_at: datetime
    live_since: datetime

    @property
    def key(self) -> TargetKey:
        """Return what names it, whatever is published later."""
        return self.workflow_id, self.node_id


class Targets:
    """
    Reads what is to be watched; costs one small query while nothing is published.

    :param database: where workflows are
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: int | None = None
        self._known: dict[str, tuple[int, tuple[Target, ...]]] = {}

    def read(self) -> dict[TargetKey, Target]:
        """
        Return all targets of now.

        :raises DBAPIError: the database failed
        """
        with self._database.session("read") as session:
            newest = latest_seq(session)
            if newest != self._seen:
                self._known = self._read(session)
                self._seen = newest
        return {target.key: target for _, targets in self._known.values() for target in targets}

    def live_seqs(self) -> dict[str, int]:
        """Return workflow -> the publication that was live when targets were last read."""
        return {workflow_id: seq for workflow_id, (seq, _) in self._known.items()}

    def _read(self, session: Session) -> dict[str, tuple[int, tuple[Target, ...]]]:
        # Only graphs that name the type are read; most do not.
        mentions = cast(RevisionRow.graph, String).like(f'%"{EmailReceive.type}"%')
        rows = session.execute(
            select(WorkflowRow.id, WorkflowRow.published_seq, WorkflowRow.published_at)
            .join(
                RevisionRow,
                (RevisionRow.workflow_id == WorkflowRow.id)
                & (RevisionRow.number == WorkflowRow.published_revision),
            )
            .where(WorkflowRow.published_seq.is_not(None), mentions)
        ).all()
        found: dict[str, tuple[int, tuple[Target, ...]]] = {}
        for row in rows:
            known = self._known.get(row.id)
            if known is not None and known[0] == row.published_seq:
                found[row.id] = known
            else:
                found[row.id] = (row.published_seq, tuple(_targets_of(row.id, row.published_at, session)))
        return found


def _targets_of(workflow_id: str, published_at: datetime | None, session: Session) -> list[Target]:
    try:
        published = read_published(workflow_id, session)
    except FlowForgeError as exc:
        log.warning("The email triggers of %s cannot be read: %s", workflow_id, exc)
        return []
    published_at = published_at or datetime.now(tz=timezone.utc)
    targets = []
    for trigger in published.triggers:
        if trigger.type != EmailReceive.type:
            continue
        try:
            parameters = EmailReceiveParameters.model_validate(dict(trigger.parameters))
        except ValidationError:
            # Publishing checks them; this is a publication of another version of FlowForge.
            log.warning("The parameters of %s in %s cannot be read", trigger.node_id, workflow_id)
            continue
        if parameters.source == "imap":
            targets.append(
                Target(
                    workflow_id=workflow_id,
                    node_id=trigger.node_id,
                    seq=published.seq,
                    parameters=parameters,
                    published_at=published_at,
                    live_since=_live_since(workflow_id, session) or published_at,
                )
            )
    return targets


def _live_since(workflow_id: str, session: Session) -> datetime | None:
    mine = PublicationRow.workflow_id == workflow_id
    offline = session.scalar(
        select(func.max(PublicationRow.seq)).where(mine, PublicationRow.action == "unpublish")
    )
    return session.scalar(
        select(PublicationRow.created_at)
        .where(mine, PublicationRow.action == "publish", PublicationRow.seq > (offline or 0))
        .order_by(PublicationRow.seq)
        .limit(1)
    )
