"""
Files in the data between steps: JSON objects that a step makes and another one takes.

A file that a step has made is ``{"filename", "content_type", "size", "base64"}``: it passes through
expressions, outputs and the editor like any other JSON, and its size counts toward ``[flowforge]
max_output_bytes``. A file that came in with a delivery has ``"file_id"`` in place of ``"base64"``: it stands
for what the front door has stored. Whatever takes a file takes both.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from flowforge_provider.exceptions import StepError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_CONTENT_TYPE = "application/octet-stream"
_FILE_ID = re.compile(r"[0-9a-f]{32}")
_contents: Mapping[str, str] | None = None

#: JSON Schema of a file, for the output schemas of node types.
FILE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["filename", "content_type", "size", "base64"],
    "properties": {
        "filename": {"type": "string", "description": "Name of the file, without a folder."},
        "content_type": {"type": "string", "description": "Media type, for example text/csv."},
        "size": {"type": "integer", "description": "Bytes."},
        "base64": {"type": "string", "description": "The content in Base64."},
    },
}


class FileData(TypedDict):
    """A file as JSON."""

    filename: str
    content_type: str
    size: int
    base64: str


class FileReference(TypedDict):
    """A file that came in, as JSON: its content is in the store of the front door."""

    filename: str
    content_type: str
    size: int
    file_id: str


class File(NamedTuple):
    """
    A file in memory.

    :param filename: name without a folder
    :param content_type: media type, for example ``text/csv; charset=utf-8``
    """

    filename: str
    content_type: str
    content: bytes


def file_to_json(file: File) -> FileData:
    """Return a file as the JSON that steps hand on."""
    return {
        "filename": file.filename,
        "content_type": file.content_type,
        "size": len(file.content),
        "base64": base64.b64encode(file.content).decode("ascii"),
    }


def is_reference(value: Any) -> bool:
    """Tell whether a JSON value stands for a file that came in."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("file_id"), str)
        and _FILE_ID.fullmatch(value["file_id"]) is not None
        # Other services have file ids, too.
        and isinstance(value.get("filename"), str)
    )


def is_file(value: Any) -> bool:
    """Tell whether a JSON value is a file, or stands for one."""
    return isinstance(value, dict) and (isinstance(value.get("base64"), str) or is_reference(value))


def file_from_json(value: Any, *, where: str) -> File:
    """
    Return the file that a JSON value is, or stands for. The latter asks the api-server for it.

    :param value: ``{"base64"}`` at least; a name and a media type are filled in where they are missing
    :param where: place of the value, for the error: ``attachments.0``
    :raises StepError: it is no file, its Base64 is damaged, or it cannot be had
    """
    if not is_file(value):
        raise StepError(
            f"{where} is not a file. Take one from a step that makes files, for example "
            '{{ steps.download.body }}, or an object {"filename": ..., "content_type": ..., "base64": ...}.',
            code="not-a-file",
            retryable=False,
        )
    content = _decode(value, where=where) if isinstance(value.get("base64"), str) else _fetch(value)
    name = str(value.get("filename") or "file").replace("\\", "/").rpartition("/")[2] or "file"
    return File(name, str(value.get("content_type") or DEFAULT_CONTENT_TYPE), content)


def use_contents(contents: Mapping[str, str]) -> None:
    """
    Take files that came in from here from now on, in a process that cannot ask the api-server.

    :param contents: file id -> Base64
    """
    global _contents  # noqa: PLW0603 - the process has no other source
    _contents = contents


def _decode(value: Any, *, where: str) -> bytes:
    try:
        return base64.b64decode(value["base64"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise StepError(
            f"The Base64 of the file in {where} is damaged: {error}. Hand the file on unchanged.",
            code="not-a-file",
            retryable=False,
        ) from error


def _fetch(value: Any) -> bytes:
    if _contents is not None and value["file_id"] in _contents:
        return base64.b64decode(_contents[value["file_id"]])
    from flowforge_provider.stored_files import fetch_content

    return fetch_content(value["file_id"], filename=value["filename"])
