"""Files that came in with deliveries; the inbox writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.store.tables import FileRow

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

__all__ = ["delete_files", "find_content", "get_file"]


def get_file(file_id: str, session: Session) -> FileRow:
    """
    Return one file; its content is read when it is looked at.

    :raises NotFoundError: there is none with this id; code ``file-not-found``
    """
    row = session.get(FileRow, file_id)
    if row is None:
        raise NotFoundError(
            f'There is no file with the id "{file_id[:100]}". Files are kept as long as their delivery.',
            code="file-not-found",
        )
    return row


def find_content(file_id: str, session: Session) -> bytes | None:
    """Return what a file holds; None when there is no such file."""
    content: bytes | None = session.scalar(select(FileRow.content).where(FileRow.id == file_id))
    return content


def delete_files(delivery_ids: Collection[str], session: Session) -> None:
    """
    Delete the files of deliveries, with which they go.

    :param delivery_ids: size up to 1000
    """
    session.execute(
        delete(FileRow)
        .where(FileRow.delivery_id.in_(delivery_ids))
        .execution_options(synchronize_session=False)
    )
