"""
Tell Airflow about a Dag, in the caller's transaction.

Airflow has no public call for this. Everything here that is internal to Airflow is what its dag-processor
calls after it has parsed a file (airflow/dag_processing/collection.py), and it is called nowhere else in
FlowForge. When one of these calls fails, publishing falls back to the dag-processor.
"""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.models.dag import DagModel
from airflow.models.dag_version import DagVersion
from airflow.models.dagbundle import DagBundleModel
from airflow.models.dagcode import DagCode
from airflow.models.dagrun import DagRun
from airflow.models.serialized_dag import SerializedDagModel
from airflow.serialization.definitions.dag import SerializedDAG
from airflow.serialization.serialized_objects import LazyDeserializedDAG
from airflow.utils.state import DagRunState
from sqlalchemy import exists, select, update

from flowforge_provider.bundles.paths import relative_path, tracking_folder
from flowforge_provider.compiler.load import build_dag
from flowforge_provider.exceptions import ConflictError
from flowforge_provider.queue.letting import is_letting
from flowforge_provider.queue.pauses import apply_pause
from flowforge_provider.settings import BUNDLE_NAME

if TYPE_CHECKING:
    from sqlalchemy.orm import InstrumentedAttribute, Session
    from sqlalchemy.sql import ColumnElement

__all__ = [
    "PreparedDag",
    "check_dag_id",
    "deactivate",
    "has_unfinished_runs",
    "is_registered",
    "lock_dag",
    "note_bundle_version",
    "prepare",
    "register",
    "sync_permissions",
]

log = logging.getLogger(__name__)

_UNFINISHED = (DagRunState.QUEUED, DagRunState.RUNNING)


@dataclass(frozen=True, kw_only=True)
class PreparedDag:
    """
    A Dag in the form in which Airflow keeps it.

    :param source: the Dag file it was made from
    :param serialized: equal to what the dag-processor makes of that file
    """

    workflow_id: str
    source: str
    serialized: LazyDeserializedDAG


def prepare(*, workflow_id: str, source: str) -> PreparedDag:
    """
    Build and serialize the Dag of a compiled file; no database, some milliseconds of computing.

    :param source: what the compiler made: it is executed, and it holds nothing that a user wrote but literals
    :raises CompileError: Airflow refuses the Dag
    """
    fileloc = str(tracking_folder() / relative_path(workflow_id))
    dag = build_dag(source, fileloc=fileloc)
    dag.relative_fileloc = relative_path(workflow_id)
    return PreparedDag(workflow_id=workflow_id, source=source, serialized=LazyDeserializedDAG.from_dag(dag))


def check_dag_id(*, workflow_id: str, session: Session) -> None:
    """
    Refuse a workflow whose id is the dag_id of a Dag that is not its own.

    :raises ConflictError: code ``dag-id-taken``
    """
    found = session.execute(
        select(DagModel.bundle_name, DagModel.relative_fileloc).where(DagModel.dag_id == workflow_id)
    ).one_or_none()
    if found is None or (found.bundle_name, found.relative_fileloc) == (
        BUNDLE_NAME,
        relative_path(workflow_id),
    ):
        return
    raise ConflictError(
        f'Airflow has a Dag with the id "{workflow_id}" already, from the file '
        f'"{found.relative_fileloc or "unknown"}" of the bundle "{found.bundle_name or "unknown"}". '
        "Duplicate this workflow, which gives it another id, and publish the copy.",
        code="dag-id-taken",
    )


def register(*, prepared: PreparedDag, seq: int, session: Session) -> None:
    """
    Make a Dag known to Airflow as of a bundle version, as the dag-processor would after parsing its file.

    A changed file becomes a new Dag version, and runs in progress keep theirs; an unchanged one does not.

    :param seq: the publication, which is the bundle version
    """
    version = str(seq)
    dag_id = prepared.workflow_id
    lock_dag(dag_id, session=session)
    SerializedDAG.bulk_write_to_db(BUNDLE_NAME, version, [prepared.serialized], None, session=session)
    known = SerializedDagModel._prefetch_dag_write_metadata([dag_id], session=session)[dag_id]
    if known.dag_version is not None and _source_differs(prepared, known.dag_version, session=session):
        # Airflow would change a version in place that has no task instances yet, or whose serialized form
        # stays the same. Both would give a run that is just being created, or is in progress, a file
        # that it has not begun with. Without the old version in sight, Airflow makes a new one.
        known = known._replace(dag_version=None)
    with tempfile.TemporaryDirectory(prefix="flowforge-") as folder:
        # Airflow reads the code that it shows from a file. The real one is the dag-processor's, which
        # gets it after this transaction, and maybe on another machine.
        path = Path(folder, "dag.py")
        path.write_text(prepared.source, encoding="utf-8")
        SerializedDagModel.write_dag(
            _ReadFrom(data=prepared.serialized.data, path=str(path)),
            bundle_name=BUNDLE_NAME,
            bundle_version=version,
            min_update_interval=None,
            session=session,
            _prefetched=known,
        )
        session.flush()
    _correct_fileloc(prepared, session=session)
    apply_pause(dag_id, session=session)


def deactivate(*, workflow_id: str, session: Session) -> None:
    """
    Keep Airflow from starting new runs of a workflow; runs in progress go on.

    Airflow's scheduler does not touch runs of a stale Dag any more, so while there are unfinished runs the
    Dag is only barred from new ones; flowforge_provider.publishing.dag_processor.retire finishes that later.
    """
    lock_dag(workflow_id, session=session)
    unfinished = session.scalar(select(has_unfinished_runs(workflow_id)))
    # An import error is what keeps the scheduler and Airflow's own API from creating runs of a Dag
    # while they still finish those that exist.
    values: dict[str, Any] = {"next_dagrun": None, "next_dagrun_create_after": None}
    values.update({"has_import_errors": True} if unfinished else {"is_stale": True})
    session.execute(
        update(DagModel)
        .where(DagModel.dag_id == workflow_id, DagModel.bundle_name == BUNDLE_NAME)
        .values(values)
        .execution_options(synchronize_session=False)
    )


def is_registered(*, workflow_id: str, seq: int, session: Session) -> bool:
    """Return whether Airflow runs a workflow as of a publication or a later one, and can start it."""
    dag = session.execute(
        select(DagModel.is_stale, DagModel.has_import_errors, DagModel.bundle_name).where(
            DagModel.dag_id == workflow_id
        )
    ).one_or_none()
    if dag is None or dag.is_stale or dag.bundle_name != BUNDLE_NAME:
        return False
    if dag.has_import_errors and not is_letting(workflow_id, session):
        return False
    version = session.scalar(
        select(DagVersion.bundle_version)
        .where(DagVersion.dag_id == workflow_id)
        .order_by(DagVersion.version_number.desc())
        .limit(1)
    )
    return version is not None and version.isdecimal() and int(version) >= seq


def note_bundle_version(*, seq: int, session: Session) -> None:
    """
    Tell dag-processors that the bundle has a new version, so that they read it at their next check.

    The row is made when no dag-processor has started yet, because Dags refer to it.
    """
    bundle = session.get(DagBundleModel, BUNDLE_NAME)
    if bundle is None:
        session.add(DagBundleModel(name=BUNDLE_NAME, version=str(seq)))
        session.flush()
        return
    session.execute(
        update(DagBundleModel)
        .where(DagBundleModel.name == BUNDLE_NAME)
        .values(version=str(seq))
        .execution_options(synchronize_session=False)
    )


def sync_permissions(prepared: PreparedDag) -> None:
    """
    Create the Dag's own permissions where roles can be given rights to single Dags (FabAuthManager).

    Outside of the publishing transaction, because FAB commits on its own. The dag-processor does the same
    after its next parse, so a failure here only delays it.
    """
    from airflow.configuration import conf
    from airflow.utils.session import create_session

    if "FabAuthManager" not in conf.get("core", "auth_manager"):
        return
    try:
        from airflow.dag_processing.collection import _sync_dag_perms

        with create_session(scoped=False) as session:
            _sync_dag_perms(prepared.serialized, session=session)
    except Exception:
        log.exception("Permissions of the Dag %s could not be created", prepared.workflow_id)


class _ReadFrom(LazyDeserializedDAG):
    """A serialized Dag whose code is read from another file than the one it names."""

    path: str

    @property
    def fileloc(self) -> str:
        return self.path


def lock_dag(dag_id: str, *, session: Session) -> None:
    """Lock a Dag's row, as the dag-processor does before it writes what it has parsed."""
    session.execute(select(DagModel.dag_id).where(DagModel.dag_id == dag_id).with_for_update())


def _source_differs(prepared: PreparedDag, version: DagVersion, *, session: Session) -> bool:
    known_hash = session.scalar(select(DagCode.source_code_hash).where(DagCode.dag_version_id == version.id))
    return bool(known_hash != DagCode.dag_source_hash(prepared.source))


def _correct_fileloc(prepared: PreparedDag, *, session: Session) -> None:
    newest = (
        select(DagVersion.id)
        .where(DagVersion.dag_id == prepared.workflow_id)
        .order_by(DagVersion.version_number.desc())
        .limit(1)
        .scalar_subquery()
    )
    session.execute(
        update(DagCode)
        .where(DagCode.dag_version_id == newest)
        .values(fileloc=str(tracking_folder() / relative_path(prepared.workflow_id)))
        .execution_options(synchronize_session=False)
    )


def has_unfinished_runs(workflow_id: str | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Return the condition that a Dag, or the Dag of a row, has queued or running runs."""
    return exists().where(DagRun.dag_id == workflow_id, DagRun.state.in_(_UNFINISHED))
