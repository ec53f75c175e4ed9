"""A delivery as a curl command, without its secrets."""

from __future__ import annotations

import base64
import json
import shlex
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlencode

from flowforge_provider.exceptions import ConflictError
from flowforge_provider.inbox.bodies import reads_as_text
from flowforge_provider.runs.masking import HIDDEN, mask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowforge_provider.store.tables import DeliveryRow, FileRow

__all__ = ["MAX_BODY_CHARS", "Note", "curl_command"]

Note = Literal["secrets", "masked-body", "signature", "files", "parsed-body", "truncated-body"]

#: A longer command fits into no shell (128 KiB a word on Linux).
MAX_BODY_CHARS = 120_000
# What is longer, or no text, comes in by a pipe, up to what can be handled as a text at all.
_MAX_PIPED_BYTES = 2 * 1024 * 1024

# What curl and the servers on the way write themselves.
_LEFT_OUT = frozenset(
    {
        "accept-encoding", "connection", "content-encoding", "content-length", "expect", "forwarded", "host",
        "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "via", "x-real-ip",
    }
)  # fmt: skip
_LEFT_OUT_PREFIXES = ("x-forwarded-", "sec-fetch-", "cf-")


def curl_command(row: DeliveryRow, *, base_url: str, files: Sequence[FileRow] = ()) -> tuple[str, list[Note]]:
    """
    Return a command for a POSIX shell that sends the delivery once more, and what to mend in it before.

    :param base_url: address below which webhooks are received
    :raises ConflictError: it did not come in by HTTP; code ``delivery-not-http``
    """
    if row.kind != "webhook":
        raise ConflictError(
            f'Delivery "{row.id}" did not come in by a call that curl could repeat. Redeliver it instead.',
            code="delivery-not-http",
        )
    notes: list[Note] = []
    kind = str(row.headers.get("content-type", "")).partition(";")[0].strip().lower()
    parts = [_call(row, base_url=base_url)]
    if row.method != "POST" or row.body is None:
        parts.append(f"--request {row.method}")
    original = _original(row, kind=kind, files=files)
    rebuilt = kind == "multipart/form-data" and original is None
    for name, value in _headers(row.headers, notes, multipart=rebuilt):
        # A header without a value is written with a semicolon; with a colon, curl would leave it out.
        parts.append(f"--header {shlex.quote(f'{name}: {value}' if value else f'{name};')}")
    if row.body is not None and not kind:
        # curl would name a type of its own.
        parts.append("--header 'content-type:'")
    if original is None:
        parts.extend(_body(row, kind=kind, files=files, notes=notes))
        command = " \\\n  ".join(parts)
    elif (text := _as_word(original)) is not None:
        command = " \\\n  ".join([*parts, f"--data-raw {shlex.quote(text)}"])
    else:
        piped = " \\\n  ".join([*parts, "--data-binary @-"])
        lines = base64.encodebytes(original).decode("ascii")
        command = f"base64 --decode <<'BODY' | {piped}\n{lines}BODY"
    return command, list(dict.fromkeys(notes))


def _original(row: DeliveryRow, *, kind: str, files: Sequence[FileRow]) -> bytes | None:
    """Return the body byte by byte; None where it is not kept so, or holds what is to be hidden."""
    if row.body is None or mask(row.body) != row.body:
        return None
    original = row.raw
    if original is None and len(files) == 1 and kind != "multipart/form-data":
        original = files[0].content if files[0].size <= _MAX_PIPED_BYTES else None
    return original if original is not None and len(original) <= _MAX_PIPED_BYTES else None


def _as_word(original: bytes) -> str | None:
    """Return bytes as what can be pasted into a shell; None where that would change them."""
    try:
        text = original.decode()
    except UnicodeDecodeError:
        return None
    fits = len(text) <= MAX_BODY_CHARS and all(char.isprintable() or char == "\n" for char in text)
    return text if fits else None


def _call(row: DeliveryRow, *, base_url: str) -> str:
    path = "/".join(quote(part) for part in (row.workflow_id, *row.path.split("/")) if part)
    url = f"{base_url}/{path}"
    if row.query:
        url = f"{url}?{urlencode(mask(row.query), doseq=True)}"
    return f"curl {shlex.quote(url)}"


def _headers(headers: Mapping[str, Any], notes: list[Note], *, multipart: bool) -> Iterator[tuple[str, str]]:
    for name, given in mask(dict(headers)).items():
        value = str(given)
        if name in _LEFT_OUT or name.startswith(_LEFT_OUT_PREFIXES):
            continue
        if name == "content-type" and multipart:
            # curl chooses its own boundary.
            continue
        if name == "user-agent":
            continue
        if value == HIDDEN:
            notes.append("secrets")
            value = f"<{name}>"
        elif "signature" in name:
            notes.append("signature")
        yield name, value


def _body(row: DeliveryRow, *, kind: str, files: Sequence[FileRow], notes: list[Note]) -> Iterator[str]:
    if row.body is None:
        return
    body = mask(row.body)
    if body != row.body:
        notes.append("masked-body")
    if kind == "multipart/form-data":
        yield from _multipart(body, files=files, notes=notes)
        return
    if files:
        notes.append("files")
        yield f"--data-binary {shlex.quote('@' + files[0].filename)}"
        return
    if kind == "application/x-www-form-urlencoded" and isinstance(body, dict):
        for name, value in _fields(body):
            yield f"--data-urlencode {shlex.quote(f'{quote(name)}={value}')}"
        return
    is_text = isinstance(body, str) and reads_as_text(kind)
    text = body if is_text else json.dumps(body, ensure_ascii=False)
    if not is_text and kind and "json" not in kind:
        notes.append("parsed-body")
    if len(text) > MAX_BODY_CHARS:
        notes.append("truncated-body")
        text = text[:MAX_BODY_CHARS]
    yield f"--data-raw {shlex.quote(text)}"


def _multipart(body: Any, *, files: Sequence[FileRow], notes: list[Note]) -> Iterator[str]:
    names = {file.id: file for file in files}
    for name, value in _fields(body if isinstance(body, dict) else {"body": body}):
        file = names.get(str(value.get("file_id"))) if isinstance(value, dict) else None
        if file is None:
            yield f"--form-string {shlex.quote(f'{name}={_as_text(value)}')}"
            continue
        notes.append("files")
        yield f"--form {shlex.quote(_form_file(name, file))}"


def _form_file(name: str, file: FileRow) -> str:
    # In quotation marks, a name may hold commas and semicolons.
    path = file.filename.replace("\\", "\\\\").replace('"', '\\"')
    # Its parameters would be curl's own, such as a file on this disk to read headers from.
    return f'{name}=@"{path}";type={file.content_type.partition(";")[0].strip()}'


def _fields(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in body.items():
        for item in value if isinstance(value, list) else [value]:
            yield name, item


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
