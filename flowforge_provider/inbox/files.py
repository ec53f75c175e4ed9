"""
Files that come in with a delivery: stored beside it, in the same transaction, and named in its body.

Each file gets its id before it is stored, so that the body can refer to it. The id is random, since whoever
knows it can have the file read by a step.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from flowforge_provider import settings
from flowforge_provider.files import DEFAULT_CONTENT_TYPE, File, FileReference
from flowforge_provider.inbox.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

__all__ = ["KeptFile", "keep_file", "keep_files", "rows_of_files"]

_LONGEST_NAME = 250
# What may stand in a header.
_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(\s*;[\x20-\x7e]*)?", re.ASCII)
# Control characters, and what Unicode has to turn the direction of writing around: gpj.exe.
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class KeptFile(NamedTuple):
    """
    A file that is to be stored with a delivery.

    :param id: 32 hexadecimal digits
    """

    id: str
    file: File

    def reference(self) -> FileReference:
        """Return what stands for the file in ``trigger.body``."""
        return {
            "filename": self.file.filename,
            "content_type": self.file.content_type,
            "size": len(self.file.content),
            "file_id": self.id,
        }


def keep_file(file: File) -> KeptFile:
    """
    Return a file with its id, and with a name and a media type that do no harm.

    :raises RefusedError: 413 it is larger than ``[flowforge] max_file_bytes``
    """
    limit = settings.max_file_bytes()
    name = _UNWANTED.sub("", file.filename).replace("\\", "/").rpartition("/")[2].strip()
    name = name[-_LONGEST_NAME:] or "file"
    if len(file.content) > limit:
        raise RefusedError(
            413,
            "file-too-large",
            f'The file "{name}" has {len(file.content)} bytes; at most {limit} are allowed. Send a smaller '
            "one, or raise [flowforge] max_file_bytes.",
        )
    content_type = file.content_type.strip()
    if len(content_type) > _LONGEST_NAME or not _CONTENT_TYPE.fullmatch(content_type):
        content_type = DEFAULT_CONTENT_TYPE
    return KeptFile(secrets.token_hex(16), File(name, content_type, file.content))


def keep_files(files: Iterable[File]) -> list[KeptFile]:
    """
    Return files with their ids, in the same order.

    :raises RefusedError: 413 one is too large, or there are more than ``[flowforge] max_delivery_files``
    """
    kept: list[KeptFile] = []
    limit = settings.max_delivery_files()
    for file in files:
        if len(kept) >= limit:
            raise RefusedError(
                413,
                "too-many-files",
                f"More than {limit} files came in at once. Send fewer, or raise [flowforge] "
                "max_delivery_files.",
            )
        kept.append(keep_file(file))
    return kept


def rows_of_files(
    files: Iterable[KeptFile], *, workflow_id: str, delivery_id: str, received_at: datetime
) -> list[dict[str, Any]]:
    """Return the rows of ``flowforge_file``."""
    return [
        {
            "id": kept.id,
            "workflow_id": workflow_id,
            "delivery_id": delivery_id,
            "filename": kept.file.filename,
            "content_type": kept.file.content_type,
            "size": len(kept.file.content),
            "content": kept.file.content,
            "created_at": received_at,
        }
        for kept in files
    ]
