"""Emails that Resend receives: its webhook, signed by Svix, and its API, called by its own SDK."""

from __future__ import annotations

import json
import secrets
import uuid
from base64 import b64encode
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from svix.webhooks import Webhook

from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.incoming import Answer, Incoming
from flowforge_provider.inbox.intake import receive
from flowforge_provider.inbox.service import get_inbox
from flowforge_provider.store.files import find_content
from tests.factories import make_graph, make_node
from tests.support.asgi import event_loop_thread
from tests.support.front_door import publish_graph, wait_until
from tests.support.resend_server import ResendServer, running_resend_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anyio.from_thread import BlockingPortal

    from tests.integration.mailbox.conftest import MailKit

pytestmark = pytest.mark.integration

SECRET = "whsec_" + b64encode(secrets.token_bytes(24)).decode()


class ResendKit:
    """Resend, and a workflow that it calls."""

    def __init__(self, kit: MailKit, server: ResendServer, portal: BlockingPortal) -> None:
        self.kit = kit
        self.server = server
        self._portal = portal
        kit.connect("resend_account", server.connection())
        kit.connect("resend_secret", {"conn_type": "flowforge_webhook", "password": SECRET})

    def publish(self, workflow_id: str, **parameters: Any) -> str:
        """Publish a workflow that Resend calls."""
        given = {
            "source": "resend",
            "resend_connection_id": "resend_account",
            "secret_connection_id": "resend_secret",
            **parameters,
        }
        return publish_graph(make_graph(make_node("mail", "email.receive", parameters=given), id=workflow_id))

    def tell(
        self, workflow_id: str, event: Any, *, secret: str = SECRET, message_id: str | None = None
    ) -> Answer:
        """Call the workflow as Resend does."""
        body = json.dumps(event)
        now = datetime.now(tz=timezone.utc)
        message_id = message_id or f"msg_{uuid.uuid4().hex}"
        incoming = Incoming(
            method="POST",
            workflow_id=workflow_id,
            path="email",
            url=f"https://airflow.example.com/flowforge/api/webhooks/{workflow_id}/email",
            headers={
                "content-type": "application/json",
                "svix-id": message_id,
                "svix-timestamp": str(int(now.timestamp())),
                "svix-signature": Webhook(secret).sign(message_id, now, body),
            },
            query=(),
            client="127.0.0.1",
            received_at=now,
        )

        async def read_body(limit: int) -> bytes:
            return body.encode()

        async def work() -> Answer:
            return await receive(get_inbox(), incoming, read_body=read_body)

        return self._portal.call(work)


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    with event_loop_thread() as value:
        yield value


@pytest.fixture
def resend(kit: MailKit, portal: BlockingPortal) -> Iterator[ResendKit]:
    with running_resend_server() as server:
        yield ResendKit(kit, server, portal)


def test_an_email_is_fetched_after_the_answer_and_starts_one_run(resend: ResendKit) -> None:
    workflow_id = resend.publish("resend-one")
    pdf = ("order.pdf", "application/pdf", b"%PDF-1.7")
    event = resend.server.receive(pdf, reply_to=["Shop <shop@example.com>"])
    answer = resend.tell(workflow_id, event, message_id="msg_1")
    assert answer.status == 202
    (delivery,) = resend.kit.wait_for(workflow_id, 1)
    body = delivery.body
    assert body["from"] == {"name": "Ann Lee", "address": "ann@example.com"}
    assert body["reply_to"] == [{"name": "Shop", "address": "shop@example.com"}]
    assert (body["subject"], body["text"]) == ("Order 7", "Two, please.")
    assert body["date"] == "2026-02-22T23:41:10+00:00"
    assert body["email_id"] == event["data"]["email_id"]
    (attachment,) = body["attachments"]
    assert attachment["size"] == 8
    with resend.kit.database.session("read") as session:
        assert find_content(attachment["file_id"], session) == b"%PDF-1.7"
    assert f"{workflow_id}.{delivery.run_id}" == answer.body["execution_id"]
    assert resend.kit.run_ids(workflow_id) == [delivery.run_id]

    again = resend.tell(workflow_id, event, message_id="msg_1")
    assert again.status == 200
    assert again.body["execution_id"] == answer.body["execution_id"]
    assert len(resend.kit.deliveries(workflow_id)) == 1


def test_a_forged_call_is_refused(resend: ResendKit) -> None:
    workflow_id = resend.publish("resend-forged")
    event = resend.server.receive()
    with pytest.raises(RefusedError) as caught:
        resend.tell(workflow_id, event, secret="whsec_" + b64encode(b"another secret of somebody").decode())
    assert caught.value.status == 401
    assert resend.kit.deliveries(workflow_id) == []


@pytest.mark.slow
def test_other_events_and_other_senders_start_nothing(resend: ResendKit) -> None:
    workflow_id = resend.publish("resend-filtered", senders=["example.com"], recipients=["sales@example.org"])
    tell = resend.tell
    assert tell(workflow_id, {"type": "email.sent", "data": {"email_id": "1"}}).body["reason"] == "event"
    stranger = resend.server.receive(**{"from": "bob@example.net"})
    assert tell(workflow_id, stranger).body["reason"] == "filter"
    tell(workflow_id, resend.server.receive())
    tell(workflow_id, resend.server.receive(received_for=["sales@example.org"]))
    wait_until(
        lambda: (
            sorted(row.state for row in resend.kit.deliveries(workflow_id))
            == ["dispatched", "skipped", "skipped", "skipped"]
        ),
        timeout_s=30,
    )
    assert len(resend.kit.run_ids(workflow_id)) == 1


def test_failures_are_tried_again_and_an_email_that_is_gone_is_given_up(
    resend: ResendKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowforge_provider.inbox.email.fetching._ATTEMPTS_REFUSED", 1)
    workflow_id = resend.publish("resend-failing")
    resend.server.script += [(500, "internal_server_error"), "cut", (429, "rate_limit_exceeded")]
    resend.tell(workflow_id, resend.server.receive())
    (delivery,) = resend.kit.wait_for(workflow_id, 1)
    assert delivery.state == "dispatched"
    gone = resend.server.receive()
    del resend.server.received[gone["data"]["email_id"]]
    resend.tell(workflow_id, gone)
    _, failed = resend.kit.wait_for(workflow_id, 2)
    assert failed.state == "failed"
    assert "Email not found" in (failed.error or "")


@pytest.mark.slow
def test_files_beyond_the_limits_are_named_only(resend: ResendKit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__MAX_FILE_BYTES", "10")
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__MAX_DELIVERY_FILES", "2")
    resend.server.page_size = 1
    workflow_id = resend.publish("resend-files")
    files = [(f"{size}.bin", "application/x-bin", b"x" * size) for size in (4, 11, 5, 6)]
    resend.tell(workflow_id, resend.server.receive(*files))
    (delivery,) = resend.kit.wait_for(workflow_id, 1)
    found = [(each["size"], each["file_id"] is not None) for each in delivery.body["attachments"]]
    assert found == [(4, True), (11, False), (5, True), (6, False)]


@pytest.mark.slow
def test_a_fetch_that_was_cut_off_is_repeated_by_another_process(resend: ResendKit) -> None:
    """The delivery of a process that was killed while it fetched."""
    from sqlalchemy import update

    from flowforge_provider.store.tables import DeliveryRow

    workflow_id = resend.publish("resend-killed")
    resend.server.script.append("wait")
    resend.tell(workflow_id, resend.server.receive())
    wait_until(lambda: not resend.server.script)
    with resend.kit.database.session() as session:
        session.execute(
            update(DeliveryRow).where(DeliveryRow.workflow_id == workflow_id).values(claimed_until=None)
        )
    (delivery,) = resend.kit.wait_for(workflow_id, 1)
    assert delivery.state == "dispatched"
    assert len(resend.kit.run_ids(workflow_id)) == 1
