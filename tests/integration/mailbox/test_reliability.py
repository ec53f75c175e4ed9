"""One message, one execution: whatever crashes, and however many processes look."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from flowforge_provider.inbox.mailbox.positions import LostLeaseError, Positions
from flowforge_provider.inbox.mailbox.service import Mailboxes
from flowforge_provider.inbox.mailbox.targets import Targets
from flowforge_provider.inbox.mailbox.watcher import find_settings
from flowforge_provider.store.retention import clean_batch
from flowforge_provider.store.tables import MailboxRow
from tests.support.dovecot import make_mail, running_dovecot
from tests.support.front_door import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.dev.guard import Guard
    from flowforge_provider.inbox.mailbox.reader import Reader
    from tests.integration.mailbox.conftest import MailKit

pytestmark = pytest.mark.integration

# A process that stores one message and is killed before it can mark it.
KILLED = """
import os, signal, sys
from flowforge_provider.inbox.mailbox import reader
from flowforge_provider.runs.database import get_database
from tests.integration.mailbox.test_reliability import read_once
reader.Reader._settle = lambda self: os.kill(os.getpid(), signal.SIGKILL)
read_once(get_database(), sys.argv[1], owner="killed")
"""


def read_once(database: Any, workflow_id: str, *, owner: str) -> Reader:
    """Look into a mailbox once, as a process of this name would."""
    from flowforge_provider.inbox.mailbox.box import Box
    from flowforge_provider.inbox.mailbox.reader import Reader

    target = Targets(database).read()[workflow_id, "mail"]
    positions = Positions(database, owner=owner, lease_s=60)
    box = Box(find_settings(workflow_id), folder=target.parameters.folder)
    try:
        reader = Reader(
            target, box, database=database, positions=positions, offer=lambda _: None, claim=lambda: None
        )
        reader.prepare()
        reader.look(stopped=lambda: False)
        return reader
    finally:
        box.close()


def give_lease(kit: MailKit, workflow_id: str, owner: str | None) -> None:
    """Let another process have the mailbox, or leave it to whoever comes."""
    until = datetime.now(tz=timezone.utc) + timedelta(minutes=5)
    with kit.database.session() as session:
        session.execute(
            update(MailboxRow)
            .where(MailboxRow.workflow_id == workflow_id)
            .values(owner=owner, owned_until=until if owner else None)
        )


def is_watched(workflow_id: str) -> bool:
    """Tell whether a thread of this process watches the mailbox."""
    return any(each.name == f"flowforge-mailbox-{workflow_id}-mail" for each in threading.enumerate())


def test_a_process_that_is_killed_between_storing_and_marking(kit: MailKit) -> None:
    workflow_id = kit.publish("killed", after="move", move_to="Done")
    kit.watched(workflow_id)
    give_lease(kit, workflow_id, "killed")
    wait_until(lambda: not is_watched(workflow_id), timeout_s=30)
    kit.server.deliver(workflow_id, make_mail())
    connection = {f"AIRFLOW_CONN_{workflow_id.upper()}": json.dumps(kit.server.connection(workflow_id))}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, workflow_id],
        check=False,
        timeout=120,
        env={**os.environ, **connection},
        cwd=Path(__file__).parents[3],
    )
    assert killed.returncode == -9
    with kit.server.client(workflow_id) as client:
        assert client.search() == [1], "it was moved before the kill"
    assert len(kit.deliveries(workflow_id)) == 1

    give_lease(kit, workflow_id, None)
    (delivery,) = kit.wait_for(workflow_id, 1)
    with kit.server.client(workflow_id) as client:
        wait_until(lambda: client.folder_exists("Done"), timeout_s=30)
        wait_until(lambda: client.folder_status("Done", ["MESSAGES"])[b"MESSAGES"] == 1, timeout_s=30)
    kit.server.deliver(workflow_id, make_mail("Afterwards"))
    assert kit.wait_for(workflow_id, 2)[0].id == delivery.id
    assert len(kit.run_ids(workflow_id)) == 2


@pytest.mark.slow
def test_two_processes_that_read_at_once_store_each_message_once(kit: MailKit) -> None:
    """Both believe that the mailbox is theirs: the position decides."""
    workflow_id = kit.publish("twice", after="leave")
    kit.watched(workflow_id)
    give_lease(kit, workflow_id, "both")
    wait_until(lambda: not is_watched(workflow_id), timeout_s=30)
    for number in range(8):
        kit.server.deliver(workflow_id, make_mail(f"Order {number}"))
    errors: list[BaseException] = []

    def look() -> None:
        with contextlib.suppress(LostLeaseError):
            try:
                read_once(kit.database, workflow_id, owner="both")
            except LostLeaseError:
                read_once(kit.database, workflow_id, owner="both")
            except BaseException as exc:
                errors.append(exc)
                raise

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    give_lease(kit, workflow_id, None)
    found = kit.wait_for(workflow_id, 8)
    assert sorted(row.body["subject"] for row in found) == [f"Order {number}" for number in range(8)]
    assert len(kit.run_ids(workflow_id)) == 8


@pytest.mark.slow
def test_a_process_leaves_its_mailboxes_to_the_next_one(kit: MailKit) -> None:
    workflow_id = kit.publish("handed-on")
    kit.watched(workflow_id)
    give_lease(kit, workflow_id, "another")
    wait_until(lambda: not is_watched(workflow_id), timeout_s=30)
    kit.server.deliver(workflow_id, make_mail("While nobody looked"))
    other = Mailboxes(database=kit.database, offer=lambda _: None, claim=lambda _: None, limit=50, lease_s=5)
    other.start()
    try:
        give_lease(kit, workflow_id, None)
        kit.wait_for(workflow_id, 1)
    finally:
        other.stop()
    kit.server.deliver(workflow_id, make_mail("Afterwards"))
    kit.wait_for(workflow_id, 2)


def test_new_uids_start_no_run_again(kit: MailKit) -> None:
    """The folder is made anew, as after a restored backup: the uids begin at 1, the messages are the same."""
    workflow_id = kit.publish("restored", folder="Orders", after="leave")
    message = make_mail()
    with kit.server.client(workflow_id) as client:
        client.create_folder("Orders")
        kit.watched(workflow_id)
        client.append("Orders", message.as_bytes())
        kit.wait_for(workflow_id, 1)
        give_lease(kit, workflow_id, "another")
        wait_until(lambda: not is_watched(workflow_id), timeout_s=30)
        client.delete_folder("Orders")
        client.create_folder("Orders")
        client.append("Orders", make_mail("Order 8").as_bytes())
        client.append("Orders", message.as_bytes())
    give_lease(kit, workflow_id, None)
    kit.wait_for(workflow_id, 2)
    with kit.server.client(workflow_id, "Orders") as client:
        client.append("Orders", make_mail("Order 9").as_bytes())
    found = kit.wait_for(workflow_id, 3)
    assert [row.body["subject"] for row in found] == ["Order 7", "Order 8", "Order 9"]


def test_a_message_that_is_put_back_long_afterwards_starts_no_run_again(kit: MailKit) -> None:
    """Its delivery was removed in the meantime; what is left of it is its key."""
    workflow_id = kit.publish("put-back", after="leave")
    message = make_mail()
    kit.watched(workflow_id)
    kit.server.deliver(workflow_id, message)
    (first,) = kit.wait_for(workflow_id, 1)
    later = datetime.now(tz=timezone.utc) + timedelta(days=40)
    removed = kit.database.transaction(
        lambda session: clean_batch(older_than=later - timedelta(days=30), now=later, session=session)
    )
    assert removed.deliveries >= 1
    assert kit.deliveries(workflow_id) == []
    with kit.server.client(workflow_id) as client:
        client.append("INBOX", message.as_bytes())
        client.append("INBOX", make_mail("Order 8").as_bytes())
    (found,) = kit.wait_for(workflow_id, 1)
    assert found.body["subject"] == "Order 8"
    assert found.id != first.id
    assert len(kit.run_ids(workflow_id)) == 2


@pytest.fixture
def own_server(guard: Guard) -> Iterator[Any]:
    with running_dovecot(guard=guard, idle=False) as server:
        yield server


@pytest.mark.slow
def test_a_server_without_idle_that_goes_away_and_comes_back(kit: MailKit, own_server: Any) -> None:
    workflow_id = kit.publish("polled", server=own_server, interval_s=5)
    assert kit.watched(workflow_id).pushes is False
    own_server.deliver(workflow_id, make_mail("Before"))
    kit.wait_for(workflow_id, 1)
    own_server.stop()
    error = wait_until(lambda: (row := kit.mailbox(workflow_id)) and row.error, timeout_s=30)
    assert "[mailbox-connection]" in error
    own_server.start()
    own_server.deliver(workflow_id, make_mail("After"))
    kit.wait_for(workflow_id, 2)
    wait_until(lambda: (row := kit.mailbox(workflow_id)) and row.error is None)
