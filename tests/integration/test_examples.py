"""Every example workflow, run by real workers against real servers, does what its description says."""

from __future__ import annotations

import csv
import io
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.world import World, example_names, read_example, running_world, sample_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.airflow import AirflowInstance
    from tests.support.postgres import PostgresServer

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

# Example -> (step, option, form): the answer of the person that it waits for.
ANSWERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "approval": ("ask", "Approve", {"amount": 15}),
    "incident": ("decide", "Restart", {"reason": "It hangs."}),
}
CHECKS: dict[str, Callable[[dict[str, Any], World], None]] = {}


def checks(name: str) -> Callable[[Any], Any]:
    """Register a function that looks at what an example has done."""

    def register(function: Any) -> Any:
        CHECKS[name] = function
        return function

    return register


@pytest.fixture(scope="module")
def world(airflow_postgres: AirflowInstance, postgres_server: PostgresServer) -> Iterator[World]:
    with running_world(airflow_postgres, postgres_server) as running:
        yield running


@pytest.fixture(scope="module")
def started(world: World) -> dict[str, str]:
    """Name -> execution of every example; all of them run at the same time."""
    documents = {name: read_example(name) for name in example_names()}
    ids = {name: world.workflows.publish(document) for name, document in documents.items()}
    return {name: world.workflows.start(ids[name], sample_of(documents[name])) for name in documents}


@pytest.mark.parametrize("name", example_names())
def test_the_example_does_what_it_says(name: str, started: dict[str, str], world: World) -> None:
    if name in ANSWERS:
        world.workflows.answer(started[name], *ANSWERS[name])
    execution = world.workflows.finish(started[name], seconds=300)
    told = {step["node_id"]: (step["state"], step.get("error")) for step in execution["steps"].values()}
    assert execution["state"] == "success", told
    CHECKS[name](execution, world)


def test_every_example_is_looked_at() -> None:
    assert sorted(CHECKS) == example_names()


def output(execution: dict[str, Any], node_id: str) -> Any:
    return execution["steps"][node_id]["output"]


@checks("orders")
def check_orders(execution: dict[str, Any], _world: World) -> None:
    assert output(execution, "place_order")["status"] == 201
    assert output(execution, "total")["quantity"] == 2


@checks("orders_postgres")
def check_orders_postgres(execution: dict[str, Any], world: World) -> None:
    rows = world.query("SELECT product_id, quantity FROM orders WHERE run_id IS NOT NULL")
    assert (7, 2) in rows
    assert output(execution, "store_order")["row_count"] == 1


@checks("transform")
def check_transform(execution: dict[str, Any], _world: World) -> None:
    assert output(execution, "products") == [
        {"sku": "tea", "pieces": 5, "revenue": "20.50", "last_order": "2026-05-04T09:05:00+02:00"},
        {"sku": "cup", "pieces": 1, "revenue": "12.00", "last_order": "2026-05-03T18:30:00+02:00"},
    ]
    file = output(execution, "file")
    assert file["filename"] == "products-2.csv"
    assert b64decode(file["base64"]) == b"sku;pieces;revenue\r\ntea;5;20.50\r\ncup;1;12.00\r\n"


@checks("email_send")
def check_email_send(_execution: dict[str, Any], world: World) -> None:
    mail = next(mail for mail in world.smtp.mails if "ann@example.com" in mail.recipients)
    assert mail.message["Subject"] == "Order 7"
    assert "orders@example.com" in mail.recipients
    assert mail.message["Bcc"] is None
    assert [part.get_filename() for part in mail.message.iter_attachments()] == ["order.json"]


@checks("email_receive")
def check_email_receive(execution: dict[str, Any], world: World) -> None:
    assert output(execution, "order") == {"product": "4", "quantity": "3"}
    mail = next(mail for mail in world.smtp.mails if "bea@example.com" in mail.recipients)
    assert mail.message["Subject"] == "Re: Order 12"
    assert mail.message["In-Reply-To"] == "<order-12@example.com>"


@checks("http_request")
def check_http_request(execution: dict[str, Any], world: World) -> None:
    products = output(execution, "products")
    assert (len(products["body"]), products["pages"], products["complete"]) == (12, 3, True)
    scarce = [{"id": number, "missing": number - 8} for number in range(9, 13)]
    assert world.shop.posts["/restocks"] == [{"reason": "weekly check", "products": scarce}]
    assert output(execution, "order")["status"] == 201


@checks("wait")
def check_wait(execution: dict[str, Any], _world: World) -> None:
    assert output(execution, "pause")["waited_s"] >= 2


@checks("telegram_send")
def check_telegram_send(execution: dict[str, Any], world: World) -> None:
    told, attached = [call for chat, call in world.telegram.sent if "Order 7" in str(call.fields)][:2]
    assert told.fields["text"] == "<b>Order 7</b> of Ann &amp; Bob is paid."
    assert told.fields["reply_markup"]["inline_keyboard"][0][0]["url"] == "https://shop.example.com/orders/7"
    assert attached.fields["reply_parameters"]["message_id"] == output(execution, "tell")["message_id"]
    ((name, content),) = attached.files.values()
    assert name == "order.json"
    assert b'"customer"' in content


@checks("for_each")
def check_for_each(execution: dict[str, Any], world: World) -> None:
    assert output(execution, "summary")["placed"] == 3
    assert [receipt["order"] for receipt in output(execution, "summary")["receipts"]] == [1, 2, 3]
    placed = [body for body in world.shop.posts["/orders"] if "order" in body]
    assert sorted(body["order"] for body in placed) == [1, 2, 3]


@checks("paginated_sync")
def check_paginated_sync(execution: dict[str, Any], world: World) -> None:
    # Two of the twelve products have less in stock than the table takes.
    assert world.query("SELECT id, price::int FROM products ORDER BY id") == [
        (n, 5 * n) for n in range(1, 11)
    ]
    problems = sorted(world.shop.posts["/sync-problems"], key=lambda problem: problem["product"])
    assert [(problem["product"], problem["place"]) for problem in problems] == [(11, 10), (12, 11)]
    assert all("stock" in problem["why"] for problem in problems)
    assert output(execution, "summary") == {"products": 12, "complete": True, "lost": []}
    assert execution["steps"]["alarm"]["state"] == "skipped"


@checks("if")
def check_if(execution: dict[str, Any], _world: World) -> None:
    assert output(execution, "free") == {"delivery": 0}
    assert execution["steps"]["paid"]["state"] == "skipped"


@checks("switch")
def check_switch(execution: dict[str, Any], _world: World) -> None:
    states = {node_id: step["state"] for node_id, step in execution["steps"].items()}
    assert states["engineers"] == states["accounting"] == "success"
    assert states["manager"] == states["support"] == "skipped"


@checks("note")
def check_note(execution: dict[str, Any], _world: World) -> None:
    assert set(execution["steps"]) == {"start", "gross"}
    assert output(execution, "gross")["gross"] > 100


@checks("delivery_price")
def check_delivery_price(execution: dict[str, Any], _world: World) -> None:
    assert output(execution, "price") == {"price": 20, "currency": "EUR"}


@checks("approval")
def check_approval(execution: dict[str, Any], _world: World) -> None:
    assert output(execution, "refund")["refund"] == 15
    assert execution["steps"]["refuse"]["state"] == execution["steps"]["remind"]["state"] == "skipped"


@checks("workflow_run")
def check_workflow_run(execution: dict[str, Any], _world: World) -> None:
    assert output(execution, "delivery")["state"] == "success"
    assert output(execution, "quote")["delivery"] == {"price": 20, "currency": "EUR"}
    assert output(execution, "quote")["item"] == "Lamp"


@checks("nightly_report")
def check_nightly_report(execution: dict[str, Any], world: World) -> None:
    mail = next(mail for mail in world.smtp.mails if "boss@example.com" in mail.recipients)
    (attached,) = mail.message.iter_attachments()
    assert str(attached.get_filename()).startswith("sales-")
    assert attached.get_content_type() == "text/csv"
    lines = list(csv.DictReader(io.StringIO(attached.get_content())))
    sales = {line["product"]: (line["orders"], line["pieces"], line["revenue"]) for line in lines}
    assert sales["Tea"] == ("2", "3", "14.25")
    assert sales["Cup; blue"] == ("1", "1", "12")
    assert "Spoon" not in sales
    assert str(mail.message["Subject"]).startswith("Sales: ")
    assert execution["steps"]["quiet"]["state"] == "skipped"


@checks("postgres_query")
def check_postgres_query(execution: dict[str, Any], world: World) -> None:
    assert output(execution, "store")["row_count"] == 2
    summary = output(execution, "summary")["rows"]
    assert [(row["sensor"], row["readings"], row["mean"]) for row in summary] == [
        ("cellar", 1, 11.5),
        ("roof", 1, -3.25),
    ]
    assert summary[0]["last_at"] == "2026-01-31T08:00:00+00:00"
    assert output(execution, "clean")["rows"] == [{"left_over": 2}]
    assert world.query("SELECT sensor, tags FROM readings ORDER BY sensor") == [
        ("cellar", []),
        ("roof", ["outside"]),
    ]


@checks("order_intake")
def check_order_intake(execution: dict[str, Any], world: World) -> None:
    assert execution["steps"]["hold"]["state"] == "skipped"
    assert output(execution, "accept")["rows"] == [
        {"sku": "lamp", "quantity": 2},
        {"sku": "desk", "quantity": 1},
    ]
    orders = world.query("SELECT order_id, customer ->> 'name', total::float, status FROM intake_orders")
    assert orders == [("A-1007", "Ann O'Neill", 288.8, "accepted")]
    assert world.query("SELECT count(*) FROM intake_lines") == [(2,)]


@checks("stock_movements")
def check_stock_movements(execution: dict[str, Any], _world: World) -> None:
    assert output(execution, "by_product") == [
        {"warehouse": "north", "sku": "tea", "pieces": 7, "movements": 2},
        {"warehouse": "north", "sku": "cup", "pieces": -2, "movements": 1},
    ]


@checks("incident")
def check_incident(execution: dict[str, Any], world: World) -> None:
    assert {"service": "checkout", "reason": "It hangs."}.items() <= world.shop.posts["/restarts"][0].items()
    told = [text for text in world.telegram.texts() if "checkout" in text]
    assert "Error rate 14 % for 5 minutes" in told[0]
    assert str(execution["run_id"])[:10] in told[0]
    assert told[1] == "✅ checkout is being restarted."
    states = {node_id: step["state"] for node_id, step in execution["steps"].items()}
    assert states["left"] == states["escalate"] == states["failed"] == states["note_warning"] == "skipped"


@checks("merge")
def check_merge(execution: dict[str, Any], _world: World) -> None:
    joined = output(execution, "join")
    assert [row["id"] for row in joined] == [7, 8] or [row["customer_id"] for row in joined] == [1, 3]
    assert execution["steps"]["warn"]["state"] == "skipped"
    assert output(execution, "all") == {"join": joined, "warn": None}


@checks("respond")
def check_respond(execution: dict[str, Any], _world: World) -> None:
    assert (execution["result"]["status"], execution["result"]["body"]) == (200, {"total": 13.5})
    assert output(execution, "log")["answered"] == 200
    assert execution["steps"]["refuse"]["state"] == "skipped"


@checks("stop")
def check_stop(execution: dict[str, Any], _world: World) -> None:
    assert output(execution, "done")["message"] == "Order 7 is empty."
    assert execution["steps"]["fail"]["state"] == execution["steps"]["pack"]["state"] == "skipped"


@checks("two_triggers")
def check_two_triggers(execution: dict[str, Any], _world: World) -> None:
    # Without a manual trigger, a start by hand begins at the first trigger by its id.
    assert output(execution, "to_order") == {"skus": ["A-1", "C-3"], "because_of": "morning"}
    assert execution["steps"]["sold"]["state"] == "skipped"
    assert execution["steps"]["one_good"]["state"] == "skipped"


@checks("form")
def check_form(execution: dict[str, Any], _world: World) -> None:
    assert output(execution, "ticket") == {
        "title": "Delivery: ann@example.com",
        "priority": "high",
        "text": "The parcel is late.",
    }


@checks("asset")
def check_asset(execution: dict[str, Any], _world: World) -> None:
    assert output(execution, "sum") == {"rows": 3, "highest": 12, "source": "asset_publish"}


@checks("asset_publish")
def check_asset_publish(execution: dict[str, Any], world: World) -> None:
    assert output(execution, "publish") == {
        "asset": "example_prices",
        "uri": "example_prices",
        "extra": {"prices": [4.1, 12, 3.5], "rows": 3},
    }
    # The other example starts by itself.
    caused = world.workflows.wait_for_run("asset", trigger_type="asset")
    trigger = world.workflows.finish(caused)["trigger"]
    (event,) = trigger["body"]["events"]
    assert event["extra"] == {"prices": [4.1, 12, 3.5], "rows": 3}
    assert event["source"]["execution_id"] == execution["id"]
