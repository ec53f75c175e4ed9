"""
End every process of a process session.

Each server that we start leads a session of its own (``start_new_session``). All that it forks stays in that
session, also when a process in between dies and its children are handed to init; so the session finds what a
walk from parent to child would miss.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable


def session_members(sessions: Iterable[int]) -> list[int]:
    """
    Return the ids of the living processes of these sessions, zombies excepted.

    :param sessions: session ids; the id of a session is the process id of its leader
    """
    wanted = set(sessions)
    members = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(pid) in wanted and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                members.append(pid)
    return members


def end_sessions(sessions: Iterable[int], *, grace_s: float = 5.0) -> list[int]:
    """
    Ask the processes of these sessions to end, then kill the ones that stay.

    :param sessions: session ids
    :param grace_s: seconds between SIGTERM and SIGKILL
    :return: processes that had to be killed
    """
    wanted = list(sessions)
    _signal_all(session_members(wanted), signal.SIGTERM)
    if _wait_until_gone(wanted, timeout_s=grace_s):
        return []
    left = session_members(wanted)
    kill_sessions(wanted)
    return left


def kill_sessions(sessions: Iterable[int]) -> None:
    """
    Kill the processes of these sessions at once.

    :param sessions: session ids
    """
    wanted = list(sessions)
    # More than once: a process may fork between the listing and the signal.
    for _ in range(20):
        members = session_members(wanted)
        if not members:
            return
        _signal_all(members, signal.SIGKILL)
        time.sleep(0.05)


def _signal_all(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _wait_until_gone(sessions: list[int], *, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while session_members(sessions):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
