"""
Files in the data between steps: JSON objects that a step makes and another one takes.

The shape is ``{"filename", "content_type", "size", "base64"}``: it passes through expressions, outputs and
the editor like any other JSON, and its size counts toward ``[flowforge] max_output_bytes``.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, NamedTuple, TypedDict

from flowforge_provider.exceptions import StepError

DEFAULT_CONTENT_TYPE = "application/octet-stream"

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


def is_file(value: Any) -> bool:
    """Tell whether a JSON value is a file."""
    return isinstance(value, dict) and isinstance(value.get("base64"), str)


def file_from_json(value: Any, *, where: str) -> File:
    """
    Return the file that a JSON value is.

    :param value: ``{"base64"}`` at least; a name and a media type are filled in where they are missing
    :param where: place of the value, for the error: ``attachments.0``
    :raises StepError: it is no file, or its Base64 is damaged
    """
    if not is_file(value):
        raise StepError(
            f"{where} is not a file. Take one from a step that makes files, for example "
            '{{ steps.download.body }}, or an object {"filename": ..., "content_type": ..., "base64": ...}.',
            code="not-a-file",
            retryable=False,
        )
    try:
        content = base64.b64decode(value["base64"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise StepError(
            f"The Base64 of the file in {where} is damaged: {error}. Hand the file on unchanged.",
            code="not-a-file",
            retryable=False,
        ) from error
    name = str(value.get("filename") or "file").replace("\\", "/").rpartition("/")[2] or "file"
    return File(name, str(value.get("content_type") or DEFAULT_CONTENT_TYPE), content)
