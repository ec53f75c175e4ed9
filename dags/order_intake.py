"""
Order intake

Takes orders by webhook, holds large ones for review, and writes each of them once.

Compiled by FlowForge from the workflow order_intake. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/order_intake; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG, Label
from flowforge_provider.operators.branch import IfOperator
from flowforge_provider.operators.postgres import PostgresOperator
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="order_intake",
    dag_display_name="Order intake",
    description="Takes orders by webhook, holds large ones for review, and writes each of them once.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={"variables": {"review_from": 1000}},
    tags=["flowforge", "template"],
) as dag:
    webhook = TriggerOperator(
        task_id="webhook",
        task_display_name="New order",
        trigger_type="webhook",
        doc_md="Receives an order with its lines. Choose a header token before this is open to the world.",
    )

    total = TransformOperator(
        task_id="total",
        task_display_name="Work out the total",
        input="{{ trigger.body }}",
        operations=[
            {
                "operation": "jq",
                "program": "{total: (([.lines[] | .price * .quantity] | add // 0) * 100 | round / 100)}",
            },
        ],
        retries=0,
        doc_md="Price times quantity of all lines.",
    )

    is_large = IfOperator(
        task_id="is_large",
        task_display_name="Large order?",
        conditions={
            "match": "all",
            "conditions": [
                {
                    "left": "{{ steps.total.total }}",
                    "type": "number",
                    "operator": "greater_or_equal",
                    "right": "{{ vars.review_from }}",
                },
            ],
        },
        ports={"false": ["accept"], "true": ["hold"]},
        retries=0,
        doc_md="Large orders are looked at by a person first.",
    )

    accept = PostgresOperator(
        task_id="accept",
        task_display_name="Accept the order",
        connection_id="orders_db",
        operation="execute",
        sql=(
            "INSERT INTO intake_orders (order_id, customer, total, status)\n"
            "VALUES (\n"
            "    {{ trigger.body.order_id }},\n"
            "    {{ trigger.body.customer }},\n"
            "    {{ steps.total.total }},\n"
            "    'accepted'\n"
            ")\n"
            "ON CONFLICT (order_id) DO UPDATE\n"
            "SET customer = excluded.customer, total = excluded.total, status = excluded.status;\n"
            "\n"
            "-- The list of lines goes in as one value.\n"
            "INSERT INTO intake_lines (order_id, sku, quantity, price)\n"
            "SELECT {{ trigger.body.order_id }}, line.sku, line.quantity, line.price\n"
            "FROM jsonb_to_recordset({{ trigger.body.lines }})\n"
            "    AS line (sku text, quantity integer, price numeric)\n"
            "ON CONFLICT (order_id, sku) DO UPDATE\n"
            "SET quantity = excluded.quantity, price = excluded.price\n"
            "RETURNING sku, quantity"
        ),
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "database_conflict"],
            never_on=["postgres-commit-unknown"],
        ),
        doc_md="The order and its lines in one transaction: both are written, or none.",
    )

    hold = PostgresOperator(
        task_id="hold",
        task_display_name="Hold for review",
        connection_id="orders_db",
        operation="upsert",
        table="intake_orders",
        row=[
            {"name": "order_id", "value": "{{ trigger.body.order_id }}"},
            {"name": "customer", "value": "{{ trigger.body.customer }}"},
            {"name": "total", "value": "{{ steps.total.total }}"},
            {"name": "status", "value": "review"},
        ],
        conflict_columns=["order_id"],
        returning=["order_id", "status"],
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "database_conflict"],
            never_on=["postgres-commit-unknown"],
        ),
        doc_md=(
            "An order that comes twice is one row, by its id. The tables:\n"
            "\n"
            "```sql\n"
            "CREATE TABLE intake_orders (\n"
            "    order_id text PRIMARY KEY,\n"
            "    customer jsonb NOT NULL,\n"
            "    total numeric(12, 2) NOT NULL,\n"
            "    status text NOT NULL,\n"
            "    received_at timestamptz NOT NULL DEFAULT now()\n"
            ");\n"
            "CREATE TABLE intake_lines (\n"
            "    order_id text NOT NULL REFERENCES intake_orders,\n"
            "    sku text NOT NULL,\n"
            "    quantity integer NOT NULL,\n"
            "    price numeric(12, 2) NOT NULL,\n"
            "    PRIMARY KEY (order_id, sku)\n"
            ");\n"
            "```"
        ),
    )

    webhook >> total >> is_large >> Label("false") >> accept
    is_large >> Label("true") >> hold
