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
_FIRST_WAIT_S = 2.0


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
    """
    Keeps the newest report for some seconds.

    One caller at a time makes a new one. The others get the old one, so that a database that hangs does not
    hold a thread of the api-server for everybody who asks.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._report: InstallationReport | None = None
        self._made_at = 0.0

    def read(self, *, kept_s: float) -> InstallationReport:
        report = self._report
        if report is not None and time.monotonic() - self._made_at <= kept_s:
            return report
        if not self._lock.acquire(timeout=_FIRST_WAIT_S if report is None else 0):
            return report or InstallationReport(())
        try:
            report = InstallationReport(tuple(run_checks()))
            self._report, self._made_at = report, time.monotonic()
        finally:
            self._lock.release()
        return report


_keeper = _Keeper()


def check_installation() -> InstallationReport:
    """Return what the checks find, at most some seconds old; never raises for what they find."""
    return _keeper.read(kept_s=KEPT_S)
