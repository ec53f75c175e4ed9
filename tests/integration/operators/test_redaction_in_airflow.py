"""What rules hide is in no answer, table or log of a real Airflow, and yet reaches the steps that need it."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from flowforge_provider.graph.load import dump_graph
from flowforge_provider.graph.models import Retry, Settings
from tests.factories import make_edge, make_graph, make_node, make_set
from tests.support.workflows import Workflows

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from flowforge_provider.graph.models import Graph
    from tests.support.airflow import AirflowInstance

pytestmark = pytest.mark.integration

CARD = "4111-2222-3333-4444"
NAME = "Zebulon Quartermain"
TOKEN = "tok-9f8e7d6c5b4a"
SECRETS = (CARD, NAME, TOKEN)


@contextmanager
def running_service() -> Iterator[tuple[str, list[Any]]]:
    """Give the address of a service that hands out a token, and refuses with what it was sent."""
    calls: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep quiet."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            calls.append((self.path, body))
            answer = json.dumps({"token": TOKEN, "you_sent": body, "number": len(calls)}).encode()
            self.send_response(422 if self.path == "/refuse" else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", calls
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def payments(url: str) -> Graph:
    """hook -> sign -> each order (body: copy) -> pay, which is refused."""

    def post(id: str, path: str, body: Any) -> Any:  # noqa: A002
        parameters = {"method": "POST", "url": f"{url}{path}", "body_type": "json", "body": body}
        return make_node(id, "http.request", parameters=parameters, retry=Retry(retries=0))

    return make_graph(
        make_node("hook", "webhook", parameters={"authentication": "none"}),
        post("sign", "/sign", {"card": "{{ trigger.body.card }}"}),
        make_node("orders", "for_each", parameters={"items": "{{ trigger.body.orders }}"}),
        make_set("copy", text="Order {{ item.id }} of {{ item.name }}"),
        post("pay", "/refuse", {"card": "{{ trigger.body.card }}", "token": "{{ steps.sign.body.token }}"}),
        edges=[
            make_edge("hook", "sign"),
            make_edge("sign", "orders"),
            make_edge("orders", "copy", "item"),
            make_edge("orders", "pay", "done"),
        ],
        id="redacted",
        name="redacted",
        settings=Settings(
            redact=[
                "$.trigger.body.card",
                "$.trigger.body.orders[*].name",
                "$.steps.sign.output.body.token",
            ]
        ),
    )


@pytest.fixture(scope="module")
def client(airflow_postgres: AirflowInstance) -> Iterator[httpx.Client]:
    with airflow_postgres.client() as opened:
        yield opened


def rows_with_secrets(url: str) -> list[str]:
    """Return the tables of which a row holds a secret as it is."""
    found = []
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        assert {"xcom", "dag_run", "flowforge_delivery"} <= set(names)
        for name in names:
            count = connection.scalar(
                sa.text(f'SELECT count(*) FROM "{name}" AS r WHERE r::text LIKE ANY(:texts)'),  # noqa: S608
                {"texts": [f"%{secret}%" for secret in SECRETS]},
            )
            found += [name] if count else []
    engine.dispose()
    return found


def texts_of_api(client: httpx.Client, *paths: str) -> str:
    answers = [client.get(path) for path in paths]
    for answer in answers:
        assert answer.is_success, f"{answer.url}: {answer.text}"
    return "\n".join(answer.text for answer in answers)


def logs_with_secrets(instance: AirflowInstance) -> list[str]:
    found = []
    for path in instance.home.rglob("*"):
        if path.is_file() and path.suffix in {".log", ".txt", ".jsonl", ""}:
            text = path.read_bytes()
            found += [str(path)] if any(secret.encode() in text for secret in SECRETS) else []
    return found


def test_nothing_hidden_is_kept_or_shown_and_steps_get_the_real_values(
    client: httpx.Client, airflow_postgres: AirflowInstance
) -> None:
    workflows = Workflows(client)
    with running_service() as (url, calls):
        workflow_id = workflows.publish(dump_graph(payments(url)))
        orders = [{"id": 1, "name": NAME}, {"id": 2, "name": "Short Sue"}]
        sent = client.post(
            f"/flowforge/api/webhooks/{workflow_id}",
            json={"card": CARD, "orders": orders, "note": f"card {CARD}"},
        )
        assert sent.status_code == 202, sent.text
        failed = workflows.finish(sent.json()["execution_id"])

        assert failed["state"] == "failed"
        # The services got what they need.
        assert calls == [
            ("/sign", {"card": CARD}),
            ("/refuse", {"card": CARD, "token": TOKEN}),
        ]
        assert failed["trigger"]["body"] == {
            "card": "***",
            "orders": [{"id": 1, "name": "***"}, {"id": 2, "name": "***"}],
            "note": "***",
        }
        steps = failed["steps"]
        assert steps["sign"]["output"]["body"]["token"] == "***"
        assert steps["sign"]["output"]["body"]["number"] == 1
        assert steps["orders"]["output"]["total"] == 2
        assert steps["pay"]["error"]["code"] == "http-status"

        # Run again from the step: what was kept is opened, and `***` in the edited input is what it was.
        edited = {**steps["pay"]["input"], "url": f"{url}/accept"}
        again = client.post(
            f"/flowforge/api/executions/{failed['id']}/rerun", json={"from_step": "pay", "input": edited}
        )
        assert again.is_success, again.text
        done = workflows.finish(again.json()["id"])
        assert done["state"] == "success", done["steps"]["pay"]
        assert calls[-1] == ("/accept", {"card": CARD, "token": TOKEN})

        # The same with the payload edited as it is shown.
        payload = {**failed["trigger"]["body"], "orders": []}
        whole = client.post(f"/flowforge/api/executions/{failed['id']}/rerun", json={"input": payload})
        assert whole.is_success, whole.text
        workflows.finish(whole.json()["id"])
        assert calls[-2:] == [
            ("/sign", {"card": CARD}),
            ("/refuse", {"card": CARD, "token": TOKEN}),
        ]

        # A redelivery, and a test of the step with the data of the failed execution.
        delivery = failed["trigger"]["delivery_id"]
        redelivered = client.post(f"/flowforge/api/deliveries/{delivery}/redeliver")
        assert redelivered.is_success, redelivered.text
        workflows.finish(redelivered.json()["execution_id"])
        assert calls[-1] == ("/refuse", {"card": CARD, "token": TOKEN})
        tested = client.post(
            f"/flowforge/api/workflows/{workflow_id}/steps/pay/test",
            json={
                "execution_id": failed["id"],
                "parameters": {**payments(url).nodes[-1].parameters, "url": f"{url}/accept"},
            },
        )
        assert tested.status_code == 202, tested.text
        result = wait_for_test(client, tested.headers["location"])
        assert result["state"] == "success", result
        assert calls[-1] == ("/accept", {"card": CARD, "token": TOKEN})
        assert result["output"]["body"]["you_sent"] == {"card": "***", "token": "***"}

        run = failed["run_id"]
        base = f"/flowforge/api/executions/{failed['id']}"
        airflow = f"/api/v2/dags/{workflow_id}/dagRuns/{run}"
        shown = texts_of_api(
            client,
            base,
            f"{base}/steps/pay",
            f"{base}/steps/copy/items",
            f"{base}/steps/copy?item=0",
            f"{base}/steps/pay/logs",
            f"{base}/steps/pay/logs/download?try_number=1",
            f"{base}/compare?with={done['id']}",
            f"{base}/rerun?from_step=pay",
            "/flowforge/api/executions",
            f"/flowforge/api/deliveries/{delivery}",
            f"/flowforge/api/deliveries/{delivery}/curl",
            "/flowforge/api/dead-letters",
            tested.headers["location"],
            airflow,
            f"{airflow}/taskInstances/pay/xcomEntries/flowforge_error",
            f"{airflow}/taskInstances/sign/xcomEntries/return_value",
        )

    assert [secret for secret in SECRETS if secret in shown] == []
    assert rows_with_secrets(airflow_postgres.database_url) == []
    assert logs_with_secrets(airflow_postgres) == []


def wait_for_test(client: httpx.Client, location: str) -> dict[str, Any]:
    from tests.integration.operators.loopback import wait_until

    def read() -> dict[str, Any]:
        found: dict[str, Any] = client.get(location).json()
        return found

    wait_until(lambda: read()["state"] in ("success", "failed"), seconds=120)
    return read()
