"""
Keep Airflow's dag-processor from taking back what publishing has just told Airflow.

Publishing writes a Dag directly; the dag-processor parses the same file later and writes the same again. In
between it can be about to write what it knows from before:

- it has parsed the previous file, and would write its Dag over the new one,
- it has listed its files before a new one came, and would mark the new Dag stale,
- it has parsed the file of a workflow that is unpublished by now, and would revive its Dag.

Nothing in Airflow's transactions prevents that, so the two methods with which the dag-processor writes are
guarded: for this bundle they write only what is still true, under the lock that publishing takes too. If a
future Airflow lacks them, the guard says so, and :func:`repair` still mends such a Dag within a minute.
"""

from __future__ import annotations

import functools
import logging
import sys
import time
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from airflow.models.dag import DagModel
from sqlalchemy import BigInteger, case, cast, false, func, or_, select, true, update

from flowforge_provider.publishing.registration import has_unfinished_runs, lock_dag
from flowforge_provider.queue.pauses import apply_pause
from flowforge_provider.settings import BUNDLE_NAME, STEP_TEST_DAG_ID
from flowforge_provider.store.tables import WorkflowRow
from flowforge_provider.store.transactions import begin_write

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from flowforge_provider.bundles.tracking import TrackingFiles

__all__ = ["guard_dag_processor", "is_current", "repair", "retire"]

log = logging.getLogger(__name__)

_MANAGER_MODULE = "airflow.dag_processing.manager"
_MARK = "_guarded_by_flowforge"


def guard_dag_processor() -> bool:
    """
    Guard the dag-processor if this process is one.

    :return: whether this process is a dag-processor
    """
    module = sys.modules.get(_MANAGER_MODULE)
    if module is None:
        return False
    manager = module.DagFileProcessorManager
    try:
        for name, wrap in _WRAPPERS.items():
            original = getattr(manager, name)
            if not getattr(original, _MARK, False):
                guarded = functools.wraps(original)(wrap(original))
                setattr(guarded, _MARK, True)
                setattr(manager, name, guarded)
    except AttributeError:
        log.exception(
            "This Airflow's dag-processor cannot be guarded against writing outdated workflows. They are "
            "repaired within a minute."
        )
    return True


def is_current(
    *, workflow_id: str, version: str, parse_started_at: float, files: TrackingFiles, session: Session
) -> bool:
    """
    Return whether the Dag that was parsed from a workflow's file is the live one; keep it so until commit.

    :param version: bundle version that the dag-processor would write
    :param parse_started_at: when its parsing began, in seconds of ``time.monotonic``
    :param files: what the dag-processor has parsed
    """
    begin_write(session)
    lock_dag(workflow_id, session=session)
    live_seq = session.scalar(select(WorkflowRow.published_seq).where(WorkflowRow.id == workflow_id))
    if live_seq is None or files.seq_of(workflow_id) != live_seq or int(version) < live_seq:
        return False
    if parse_started_at < files.written_at(workflow_id):
        # The file was replaced while it was being parsed. Airflow would not look at it again for
        # min_file_process_interval, because the parsing ended after the change.
        files.touch(workflow_id)
        return False
    return True


def retire(session: Session) -> None:
    """Mark Dags stale whose workflow is not published and that have no unfinished runs any more."""
    live = select(WorkflowRow.id).where(WorkflowRow.published_seq.is_not(None))
    session.execute(
        update(DagModel)
        .where(
            DagModel.bundle_name == BUNDLE_NAME,
            DagModel.is_stale.is_(False),
            DagModel.dag_id != STEP_TEST_DAG_ID,
            DagModel.dag_id.not_in(live),
            ~has_unfinished_runs(DagModel.dag_id),
        )
        .values(is_stale=True, has_import_errors=False)
        .execution_options(synchronize_session=False)
    )


def repair(*, files: TrackingFiles, session: Session) -> None:
    """
    Let the dag-processor parse again what Airflow does not know as it is published.

    That is what was published but could not be registered, or what an unguarded dag-processor wrote over.
    """
    outdated = session.scalars(
        select(WorkflowRow.id)
        .join(DagModel, DagModel.dag_id == WorkflowRow.id, isouter=True)
        .where(
            WorkflowRow.published_seq.is_not(None),
            or_(
                DagModel.dag_id.is_(None),
                DagModel.is_stale.is_(True) & DagModel.has_import_errors.is_(False),
                # Versions of other bundles need not be numbers; only CASE keeps databases from reading them.
                # Airflow's own `airflow dags test` and `airflow tasks test` write Dags without a version.
                case(
                    (
                        DagModel.bundle_name == BUNDLE_NAME,
                        func.coalesce(
                            cast(DagModel.bundle_version, BigInteger) < WorkflowRow.published_seq, true()
                        ),
                    ),
                    else_=false(),
                ),
            ),
        )
    ).all()
    for workflow_id in outdated:
        if time.monotonic() - files.written_at(workflow_id) > _REPAIR_INTERVAL_S:
            files.touch(workflow_id)


# Parsing takes a second or two, and Airflow writes a Dag at most every 30 s by default.
_REPAIR_INTERVAL_S = 30.0


def _guard_persist(original: Callable[..., None]) -> Callable[..., None]:
    def persist_parsing_result(self: Any, **arguments: Any) -> None:
        if arguments["bundle_name"] == BUNDLE_NAME:
            relative_fileloc, session = arguments["relative_fileloc"], arguments["session"]
            workflow_id = PurePath(relative_fileloc).stem
            files = _files_of(self)
            started_at = _parse_started_at(self, relative_fileloc)
            if files is not None and not is_current(
                workflow_id=workflow_id,
                version=arguments["bundle_version"],
                parse_started_at=started_at,
                files=files,
                session=session,
            ):
                log.info("The workflow %s has changed since its file was parsed", workflow_id)
                return
        original(self, **arguments)
        if arguments["bundle_name"] == BUNDLE_NAME:
            apply_pause(PurePath(arguments["relative_fileloc"]).stem, session=arguments["session"])

    return persist_parsing_result


def _guard_deactivate(original: Callable[..., None]) -> Callable[..., None]:
    def deactivate_deleted_dags(self: Any, bundle_name: str, present: set[Any]) -> None:
        if bundle_name != BUNDLE_NAME:
            original(self, bundle_name=bundle_name, present=present)
            return
        # The database knows which workflows are published; the list of files may be older.
        from airflow.utils.session import create_session

        with create_session(scoped=False) as session:
            retire(session)

    return deactivate_deleted_dags


_WRAPPERS: dict[str, Callable[[Callable[..., None]], Callable[..., None]]] = {
    "persist_parsing_result": _guard_persist,
    "deactivate_deleted_dags": _guard_deactivate,
}


def _files_of(manager: Any) -> TrackingFiles | None:
    for bundle in manager._dag_bundles:
        if bundle.name == BUNDLE_NAME:
            files: TrackingFiles = bundle.files
            return files
    return None


def _parse_started_at(manager: Any, relative_fileloc: str) -> float:
    for file, process in manager._processors.items():
        if file.bundle_name == BUNDLE_NAME and str(file.rel_path) == relative_fileloc:
            started_at: float = process.start_time
            return started_at
    return 0.0
