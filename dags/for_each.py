"""
Place each order

Prices each order and places it with the shop, four at once.

Compiled by FlowForge from the workflow for_each. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/for_each; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG, Label, task_group
from flowforge_provider.operators.for_each import ForEachItemsOperator, ForEachOperator
from flowforge_provider.operators.http import HttpOperator
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="for_each",
    dag_display_name="Place each order",
    description="Prices each order and places it with the shop, four at once.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["example", "flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        task_display_name="Orders",
        trigger_type="manual",
    )

    each_order_items = ForEachItemsOperator(
        task_id="each_order-items",
        task_display_name="Each order (items)",
        items="{{ trigger.body.orders }}",
        retries=0,
    )

    @task_group(
        group_id="each_order-body",
        prefix_group_id=False,
        default_args={"loop": "each_order", "max_active_tis_per_dagrun": 4},
    )
    def each_order_body(batch: object) -> None:
        """Run for each batch of items; a step takes its items from each_order-items."""
        price = TransformOperator(
            task_id="price",
            task_display_name="Work out the total",
            operations=[
                {
                    "operation": "set_fields",
                    "fields": [
                        {"name": "line", "value": "{{ item_index + 1 }}"},
                        {"name": "product", "value": "{{ item.product }}"},
                        {"name": "total", "value": "{{ item.price * item.quantity }}"},
                    ],
                },
            ],
            retries=0,
        )

        place = HttpOperator(
            task_id="place",
            task_display_name="Place the order",
            method="POST",
            url="/orders",
            connection_id="shop_api",
            body_type="json",
            body={"order": "{{ item.id }}", "total": "{{ steps.price.total }}"},
            retries=2,
            retry_delay=timedelta(seconds=5),
            retry_exponential_backoff=2,
            max_retry_delay=timedelta(minutes=5),
            retry_policy=StepRetryPolicy(
                retry_on=["connection", "timeout", "408", "425", "429", "5xx"],
                never_on=["501", "505"],
            ),
        )

        receipt = TransformOperator(
            task_id="receipt",
            task_display_name="Receipt",
            operations=[
                {
                    "operation": "set_fields",
                    "fields": [
                        {"name": "order", "value": "{{ item.id }}"},
                        {"name": "total", "value": "{{ steps.price.total }}"},
                        {"name": "status", "value": "{{ steps.place.status }}"},
                    ],
                },
            ],
            retries=0,
        )

        price >> place >> receipt

    each_order = ForEachOperator(
        task_id="each_order",
        task_display_name="Each order",
        continue_on_item_error=True,
        ports={"done": ["summary"]},
        retries=0,
        trigger_rule="all_done",
        doc_md="Orders that the shop refuses do not stop the others; the summary names them.",
    )

    summary = TransformOperator(
        task_id="summary",
        task_display_name="Summary",
        operations=[
            {
                "operation": "set_fields",
                "fields": [
                    {"name": "placed", "value": "{{ steps.each_order.succeeded }}"},
                    {"name": "receipts", "value": "{{ steps.each_order.results }}"},
                    {"name": "refused", "value": "{{ steps.each_order.errors }}"},
                ],
            },
        ],
        retries=0,
    )

    each_order_body.expand(batch=each_order_items.output) >> each_order
    start >> each_order_items
    each_order >> Label("done") >> summary
