"""Files that messages carry, fetched from addresses that workflows may reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowforge_provider.files import File
    from flowforge_provider.hooks.guarded import GuardedSession


class UrlFetcher:
    """Fetch files one after the other, with the guard and the limits that HTTP request steps have."""

    def __init__(self) -> None:
        self._session: GuardedSession | None = None

    def stop(self) -> None:
        """End the transfer that is under way; may be called from a signal handler."""
        if self._session is not None:
            self._session.stop()

    def fetch(self, url: str) -> File:
        """
        Return the file at an address.

        :param url: http or https, without credentials
        :raises StepError: it cannot be had, is too large, or must not be reached
        """
        from flowforge_provider import settings
        from flowforge_provider.hooks.guarded import fetch_file

        return fetch_file(url, max_bytes=settings.http_max_response_bytes(), started=self._remember)

    def _remember(self, session: GuardedSession) -> None:
        self._session = session
