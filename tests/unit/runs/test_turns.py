from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine

from flowforge_provider.inbox.mailbox.turns import OneAtATime
from flowforge_provider.runs.database import Database
from flowforge_provider.runs.turns import WriteTurns

if TYPE_CHECKING:
    from pathlib import Path


class _Time:
    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(round(seconds, 4))
        self.now += seconds


@pytest.mark.parametrize(
    ("took", "idle", "pauses"),
    [
        pytest.param(0.02, 0.0, [0.01], id="the lock is free for a third of the time"),
        pytest.param(0.02, 0.004, [0.006], id="time without a writer counts as a pause"),
        pytest.param(0.02, 1.0, [], id="who comes later waits for nothing"),
        pytest.param(30.0, 0.0, [0.05], id="a long wait for the lock is not punished"),
    ],
)
def test_a_pause_follows_each_turn(took: float, idle: float, pauses: list[float]) -> None:
    time = _Time()
    turns = WriteTurns(clock=lambda: time.now, sleep=time.sleep)
    with turns.take():
        time.now += took
    time.now += idle
    with turns.take():
        pass
    assert time.pauses == pauses


def test_threads_take_turns_one_after_another() -> None:
    turns = WriteTurns()
    inside: list[int] = []
    most: list[int] = []

    def write() -> None:
        for _ in range(50):
            with turns.take():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert len(most) == 200


def test_a_turn_that_fails_ends() -> None:
    turns = WriteTurns()
    with pytest.raises(ValueError, match="no"), turns.take():
        raise ValueError("no")
    with turns.take():
        pass


def test_the_quiet_users_of_a_database_share_the_turns_of_the_others(tmp_path: Path) -> None:
    database = Database(create_engine(f"sqlite:///{tmp_path}/turns.db"))
    quiet = OneAtATime(database)
    begun = threading.Event()
    thread = threading.Thread(target=quiet.transaction, args=(lambda _session: begun.set(),))
    with database.session():
        thread.start()
        assert not begun.wait(0.3)
    assert begun.wait(10)
    thread.join()
    database.dispose()
