"""Tell Airflow about a publication, or say why that has to wait for its dag-processor."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from flowforge_provider import settings
from flowforge_provider.store import publications
from flowforge_provider.store.transactions import is_transient

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from flowforge_provider.publishing.registration import PreparedDag
    from flowforge_provider.store.tables import PublicationRow

__all__ = ["TellAirflow"]

log = logging.getLogger(__name__)

_TRIES = 5


class TellAirflow:
    """Register a Dag in the caller's transaction; a passing failure fails it, so that it is tried again."""

    def __init__(self) -> None:
        self._failures = 0

    def __call__(self, prepared: PreparedDag, live: PublicationRow, session: Session) -> str:
        """
        Return why Airflow could not be told; nothing when it was.

        :param live: the publication, already in the session
        """
        from flowforge_provider.publishing.registration import note_bundle_version, register

        if not settings.is_bundle_configured():
            return (
                "Airflow's configuration lacks FlowForge's bundle. Put this line under [dag_processor], on "
                f"every component: {settings.bundle_config_line()}"
            )
        note_bundle_version(seq=publications.latest_seq(session), session=session)
        try:
            with session.begin_nested():
                register(prepared=prepared, seq=live.seq, session=session)
        except Exception as error:
            self._failures += 1
            if is_transient(error) and self._failures <= _TRIES:
                raise
            log.exception("Dag %s could not be registered; the dag-processor will read it", live.workflow_id)
            return f"Airflow could not be told directly ({error}). Its dag-processor will read the file."
        return ""
