"""
Synchronise products

Reads all pages of a catalogue and keeps the products in a table.

Compiled by FlowForge from the workflow paginated_sync. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/paginated_sync; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG, Label, task_group
from flowforge_provider.operators.for_each import ForEachItemsOperator, ForEachOperator
from flowforge_provider.operators.http import HttpOperator
from flowforge_provider.operators.postgres import PostgresOperator
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="paginated_sync",
    dag_display_name="Synchronise products",
    description="Reads all pages of a catalogue and keeps the products in a table.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["flowforge", "template"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        task_display_name="Synchronise",
        trigger_type="manual",
    )

    fetch = HttpOperator(
        task_id="fetch",
        task_display_name="Read all pages",
        url="/products",
        connection_id="shop_api",
        pagination="next_link",
        next_field="next",
        items_field="items",
        ports={"success": ["each_product-items"], "error": ["alarm"]},
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "408", "425", "429", "5xx"],
            never_on=["501", "505"],
        ),
    )

    alarm = HttpOperator(
        task_id="alarm",
        task_display_name="Tell that it failed",
        method="POST",
        url="/alarms",
        connection_id="shop_api",
        body_type="json",
        body={"workflow": "{{ workflow.name }}", "why": "{{ steps.fetch.error.message }}"},
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "408", "425", "429", "5xx"],
            never_on=["501", "505"],
        ),
    )

    each_product_items = ForEachItemsOperator(
        task_id="each_product-items",
        task_display_name="Each product (items)",
        items="{{ steps.fetch.body }}",
        batch_size=4,
        retries=0,
    )

    @task_group(
        group_id="each_product-body",
        prefix_group_id=False,
        default_args={"loop": "each_product", "max_active_tis_per_dagrun": 4},
    )
    def each_product_body(batch: object) -> None:
        """Run for each batch of items; a step takes its items from each_product-items."""
        store = PostgresOperator(
            task_id="store",
            task_display_name="Store the product",
            connection_id="orders_db",
            operation="upsert",
            table="products",
            row=[
                {"name": "id", "value": "{{ item.id }}"},
                {"name": "name", "value": "{{ item.name }}"},
                {"name": "price", "value": "{{ item.price }}"},
                {"name": "stock", "value": "{{ item.stock }}"},
            ],
            conflict_columns=["id"],
            ports={"error": ["refused"]},
            retries=2,
            retry_delay=timedelta(seconds=5),
            retry_exponential_backoff=2,
            max_retry_delay=timedelta(minutes=5),
            retry_policy=StepRetryPolicy(
                retry_on=["connection", "timeout", "database_conflict"],
                never_on=["postgres-commit-unknown"],
            ),
            doc_md=(
                "Needs a table:\n"
                "\n"
                "```sql\n"
                "CREATE TABLE products (\n"
                "  id int PRIMARY KEY,\n"
                "  name text NOT NULL,\n"
                "  price numeric,\n"
                "  stock int CHECK (stock >= 2)\n"
                ");\n"
                "```"
            ),
        )

        refused = HttpOperator(
            task_id="refused",
            task_display_name="Report what was refused",
            method="POST",
            url="/sync-problems",
            connection_id="shop_api",
            body_type="json",
            body={
                "product": "{{ item.id }}",
                "place": "{{ item_index }}",
                "why": "{{ steps.store.error.message }}",
            },
            retries=2,
            retry_delay=timedelta(seconds=5),
            retry_exponential_backoff=2,
            max_retry_delay=timedelta(minutes=5),
            retry_policy=StepRetryPolicy(
                retry_on=["connection", "timeout", "408", "425", "429", "5xx"],
                never_on=["501", "505"],
            ),
        )

        store >> Label("error") >> refused

    each_product = ForEachOperator(
        task_id="each_product",
        task_display_name="Each product",
        continue_on_item_error=True,
        ports={"done": ["summary"]},
        retries=0,
        trigger_rule="all_done",
        doc_md="Four products a task: a task of Airflow costs more than the statement that it runs.",
    )

    summary = TransformOperator(
        task_id="summary",
        task_display_name="Summary",
        operations=[
            {
                "operation": "set_fields",
                "fields": [
                    {"name": "products", "value": "{{ steps.each_product.total }}"},
                    {"name": "complete", "value": "{{ steps.fetch.complete }}"},
                    {"name": "lost", "value": "{{ steps.each_product.errors }}"},
                ],
            },
        ],
        retries=0,
    )

    each_product_body.expand(batch=each_product_items.output) >> each_product
    start >> fetch >> each_product_items
    fetch >> Label("error") >> alarm
    each_product >> Label("done") >> summary
