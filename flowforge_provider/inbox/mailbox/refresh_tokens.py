"""A refresh token that its service has replaced takes the old one's place in the Airflow connection."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from sqlalchemy import select

if TYPE_CHECKING:
    from flowforge_provider.hooks.imap import ImapSettings
    from flowforge_provider.runs.database import Database

__all__ = ["keep_refresh_token"]

log = logging.getLogger(__name__)


def keep_refresh_token(database: Database, *, settings: ImapSettings, token: str) -> None:
    """
    Write a new refresh token into the connection that holds the old one.

    Nothing happens when somebody has changed the connection meanwhile, or when it lives outside of Airflow's
    database. Never raises: the mailbox can be read all the same.

    :param settings: what the connection said before
    """
    from airflow.models.connection import Connection

    credentials = settings.oauth2
    if credentials is None:
        return
    try:
        with database.session() as session:
            query = select(Connection).where(Connection.conn_id == credentials.connection_id)
            row = session.scalar(query.with_for_update())
            extra = row.extra_dejson if row is not None else {}
            if row is not None and extra.get("refresh_token") == credentials.refresh_token:
                row.set_extra(json.dumps({**extra, "refresh_token": token}))
    except Exception:
        log.warning(
            'The new refresh token of connection "%s" could not be kept; the old one may end before long.',
            credentials.connection_id,
            exc_info=True,
        )
