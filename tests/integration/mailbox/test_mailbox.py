"""Emails that start workflows, from SMTP through a real mail server to the run."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from flowforge_provider.publishing import unpublish
from flowforge_provider.store.files import find_content
from tests.support.dovecot import make_mail
from tests.support.front_door import wait_until

if TYPE_CHECKING:
    from tests.integration.mailbox.conftest import MailKit

pytestmark = pytest.mark.integration

MALFORMED = [
    b"no header at all\n",
    b"From: =?utf-8?q?broken\nSubject: =?nothing?q?x?= \xff\xfe\n\n\xff\x00body",
    b"Content-Type: multipart/mixed\n\n--nowhere\n\ntext\n",
    b"Content-Type: text/plain; charset=martian\nDate: yesterday\n\n\xd0\x9f\n",
    b"To: " + b",\n ".join([b"a@example.com"] * 3000) + b"\nSubject: many\n\nbody\n",
]


def test_a_new_message_starts_one_run_at_once(kit: MailKit) -> None:
    kit.server.deliver("at-once", make_mail("Before"))
    time.sleep(1.1)  # the mail server's clock counts seconds
    workflow_id = kit.publish("at-once")
    assert kit.watched(workflow_id).pushes
    kit.server.deliver(workflow_id, make_mail("Order 7"))
    (delivery,) = kit.wait_for(workflow_id, 1)
    assert delivery.body["subject"] == "Order 7"
    assert delivery.body["from"] == {"name": "Ann Lee", "address": "ann@example.com"}
    assert delivery.body["text"].rstrip() == "Two, please."
    assert kit.run_ids(workflow_id) == [delivery.run_id]
    with kit.server.client(workflow_id) as client:
        wait_until(lambda: len(client.search(["SEEN"])) == 1)
        assert len(client.search(["UNSEEN"])) == 1


def test_files_come_by_reference_and_are_kept_with_the_delivery(kit: MailKit) -> None:
    workflow_id = kit.publish("with-files")
    message = make_mail("Files")
    message.add_attachment(b"%PDF-1.7 order", maintype="application", subtype="pdf", filename="Заказ 7.pdf")
    kit.watched(workflow_id)
    kit.server.deliver(workflow_id, message)
    (delivery,) = kit.wait_for(workflow_id, 1)
    (attachment,) = delivery.body["attachments"]
    file_id = attachment.pop("file_id")
    assert attachment == {
        "filename": "Заказ 7.pdf",
        "content_type": "application/pdf",
        "size": 14,
        "content_id": "",
    }
    with kit.database.session("read") as session:
        assert find_content(file_id, session) == b"%PDF-1.7 order"


def test_only_what_passes_the_filters_starts_runs(kit: MailKit) -> None:
    workflow_id = kit.publish(
        "filtered", senders=["example.com"], recipients=["orders@example.org"], subject="Заказ"
    )
    kit.watched(workflow_id)
    for number, (sender, to, subject) in enumerate(
        [
            ("ann@example.com", "orders@example.org", "Счёт"),
            ("ann@example.com.evil.test", "orders@example.org", "Заказ 1"),
            ("ann@example.com", "sales@example.org", "заказ 2"),
            ("ann@EXAMPLE.com", "Orders <orders@example.org>", "Новый ЗАКАЗ 3"),
        ]
    ):
        kit.server.deliver(workflow_id, make_mail(subject, From=sender, To=to, X_Number=str(number)))
    (delivery,) = kit.wait_for(workflow_id, 1)
    assert delivery.body["subject"] == "Новый ЗАКАЗ 3"
    with kit.server.client(workflow_id) as client:
        wait_until(lambda: client.search(["SEEN"]) == [4])


def test_messages_are_moved_into_a_folder_that_is_made(kit: MailKit) -> None:
    workflow_id = kit.publish("moved", after="move", move_to="Готово/Заказы")
    kit.watched(workflow_id)
    kit.server.deliver(workflow_id, make_mail())
    kit.wait_for(workflow_id, 1)
    with kit.server.client(workflow_id) as client:
        wait_until(lambda: client.folder_status("INBOX", ["MESSAGES"])[b"MESSAGES"] == 0)
        assert client.folder_status("Готово.Заказы", ["MESSAGES"])[b"MESSAGES"] == 1


@pytest.mark.slow
def test_messages_are_left_alone_and_still_start_one_run(kit: MailKit) -> None:
    workflow_id = kit.publish("left", after="leave")
    kit.watched(workflow_id)
    kit.server.deliver(workflow_id, make_mail())
    kit.wait_for(workflow_id, 1)
    kit.server.deliver(workflow_id, make_mail("Another"))
    kit.wait_for(workflow_id, 2)
    with kit.server.client(workflow_id) as client:
        assert client.search(["UNSEEN"]) == [1, 2]


@pytest.mark.slow
def test_unread_messages_of_before_count_when_asked_for(kit: MailKit) -> None:
    for subject in ("read", "unread"):
        kit.server.deliver("unread", make_mail(subject))
    with kit.server.client("unread") as client:
        client.add_flags([1], [b"\\Seen"])
    time.sleep(1.1)  # the mail server's clock counts seconds
    workflow_id = kit.publish("unread", start_from="unseen")
    (delivery,) = kit.wait_for(workflow_id, 1)
    assert delivery.body["subject"] == "unread"


def test_a_second_copy_of_a_message_is_no_second_run(kit: MailKit) -> None:
    workflow_id = kit.publish("copies", after="leave")
    kit.watched(workflow_id)
    message = make_mail()
    kit.server.deliver(workflow_id, message)
    kit.server.deliver(workflow_id, message)
    # A sender that uses one Message-ID for all of its messages must not lose any.
    kit.server.deliver(workflow_id, make_mail("Order 8", Message_ID=str(message["Message-ID"])))
    found = kit.wait_for(workflow_id, 2)
    assert [row.body["subject"] for row in found] == ["Order 7", "Order 8"]
    assert [row.body["uid"] for row in found] == [1, 3]


def test_what_is_too_large_is_recorded_as_failed(kit: MailKit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__MAX_EMAIL_BYTES", "20000")
    workflow_id = kit.publish("large")
    kit.watched(workflow_id)
    kit.server.deliver(workflow_id, make_mail("Large", ("x" * 70 + "\n") * 500))
    kit.server.deliver(workflow_id, make_mail("Small"))
    failed, done = kit.wait_for(workflow_id, 2)
    assert (failed.state, done.state) == ("failed", "dispatched")
    assert "20000 are taken" in (failed.error or "")
    assert "[email-too-large]" in (failed.error or "")
    assert failed.body["subject"] == "Large"
    assert len(kit.run_ids(workflow_id)) == 1
    with kit.server.client(workflow_id) as client:
        wait_until(lambda: client.search(["SEEN"]) == [2])


@pytest.mark.slow
def test_messages_of_any_shape_start_runs(kit: MailKit) -> None:
    workflow_id = kit.publish("shapes")
    kit.watched(workflow_id)
    for raw in MALFORMED:
        kit.server.deliver(workflow_id, raw)
    found = kit.wait_for(workflow_id, len(MALFORMED))
    assert {row.state for row in found} == {"dispatched"}


@pytest.mark.slow
def test_watching_begins_and_ends_with_the_publication(kit: MailKit) -> None:
    workflow_id = kit.publish("on-and-off")
    kit.watched(workflow_id)
    unpublish(workflow_id=workflow_id, user="me")
    wait_until(lambda: f"flowforge-mailbox-{workflow_id}-mail" not in _threads())
    wait_until(lambda: kit.mailbox(workflow_id) is None, timeout_s=20)
    kit.server.deliver(workflow_id, make_mail("Meanwhile"))
    time.sleep(1.1)  # the mail server's clock counts seconds
    kit.publish("on-and-off")
    kit.watched(workflow_id)
    kit.server.deliver(workflow_id, make_mail("Afterwards"))
    (delivery,) = kit.wait_for(workflow_id, 1)
    assert delivery.body["subject"] == "Afterwards"


@pytest.mark.slow
def test_a_new_publication_changes_what_is_watched(kit: MailKit) -> None:
    workflow_id = kit.publish("changed")
    kit.watched(workflow_id)
    kit.publish("changed", subject="urgent")
    wait_until(lambda: kit.server.log.count("Login: user=<changed>") >= 2, timeout_s=20)
    kit.server.deliver(workflow_id, make_mail("Order 7"))
    kit.server.deliver(workflow_id, make_mail("Urgent: order 8"))
    (delivery,) = kit.wait_for(workflow_id, 1)
    assert delivery.body["subject"] == "Urgent: order 8"


def test_a_wrong_password_is_shown_and_a_corrected_one_counts(kit: MailKit) -> None:
    workflow_id = kit.publish("locked", password="not-this-one")
    error = wait_until(lambda: (row := kit.mailbox(workflow_id)) and row.error, timeout_s=20)
    assert "does not let" in error
    assert "[mailbox-login]" in error
    assert "not-this-one" not in error
    kit.server.deliver(workflow_id, make_mail())
    kit.connect(workflow_id, kit.server.connection(workflow_id))
    kit.wait_for(workflow_id, 1)
    wait_until(lambda: (row := kit.mailbox(workflow_id)) and row.error is None)


def _threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}
