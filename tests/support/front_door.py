"""Workflows and the inbox in this process, for tests of the front door."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from unittest import mock

from flowforge_provider.dev.profile import BUNDLES
from tests.factories import make_graph, make_node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flowforge_provider.graph.models import Graph, Node
    from flowforge_provider.inbox.delivery import Delivery
    from flowforge_provider.inbox.service import Inbox

TOKEN = "correct horse battery staple"
CONNECTION_ID = "test_webhook_token"
TOKEN_HEADERS = {"X-FlowForge-Token": TOKEN}


def make_webhook(id: str = "hook", **parameters: Any) -> Node:  # noqa: A002 - the document's name
    """Return a webhook trigger; with a token from the test's connection unless told otherwise."""
    return make_node(id, "webhook", parameters={"connection_id": CONNECTION_ID, **parameters})


def make_delivery(**fields: Any) -> Delivery:
    """Return a delivery to the workflow that ``publish_graph`` makes."""
    from flowforge_provider.inbox.delivery import Delivery
    from flowforge_provider.runs.ids import new_delivery_id

    values: dict[str, Any] = {
        "id": new_delivery_id(),
        "workflow_id": "orders",
        "node_id": "hook",
        "kind": "webhook",
        "method": "POST",
        "headers": {},
        "query": {},
        "body": {"id": 7},
        "received_at": datetime.now(tz=timezone.utc),
    }
    return Delivery(**{**values, **fields})


def publish_graph(graph: Graph | None = None) -> str:
    """
    Save a workflow, publish it, and return its id. A workflow of this id gets the graph as its new revision.

    :param graph: a lone webhook with a token when omitted; its runs need no worker
    """
    from airflow.utils.session import create_session

    from flowforge_provider.publishing import publish
    from flowforge_provider.store.tables import WorkflowRow
    from flowforge_provider.store.workflows import create_workflow, update_draft

    graph = graph or make_graph(make_webhook())
    with create_session() as session:
        row = session.get(WorkflowRow, graph.id)
        if row is None:
            create_workflow(name=graph.name, graph=graph, workflow_id=graph.id, user="test", session=session)
        else:
            update_draft(
                workflow_id=graph.id, graph=graph, expected_version=row.version, user="test", session=session
            )
    with mock.patch.dict(os.environ, {"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(BUNDLES)}):
        result = publish(workflow_id=graph.id, message="", user="test")
    assert result.state == "runnable", result
    return graph.id


def set_token(
    token: str | None = TOKEN,
    *,
    connection_id: str = CONNECTION_ID,
    login: str | None = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Put a token into a connection, or what else senders are known by; None removes the connection."""
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session() as session:
        session.execute(delete(Connection).where(Connection.conn_id == connection_id))
        if token is not None:
            session.add(
                Connection(
                    conn_id=connection_id,
                    conn_type="flowforge_webhook",
                    password=token,
                    login=login,
                    extra=json.dumps(extra) if extra else None,
                )
            )


@contextmanager
def open_front_door() -> Iterator[Inbox]:
    """Run the inbox on the database of this process's Airflow, without memories of an earlier one."""
    from flowforge_provider.inbox.service import running_inbox
    from flowforge_provider.runs.database import close_database
    from flowforge_provider.runs.published import forget_published
    from flowforge_provider.runs.revisions import forget_revisions

    close_database()
    forget_published()
    forget_revisions()
    with running_inbox() as inbox:
        yield inbox


def wait_until(condition: Callable[[], Any], *, timeout_s: float = 10) -> Any:
    """Return the condition's first true value; fail when there is none in time."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)
    return value
