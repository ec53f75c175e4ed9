"""Files that operations make and read; their shape is told in ``flowforge_provider/files.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import StepError
from flowforge_provider.files import File, file_from_json, file_to_json, is_file
from flowforge_provider.transforms.errors import OperationError, ValueMismatchError

if TYPE_CHECKING:
    from flowforge_provider.transforms.work import Operation, Work

_KINDS = {
    "format_csv": ("export.csv", "text/csv"),
    "format_json": ("export.json", "application/json"),
    "format_xml": ("export.xml", "application/xml"),
    "text": ("text.txt", "text/plain"),
    "base64": ("file", "application/octet-stream"),
}


def text_file(operation: Operation, work: Work, text: str, *, item: Any, index: int, value: Any) -> Any:
    """Return a text as a file in the operation's encoding (UTF-8 where it has none)."""
    encoding = operation.get("encoding", "utf-8")
    try:
        content = text.encode(encoding)
    except UnicodeEncodeError as error:
        raise OperationError(
            f"{encoding} has no sign for {error.object[error.start]!r}. Choose UTF-8.", field="encoding"
        ) from None
    # The mark is part of the bytes, and the name of the character set is plain UTF-8 all the same.
    charset = "utf-8" if encoding == "utf-8-sig" else encoding
    return binary_file(operation, work, content, charset=charset, item=item, index=index, value=value)


def binary_file(
    operation: Operation,
    work: Work,
    content: bytes,
    *,
    item: Any,
    index: int,
    value: Any,
    charset: str | None = None,
) -> Any:
    """Return bytes as a file with the operation's name."""
    import mimetypes

    default_name, default_type = _KINDS[operation["operation"]]
    name = work.evaluate(operation, "filename", item=item, index=index, value=value)
    if type(name) is not str:
        raise OperationError("The name of a file is a text.", field="filename")
    name = name.replace("\\", "/").rpartition("/")[2].strip() or default_name
    guessed = mimetypes.guess_type(name)[0] if operation["operation"] in {"base64", "text"} else None
    content_type = guessed or default_type
    if charset and content_type.startswith("text/"):
        content_type = f"{content_type}; charset={charset}"
    return file_to_json(File(name, content_type, content))


def read_bytes(value: Any) -> bytes | None:
    """Return the content of a file; None when the value is no file."""
    if not is_file(value):
        return None
    try:
        return file_from_json(value, where="The field").content
    except StepError as error:
        raise ValueMismatchError(error.message) from None


def read_text(value: Any, *, encoding: str = "utf-8", what: str) -> str:
    """Return a text, or the text in a file."""
    if type(value) is str:
        return value
    content = read_bytes(value)
    if content is None:
        from flowforge_provider.transforms.paths import kind_of

        raise ValueMismatchError(f"{what} is read from a text or a file, not from {kind_of(value)}.")
    try:
        # A mark at the start is no part of the text, whoever wrote it.
        return content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        raise ValueMismatchError(
            f"The file is not {encoding}: {error.reason} at byte {error.start}."
        ) from None
