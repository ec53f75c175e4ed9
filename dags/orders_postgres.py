"""
Orders to PostgreSQL

Takes an order by webhook, looks the product up, places the order and stores it.

Compiled by FlowForge from the workflow orders_postgres. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/orders_postgres; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG
from flowforge_provider.operators.http import HttpOperator
from flowforge_provider.operators.postgres import PostgresOperator
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="orders_postgres",
    dag_display_name="Orders to PostgreSQL",
    description="Takes an order by webhook, looks the product up, places the order and stores it.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["example", "flowforge"],
) as dag:
    webhook = TriggerOperator(
        task_id="webhook",
        task_display_name="New order",
        trigger_type="webhook",
        doc_md="Receives the id of a product and a quantity. The token is the password of the connection.",
    )

    get_product = HttpOperator(
        task_id="get_product",
        task_display_name="Get the product",
        url="/flowforge/api/demo/products/{{ trigger.body.id }}",
        connection_id="flowforge_demo",
        retries=2,
        retry_delay=timedelta(seconds=2),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(seconds=30),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "408", "425", "429", "5xx"],
            never_on=["501", "505"],
        ),
        execution_timeout=timedelta(minutes=1),
        doc_md="Asks the shop for name and price.",
    )

    total = TransformOperator(
        task_id="total",
        task_display_name="Work out the total",
        operations=[
            {
                "operation": "set_fields",
                "fields": [
                    {"name": "product_id", "value": "{{ steps.get_product.body.id }}"},
                    {"name": "product", "value": "{{ steps.get_product.body.name }}"},
                    {"name": "quantity", "value": "{{ trigger.body.quantity }}"},
                    {
                        "name": "total",
                        "value": "{{ (steps.get_product.body.price * trigger.body.quantity) | round(2) }}",
                    },
                    {"name": "ordered_at", "value": "{{ now() }}"},
                ],
            },
        ],
        retries=0,
        doc_md="Price times quantity, and the time of the order.",
    )

    place_order = HttpOperator(
        task_id="place_order",
        task_display_name="Place the order",
        method="POST",
        url="/flowforge/api/demo/orders",
        connection_id="flowforge_demo",
        headers=[{"name": "Idempotency-Key", "value": "{{ run.id }}"}],
        body_type="json",
        body="{{ steps.total }}",
        retries=2,
        retry_delay=timedelta(seconds=2),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(seconds=30),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "408", "425", "429", "5xx"],
            never_on=["501", "505"],
        ),
        execution_timeout=timedelta(minutes=1),
        doc_md="Hands the order on. The key keeps a retry from placing it twice.",
    )

    store_order = PostgresOperator(
        task_id="store_order",
        task_display_name="Store the order",
        connection_id="flowforge_orders_db",
        operation="execute",
        sql=(
            "INSERT INTO orders (run_id, product_id, product, quantity, total, ordered_at)\n"
            "VALUES (\n"
            "    {{ run.id }},\n"
            "    {{ steps.total.product_id }},\n"
            "    {{ steps.total.product }},\n"
            "    {{ steps.total.quantity }},\n"
            "    {{ steps.total.total }},\n"
            "    {{ steps.total.ordered_at }}\n"
            ")\n"
            "ON CONFLICT (run_id) DO UPDATE SET run_id = excluded.run_id\n"
            "RETURNING id, total"
        ),
        statement_timeout_s=30,
        retries=3,
        retry_delay=timedelta(seconds=2),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=1),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "database_conflict"],
            never_on=["postgres-commit-unknown"],
        ),
        execution_timeout=timedelta(minutes=1),
        doc_md=(
            "Writes one row, however often the step is tried. The table:\n"
            "\n"
            "```sql\n"
            "CREATE TABLE orders (\n"
            "    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n"
            "    run_id text NOT NULL UNIQUE,\n"
            "    product_id bigint NOT NULL,\n"
            "    product text NOT NULL,\n"
            "    quantity integer NOT NULL,\n"
            "    total numeric(12, 2) NOT NULL,\n"
            "    ordered_at timestamptz NOT NULL\n"
            ");\n"
            "```"
        ),
    )

    webhook >> get_product >> total >> place_order >> store_order
