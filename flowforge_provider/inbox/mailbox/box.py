"""One folder of a mailbox, as far as a trigger needs it."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from flowforge_provider.hooks.http_connection import token_folder
from flowforge_provider.hooks.imap import MailboxError, explain_imap, open_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flowforge_provider.hooks.imap import ImapSettings

__all__ = ["Box", "Summary"]

# Headers of more bytes are cut off before filters look at them.
_MAX_HEADER_BYTES = 131_072
# How long an IDLE wait lasts before stopping is looked at again.
_SLICE_S = 1.0
# Servers end connections that idle for half an hour, routers some that are silent for minutes.
LONGEST_IDLE_S = 240.0
_CHUNK = 50


@dataclass(frozen=True)
class Summary:
    """
    What is known of a message before it is fetched.

    :param size: bytes
    :param arrived_at: when the server got it
    :param header: its header, of bounded size
    """

    uid: int
    size: int
    arrived_at: datetime
    header: bytes


class Box:
    """
    An open folder.

    :param settings: how to reach the mailbox
    :param folder: its name, as people write it
    :param renewed: gets the refresh token that takes the place of the present one
    :raises MailboxError: it cannot be opened
    """

    def __init__(
        self, settings: ImapSettings, *, folder: str, renewed: Callable[[str], None] | None = None
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._client: Any = open_client(settings, token_folder=token_folder(), renewed=renewed)
        self.uid_validity = 0
        self.uid_next = 1
        try:
            self._select()
        except Exception:
            self.close()
            raise
        self.has_idle = bool(self._client.has_capability("IDLE"))
        # Gmail searches for whole words, so that what it leaves out may fit all the same.
        self.searches_exactly = not self._client.has_capability("X-GM-EXT-1")

    def close(self) -> None:
        """Say goodbye and close the connection."""
        with suppress(Exception):
            self._client.logout()
        # A goodbye that fails leaves the socket open.
        with suppress(Exception):
            self._client.shutdown()

    def cut(self) -> None:
        """Shut the connection down, which ends whatever waits for it; may be called from any thread."""
        with suppress(Exception):
            self._client.socket().shutdown(socket.SHUT_RDWR)

    def arrivals_since(self, moment: datetime) -> list[int]:
        """Return the uids of messages that arrived at a moment or later, lowest first."""
        # The server compares days in a time zone of its own.
        day = (moment - timedelta(days=1)).date()
        uids = self._do(lambda: self._client.search(["SINCE", day]))
        floor = moment.replace(microsecond=0)
        return [each for each, arrived_at in self._arrivals(uids) if arrived_at >= floor]

    def search(self, first: int, last: int | None = None, criteria: Sequence[Any] = ()) -> list[int]:
        """
        Return the uids of messages, lowest first.

        :param first: lowest uid
        :param last: highest uid; no limit when omitted
        :param criteria: further search keys (RFC 3501, section 6.4.4)
        """
        if last is not None and last < first:
            return []
        span = f"{first}:{'*' if last is None else last}"
        found = self._do(lambda: self._client.search(["UID", span, *criteria]))
        # "9:*" means the last message, too, when all uids are lower.
        return sorted(uid for uid in found if uid >= first and (last is None or uid <= last))

    def summaries(self, uids: Sequence[int]) -> Iterable[Summary]:
        """Yield what is known of messages, in their order; those that are gone are left out."""
        wanted = ["RFC822.SIZE", "INTERNALDATE", f"BODY.PEEK[HEADER]<0.{_MAX_HEADER_BYTES}>"]
        for start in range(0, len(uids), _CHUNK):
            chunk = uids[start : start + _CHUNK]
            found = self._do(lambda chunk=chunk: self._client.fetch(chunk, wanted))  # type: ignore[misc]
            for uid in chunk:
                data = found.get(uid)
                if data is not None:
                    yield Summary(
                        uid=uid,
                        size=int(data.get(b"RFC822.SIZE", 0)),
                        arrived_at=_moment(data.get(b"INTERNALDATE")),
                        header=_part(data, b"BODY[HEADER]"),
                    )

    def fetch(self, uid: int, *, limit: int) -> bytes | None:
        """
        Return a message without marking it as seen; None when it is gone.

        :param limit: bytes; one more is returned when the message is larger, whatever size the server told
        """
        found = self._do(lambda: self._client.fetch([uid], [f"BODY.PEEK[]<0.{limit + 1}>"]))
        return _part(found[uid], b"BODY[]") if uid in found else None

    def mark_seen(self, uids: Sequence[int]) -> None:
        """Mark messages as read."""
        for start in range(0, len(uids), _CHUNK):
            chunk = uids[start : start + _CHUNK]
            self._do(lambda chunk=chunk: self._client.add_flags(chunk, [b"\\Seen"], silent=True))  # type: ignore[misc]

    def move(self, uids: Sequence[int], *, folder: str) -> None:
        """
        Move messages into another folder, which is made when it does not exist.

        :raises MailboxError: the folder cannot be written to
        """
        if not uids:
            return
        name = self._do(lambda: self._name(folder))
        if not self._do(lambda: self._client.folder_exists(name)):
            self._do(lambda: self._client.create_folder(name))
        if self._client.has_capability("MOVE"):
            self._do(lambda: self._client.move(uids, name))
            return
        self._do(lambda: self._client.copy(uids, name))
        self._do(lambda: self._client.add_flags(uids, [b"\\Deleted"], silent=True))
        # Without UIDPLUS, expunging would remove what others have marked, too.
        if self._client.has_capability("UIDPLUS"):
            self._do(lambda: self._client.uid_expunge(uids))

    def wait(self, seconds: float, *, stopped: Callable[[], bool]) -> None:
        """
        Return when the folder has changed, when the time is over, or when told to stop.

        :param seconds: longest time to wait; with a server that cannot tell of changes, exactly this
        """
        until = time.monotonic() + seconds
        if not self.has_idle:
            while not stopped() and (left := until - time.monotonic()) > 0:
                time.sleep(min(_SLICE_S / 2, left))
            return
        self._do(self._client.idle)
        changed = False
        while not changed and not stopped() and (left := until - time.monotonic()) > 0:
            asked_at = time.monotonic()
            patience = min(_SLICE_S, left)
            told = self._do(lambda patience=patience: self._client.idle_check(timeout=patience))  # type: ignore[misc]
            changed = any(len(each) > 1 and each[1] in (b"EXISTS", b"RECENT", b"EXPUNGE") for each in told)
            # Nothing before the time: the connection has ended, which the end of idling will show.
            changed = changed or (not told and time.monotonic() - asked_at < patience / 2)
        self._do(self._client.idle_done)

    def _select(self) -> None:
        from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

        try:
            status = self._client.select_folder(self._name(self._folder))
        except IMAPClientAbortError as exc:
            raise explain_imap(exc, settings=self._settings) from exc
        except IMAPClientError as exc:
            raise MailboxError(
                f'The folder "{self._folder}" of {self._settings!r} cannot be opened: {str(exc)[:300]}. '
                "Correct its name in the trigger.",
                code="mailbox-folder",
            ) from exc
        except OSError as exc:
            raise explain_imap(exc, settings=self._settings) from exc
        self.uid_validity = int(status.get(b"UIDVALIDITY", 0))
        self.uid_next = int(status.get(b"UIDNEXT") or 0) or self._uid_after_the_last()

    def _name(self, folder: str) -> str:
        """Return a folder's name with the separator of this server: people write slashes."""
        if "/" not in folder:
            return folder
        listed = self._client.list_folders("", "")
        separator = listed[0][1].decode() if listed and listed[0][1] else "/"
        return folder.replace("/", separator)

    def _uid_after_the_last(self) -> int:
        uids = self._do(lambda: self._client.search(["ALL"]))
        return max(uids, default=0) + 1

    def _arrivals(self, uids: Sequence[int]) -> list[tuple[int, datetime]]:
        found = self._do(lambda: self._client.fetch(uids, ["INTERNALDATE"])) if uids else {}
        return sorted((uid, _moment(data.get(b"INTERNALDATE"))) for uid, data in found.items())

    def _do(self, command: Callable[[], Any]) -> Any:
        from imapclient.exceptions import IMAPClientError

        try:
            return command()
        except (IMAPClientError, OSError) as exc:
            raise explain_imap(exc, settings=self._settings) from exc


def _part(data: Any, name: bytes) -> bytes:
    """Return a part of a message; the server names it with or without where it begins."""
    content = data.get(name + b"<0>", data.get(name))
    return content if isinstance(content, bytes) else b""


def _moment(value: Any) -> datetime:
    if not isinstance(value, datetime):
        return datetime.now(tz=timezone.utc)
    return value if value.tzinfo else value.replace(tzinfo=timezone.utc)
