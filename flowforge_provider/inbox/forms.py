"""Bodies of forms: names and values, and files where there are any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from flowforge_provider import settings
from flowforge_provider.files import DEFAULT_CONTENT_TYPE, File
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.files import KeptFile, keep_file
from flowforge_provider.inbox.media_types import charset_of, read_media_type

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

__all__ = ["read_form", "read_multipart"]

MAX_FIELDS = 1000
_MAX_HEADERS = 10
_MAX_HEADER_BYTES = 4096
_EXTENDED_NAME = re.compile(r";\s*filename\*\s*=\s*\"?([\w-]*)'[^']*'([^;\"]*)", re.IGNORECASE)


def read_form(content: bytes, *, charset: str) -> dict[str, Any]:
    """
    Return the fields of an urlencoded form: name -> value, or -> list of values where the name is repeated.

    :param charset: codec of the names and values
    :raises RefusedError: 422 it is no such form, or has too many fields
    """
    try:
        pairs = parse_qsl(
            content.decode("ascii"),
            keep_blank_values=True,
            encoding=charset,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except UnicodeDecodeError as error:
        raise _invalid(f"It is not {charset} at byte {error.start}") from None
    except ValueError:
        raise _too_many() from None
    form: dict[str, Any] = {}
    for name, value in pairs:
        _add(form, name, value)
    return form


def read_multipart(content: bytes, *, boundary: str) -> tuple[dict[str, Any], list[KeptFile]]:
    """
    Return the fields of a multipart form, and the files that they refer to.

    :return: name -> text, -> reference to a file, or -> list of them where the name is repeated
    :raises RefusedError: 413 a file is too large, or there are too many; 422 it is no such form
    """
    reader = _Reader()
    if not boundary:
        raise _invalid("Its boundary is missing from the header Content-Type")
    try:
        parser = MultipartParser(
            boundary,
            reader.callbacks(),
            max_header_count=_MAX_HEADERS,
            max_header_size=_MAX_HEADER_BYTES,
        )
        parser.write(content)
        parser.finalize()
    except (FormParserError, UnicodeEncodeError) as error:
        raise _invalid(str(error).rstrip(".")) from None
    if not reader.ended:
        raise _invalid("Its end is missing")
    return reader.form, reader.files


class _Reader:
    """Collects the parts of a form."""

    def __init__(self) -> None:
        self.form: dict[str, Any] = {}
        self.files: list[KeptFile] = []
        self.ended = False
        self._parts = 0
        self._max_files = settings.max_delivery_files()
        self._headers: dict[bytes, bytes] = {}
        self._name, self._value, self._content = bytearray(), bytearray(), bytearray()

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._end_header,
            "on_part_data": lambda data, start, end: self._content.extend(data[start:end]),
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_FIELDS:
            raise _too_many()
        self._headers = {}
        self._content = bytearray()

    def _end_header(self) -> None:
        self._headers[bytes(self._name).lower()] = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def _end(self) -> None:
        self.ended = True

    def _end_part(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"")
        kind, options = parse_options_header(disposition)
        if kind != b"form-data" or b"name" not in options:
            raise _invalid(f"Part {self._parts} has no name")
        name = _text(options[b"name"], codec="utf-8", what=f"The name of part {self._parts}")
        given_type = self._headers.get(b"content-type", b"").decode("latin-1")
        filename = _filename(disposition.decode("latin-1"), options)
        media_type = read_media_type(given_type)
        if filename is None and (
            not media_type.kind or media_type.kind.startswith(("text/", "application/json"))
        ):
            codec = charset_of(media_type).removesuffix("-sig")
            _add(self.form, name, _text(bytes(self._content), codec=codec, what=f'The field "{name[:100]}"'))
        elif not filename and not self._content:
            # A field for a file that was left empty.
            _add(self.form, name, None)
        else:
            if len(self.files) >= self._max_files:
                raise RefusedError(
                    413,
                    "too-many-files",
                    f"The form has more than {self._max_files} files. Send fewer, or raise [flowforge] "
                    "max_delivery_files.",
                )
            kept = keep_file(File(filename or name, given_type or DEFAULT_CONTENT_TYPE, bytes(self._content)))
            self.files.append(kept)
            _add(self.form, name, kept.reference())


def _filename(disposition: str, options: dict[bytes, bytes]) -> str | None:
    """Return the name of a part's file; None when it is no file."""
    if b"filename" in options:
        # Browsers write a quotation mark as %22.
        return options[b"filename"].decode("utf-8", "replace").replace("%22", '"')
    extended = _EXTENDED_NAME.search(disposition)
    return unquote(extended[2]) if extended else None


def _text(content: bytes, *, codec: str, what: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        raise _invalid(f"{what} is not {codec} at byte {error.start}") from None


def _add(form: dict[str, Any], name: str, value: Any) -> None:
    if name not in form:
        form[name] = value
    elif isinstance(form[name], list):
        form[name].append(value)
    else:
        form[name] = [form[name], value]


def _invalid(reason: str) -> RefusedError:
    return RefusedError(422, "invalid-body", f"The body is not a form as its type says. {reason}.")


def _too_many() -> RefusedError:
    return RefusedError(
        422, "invalid-body", f"The form has more than {MAX_FIELDS} fields. Send fewer, or send JSON."
    )
