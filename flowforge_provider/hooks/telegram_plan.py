"""What a Telegram step sends to each chat: a list of calls of the Bot API, made before the first one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import StepError
from flowforge_provider.files import file_from_json
from flowforge_provider.hooks.markup import whole_text
from flowforge_provider.hooks.telegram_text import MAX_CAPTION, shown_length, split_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowforge_provider.files import File
    from flowforge_provider.nodes.builtin.telegram import TelegramMedia, TelegramParameters

# https://core.telegram.org/bots/api#sendmediagroup: photos and videos mix, documents and audio do not.
_ALBUMS = {"photo": "visual", "video": "visual", "document": "document", "audio": "audio"}
MAX_ALBUM = 10


@dataclass(frozen=True)
class Medium:
    """
    One medium.

    :param kind: photo, document, video, audio or animation
    :param content: a file in memory, or an address or file id as Telegram takes it
    """

    kind: str
    content: File | str


@dataclass(frozen=True)
class Part:
    """
    One call of the Bot API: a text, a medium, or an album.

    :param text: text, or caption; may be empty with media
    :param media: none for a text, one, or up to ten for an album
    :param buttons: rows of (text, url)
    """

    text: str = ""
    media: tuple[Medium, ...] = ()
    buttons: tuple[tuple[tuple[str, str], ...], ...] = ()


def plan_parts(parameters: TelegramParameters) -> list[Part]:
    """
    Return the calls for one chat, in order.

    The text is the caption of the first medium when it is short enough, else it follows the media. Buttons
    belong to the last call; an album can have none, so the text comes after it then.

    :param parameters: without expressions
    :raises StepError: nothing to send, or a medium that is no file
    """
    text = whole_text(parameters.text)
    parts = [Part(media=media) for media in _albums(_media(parameters.media))]
    rows = _rows(parameters)
    if text.strip():
        fits = shown_length(text.strip(), parameters.format) <= MAX_CAPTION
        ends_with_album = bool(parts) and len(parts[-1].media) > 1
        if parts and fits and not (rows and ends_with_album):
            parts[0] = replace(parts[0], text=text)
        else:
            parts.extend(Part(text=piece) for piece in split_text(text, parameters.format) if piece.strip())
    if not parts:
        raise StepError(
            "The message is empty. Write text or add media, or check what the expressions yield.",
            code="empty-message",
            retryable=False,
        )
    if rows:
        if len(parts[-1].media) > 1:
            raise StepError(
                "An album can have no buttons. Write a text that follows it, or send one medium.",
                code="telegram-buttons",
                retryable=False,
            )
        parts[-1] = replace(parts[-1], buttons=rows)
    return parts


def _media(given: Iterable[TelegramMedia]) -> Iterator[Medium]:
    for index, item in enumerate(given):
        where = f"media.{index}"
        if item.source == "step":
            values = item.file if isinstance(item.file, list) else [item.file]
            for value in values:
                file = file_from_json(value, where=where)
                if item.filename and len(values) == 1:
                    file = file._replace(filename=item.filename)
                yield Medium(item.kind, file)
        else:
            content = item.url if item.source == "url" else item.file_id
            if not content or (item.source == "url" and not content.startswith(("http://", "https://"))):
                raise StepError(
                    f"{where} names no medium: {content!r}. Give an address that starts with https://, or a "
                    "file id.",
                    code="missing-file",
                    retryable=False,
                )
            _refuse_local_file(content, where=where)
            yield Medium(item.kind, content)


def _refuse_local_file(content: str, *, where: str) -> None:
    # python-telegram-bot sends the file of that name when the worker has one.
    try:
        is_local = Path(content).is_file()
    except (OSError, ValueError):
        return
    if is_local:
        raise StepError(
            f"{where} names a file of the worker, which must not be sent: {content!r}. Give an address that "
            "starts with https://, or a file id.",
            code="missing-file",
            retryable=False,
        )


def _albums(media: Iterable[Medium]) -> list[tuple[Medium, ...]]:
    """Return neighbours that Telegram shows as one album together, up to ten each."""
    albums: list[tuple[Medium, ...]] = []
    for medium in media:
        last = albums[-1] if albums else ()
        album = _ALBUMS.get(medium.kind)
        if album and last and len(last) < MAX_ALBUM and _ALBUMS.get(last[-1].kind) == album:
            albums[-1] = (*last, medium)
        else:
            albums.append((medium,))
    return albums


def _rows(parameters: TelegramParameters) -> tuple[tuple[tuple[str, str], ...], ...]:
    rows: list[Any] = []
    for button in parameters.buttons:
        if button.new_row or not rows:
            rows.append([])
        rows[-1].append((button.text, button.url))
    return tuple(tuple(row) for row in rows)
