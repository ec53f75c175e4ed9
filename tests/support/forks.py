"""Child processes that do one thing and can be killed in the middle of it; for programs without threads."""

from __future__ import annotations

import os
import signal
import traceback
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Callable

_CHILD_FAILED = 70


def fork(work: Callable[[], None]) -> int:
    """Do something in a child process, and return its process id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(_CHILD_FAILED)
    os._exit(0)


def wait(pid: int) -> int | None:
    """Return the signal that ended a child; None when it ended on its own."""
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status)
    if os.WEXITSTATUS(status):
        raise SystemExit("A child failed.")
    return None


def die_at(moment: int, *, engine: Any) -> None:
    """
    Kill this process at the n-th moment: after each statement, before and after each commit.

    After a statement is before the next one: nothing in between reaches the database.

    :param engine: SQLAlchemy's, through which this process reaches the database
    """
    passed = 0

    def pass_by(*_: Any, **__: Any) -> None:
        nonlocal passed
        passed += 1
        if passed == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("after_cursor_execute", "commit"):
        event.listen(engine, name, pass_by)
    # SQLAlchemy has no event after a commit; the driver's call is the moment.
    original = engine.dialect.do_commit

    def commit(connection: Any) -> None:
        original(connection)
        pass_by()

    engine.dialect.do_commit = commit
