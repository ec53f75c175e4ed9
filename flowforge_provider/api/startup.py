"""What an api-server process does once when FlowForge starts in it."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from airflow.utils.session import create_session
from anyio import to_thread

from flowforge_provider.api.permissions import sync_permissions

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan() -> AsyncGenerator[None, None]:
    """Make missing permission rows, off the event loop; a failure is logged and harms nothing else."""
    await to_thread.run_sync(_sync_permissions)
    yield


def _sync_permissions() -> None:
    try:
        with create_session(scoped=False) as session:
            report = sync_permissions(session=session)
    except Exception:
        log.exception("Permissions were not synchronised; run `airflow flowforge sync-permissions`")
        return
    if report.created:
        log.info("Created permissions %s and granted %s", report.created, report.granted)
