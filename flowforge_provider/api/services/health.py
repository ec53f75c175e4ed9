"""What is wrong with the installation, as far as this api-server can see."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowforge_provider.checks import run_checks

if TYPE_CHECKING:
    from flowforge_provider.checks import Check

# Anybody may ask for health, so that asking often must not cost more than asking now and then.
KEPT_S = 3.0


@dataclass(frozen=True)
class InstallationReport:
    """
    What all checks have found.

    :param checks: their results
    """

    checks: tuple[Check, ...]

    def is_ok(self, code: str) -> bool | None:
        """Tell whether a check found nothing wrong; ``None`` when it could not look."""
        found = [check for check in self.checks if check.code == code]
        return all(check.status != "error" for check in found) if found else None

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Return code and text of everything that is not in order."""
        return [
            (check.code, f"{check.message} {check.fix}".strip())
            for check in self.checks
            if check.status != "ok"
        ]


class _Keeper:
    """Keeps the newest report for some seconds; one caller at a time makes a new one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._report = InstallationReport(())
        self._made_at = -float("inf")

    def read(self, kept_s: float) -> InstallationReport:
        with self._lock:
            if time.monotonic() - self._made_at > kept_s:
                self._report = InstallationReport(tuple(run_checks()))
                self._made_at = time.monotonic()
            return self._report


_keeper = _Keeper()


def check_installation() -> InstallationReport:
    """Return what the checks find, at most some seconds old; never raises for what they find."""
    return _keeper.read(KEPT_S)
