from __future__ import annotations

from flowforge_provider.inbox.waiting import WaitingRoom
from tests.support.front_door import make_delivery


def test_workflows_take_turns() -> None:
    room = WaitingRoom()
    room.offer([make_delivery(workflow_id="storm") for _ in range(50)])
    room.offer([make_delivery(workflow_id="quiet")])
    turns = [[each.workflow_id for each in room.take(20)] for _ in range(4)]
    assert turns == [["storm"] * 20, ["quiet"], ["storm"] * 20, ["storm"] * 10]
    assert room.take(20) == []


def test_what_finds_no_room_and_all_that_follows_waits_in_the_database() -> None:
    room = WaitingRoom()
    room.offer([make_delivery() for _ in range(201)])
    assert len(room) == 200
    assert room.has_spilled
    room.take(200)
    later = make_delivery()
    assert not room.has_room("orders", 0)
    room.offer([later])
    assert len(room) == 0
    room.put_read([make_delivery(), later], all_read=False)
    assert not room.has_room("orders", 0)
    room.put_read([], all_read=True)
    assert room.has_room("orders", 0)
    assert room.take(20)[-1] == later


def test_what_another_process_has_left_is_read_to_its_end() -> None:
    room = WaitingRoom()
    room.put_read([make_delivery()], all_read=False)
    assert room.has_spilled
    room.put_read([make_delivery()])  # Whether there is more was not looked at.
    assert room.has_spilled
    assert room.has_room("orders", 0), "new ones need not wait behind it"
    room.put_read([], all_read=True)
    assert not room.has_spilled


def test_a_storm_of_one_workflow_leaves_room_for_others() -> None:
    room = WaitingRoom()
    room.offer([make_delivery(workflow_id="storm") for _ in range(250)])
    assert room.has_room("quiet", 0)
    assert not room.has_room("quiet", 200)


def test_large_bodies_wait_in_the_database() -> None:
    room = WaitingRoom()
    room.offer([make_delivery(size=32 * 1024 * 1024) for _ in range(5)])
    assert len(room) == 2
    assert len(room.take(2, most_bytes=1)) == 1
    assert len(room.take(2)) == 1
    assert room.take(1) == []
