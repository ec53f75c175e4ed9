"""The Dag bundle through which Airflow gets the compiled workflows."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from airflow.dag_processing.bundles.base import BaseDagBundle, BundleVersion
from airflow.exceptions import AirflowConfigException

from flowforge_provider.bundles.paths import pinned_folder, tracking_folder
from flowforge_provider.settings import BUNDLE_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from flowforge_provider.bundles.tracking import TrackingFiles

__all__ = ["FlowForgeDagBundle"]

log = logging.getLogger(__name__)

# A refresh without news is one small query. For Airflow's own default, 300 s, a publication could be missed
# that was committed while the dag-processor was at its refresh.
_REFRESH_INTERVAL_S = 10


class FlowForgeDagBundle(BaseDagBundle):
    """
    Deliver one Dag file a workflow.

    Without a version (dag-processor, command line) it holds the live file of every published workflow, read
    from the database. With a version (tasks) it holds the one workflow that is being run as it was then,
    fetched from the api-server, so that its cost does not grow with the number of workflows.

    A task of a run without a version gets the live file of its workflow, from the api-server too. Airflow
    makes such runs of Dags that ``airflow dags test`` has written, until the dag-processor reads them again.

    :param refresh_interval: seconds between looks for new publications, at most as often as [dag_processor]
        bundle_refresh_check_interval
    """

    supports_versioning = True

    def __init__(self, *, refresh_interval: int = _REFRESH_INTERVAL_S, **kwargs: Any) -> None:
        super().__init__(refresh_interval=refresh_interval, **kwargs)
        if self.name != BUNDLE_NAME:
            raise AirflowConfigException(
                f'FlowForge\'s bundle is named "{self.name}" in [dag_processor] dag_bundle_config_list. '
                f'Name it "{BUNDLE_NAME}".'
            )
        self._path: Path | None = None
        self._files: TrackingFiles | None = None
        self._is_dag_processor = False

    @property
    def path(self) -> Path:
        """Return the folder with the files."""
        if self._path is None:
            if self.version is None:
                self._path = tracking_folder()
            else:
                from flowforge_provider.bundles.tokens import signing_key

                self._path = pinned_folder(version=self.version, key=signing_key())
        return self._path

    def initialize(self) -> None:
        """Make the files available under ``path``."""
        from airflow.sdk import get_parsing_context

        context = get_parsing_context()
        if self.version is not None:
            self._fetch(self.version, workflow_id=context.dag_id)
        elif context.dag_id is not None and context.task_id is not None:
            self._fetch_unpinned(context.dag_id)
        else:
            from flowforge_provider.publishing.dag_processor import guard_dag_processor

            self._is_dag_processor = guard_dag_processor()
            self.refresh()
        super().initialize()

    def refresh(self) -> None:
        """Bring the live files up to date; a pinned bundle never changes."""
        if self.version is not None:
            return
        from airflow.utils.session import create_session

        with self.lock(), create_session(scoped=False) as session:
            self.files.refresh(session)
        if self._is_dag_processor:
            self._repair()

    def get_current_version(self) -> BundleVersion:
        """Return the pinned version, else the newest publication that the files are up to date with."""
        if self.version is not None:
            return BundleVersion(self.version)
        if self.files.seq is None:
            self.refresh()
        return BundleVersion(str(self.files.seq))

    @property
    def files(self) -> TrackingFiles:
        """Return the live files of a bundle without a version."""
        if self._files is None:
            from flowforge_provider.bundles.tracking import TrackingFiles

            self._files = TrackingFiles(self.path)
        return self._files

    def _repair(self) -> None:
        from airflow.utils.session import create_session

        from flowforge_provider.publishing.dag_processor import repair, retire

        try:
            with create_session(scoped=False) as session:
                retire(session)
                repair(files=self.files, session=session)
        except Exception:
            # Not worth losing the refresh for; it is tried again at the next one.
            log.exception("Workflows that Airflow knows wrongly could not be looked for")

    def _fetch(self, version: str, *, workflow_id: str | None) -> None:
        from flowforge_provider.bundles.pinned import ensure_all_files, ensure_file

        if workflow_id is None:
            ensure_all_files(folder=self.path, version=version)
        else:
            ensure_file(folder=self.path, workflow_id=workflow_id, version=version)

    def _fetch_unpinned(self, workflow_id: str) -> None:
        from flowforge_provider.bundles.paths import unpinned_folder
        from flowforge_provider.bundles.pinned import fetch_live_file
        from flowforge_provider.bundles.tokens import signing_key

        self._path = unpinned_folder(key=signing_key())
        fetch_live_file(folder=self._path, workflow_id=workflow_id)
