"""A real Chromium for tests: the machine's own, driven by Playwright."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC_PATHS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)

#: Nothing in the background: the tests count the requests that leave the machine, and there must be none.
_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--font-render-hinting=none",
)


class ChromiumNotInstalledError(RuntimeError):
    """There is no Chromium on this machine."""


def find_chromium() -> str:
    """
    Return the path of the machine's Chromium or Chrome; ``CHROMIUM`` in the environment wins.

    :raises ChromiumNotInstalledError: there is none; the message says what to install
    """
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return chosen
    for name in _NAMES:
        path = shutil.which(name)
        if path:
            return path
    for path in _MAC_PATHS:
        if Path(path).exists():
            return path
    raise ChromiumNotInstalledError(
        "The tests need Chromium: install the package chromium (Debian: apt-get install chromium; "
        "Ubuntu, macOS: install Chrome or Chromium), or set CHROMIUM to its path."
    )


@contextlib.contextmanager
def running_chromium() -> Iterator[Browser]:
    """Yield a headless browser; it ends with the ``with`` block."""
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    arguments = list(_ARGUMENTS)
    if os.geteuid() == 0:
        # Chromium's sandbox refuses root, as in most containers. The pages are our own.
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=arguments)
        try:
            yield browser
        finally:
            browser.close()
