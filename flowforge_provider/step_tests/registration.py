"""The Dag that runs steps which people test. It is published like a workflow, and is none."""

from __future__ import annotations

import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from sqlalchemy import select

from flowforge_provider.settings import STEP_TEST_DAG_ID
from flowforge_provider.store.publications import allocate_seq, digest_of_source
from flowforge_provider.store.tables import PublicationRow
from flowforge_provider.store.transactions import run_in_transaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["SOURCE", "TASK_ID", "ensure_registered"]

TASK_ID = "step"
SOURCE = f'''
"""
FlowForge step tests

Runs one step of a workflow's draft, when somebody tests it in FlowForge's editor. What the step is comes with
the run. It touches no published workflow, and its runs are removed after a day.
"""

from datetime import timedelta

from airflow.sdk import DAG
from flowforge_provider.operators.step_test import StepTestOperator

with DAG(
    dag_id="{STEP_TEST_DAG_ID}",
    dag_display_name="FlowForge step tests",
    description="Steps that are tested in FlowForge's editor.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=64,
    max_active_tasks=64,
    is_paused_upon_creation=False,
    tags=["flowforge-internal"],
) as dag:
    StepTestOperator(task_id="{TASK_ID}", retries=0, execution_timeout=timedelta(hours=1))
'''.lstrip()

# One of a process at a time is enough; those of others wait in the database.
_lock = threading.Lock()


def ensure_registered(session: Session) -> int:
    """
    Make Airflow know the Dag as this version of FlowForge has it, and return its publication.

    Costs two small queries when it does already.

    :param session: only reads; what is written is written in a transaction of its own
    """
    seq = _registered(session)
    if seq is not None:
        return seq
    # The read must not be in the way of the write on SQLite.
    session.rollback()
    with _lock:
        return run_in_transaction(_register)


def _registered(session: Session) -> int | None:
    from flowforge_provider.publishing.registration import is_registered

    row = session.execute(
        select(PublicationRow.seq, PublicationRow.source_digest)
        .where(PublicationRow.workflow_id == STEP_TEST_DAG_ID)
        .order_by(PublicationRow.seq.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.source_digest != digest_of_source(SOURCE):
        return None
    known = is_registered(workflow_id=STEP_TEST_DAG_ID, seq=row.seq, session=session)
    return int(row.seq) if known else None


def _register(session: Session) -> int:
    from flowforge_provider.publishing.registration import note_bundle_version, prepare, register

    # Its lock lets one process at a time do this; the others find it done.
    seq = allocate_seq(session)
    known = _registered(session)
    if known is not None:
        return known
    session.add(
        PublicationRow(
            seq=seq,
            workflow_id=STEP_TEST_DAG_ID,
            action="publish",
            source=SOURCE,
            source_digest=digest_of_source(SOURCE),
            message="",
            created_at=datetime.now(tz=timezone.utc),
            created_by="flowforge",
        )
    )
    session.flush()
    note_bundle_version(seq=seq, session=session)
    register(prepared=prepare(workflow_id=STEP_TEST_DAG_ID, source=SOURCE), seq=seq, session=session)
    return seq
