"""
For each order

Prices each order, and sends the large ones on.

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
    dag_display_name="For each order",
    description="Prices each order, and sends the large ones on.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        trigger_type="manual",
    )

    each_items = ForEachItemsOperator(
        task_id="each-items",
        task_display_name="Each order (items)",
        items="{{ trigger.body.orders }}",
        batch_size=10,
        retries=0,
    )

    @task_group(
        group_id="each-body",
        prefix_group_id=False,
        default_args={"loop": "each", "max_active_tis_per_dagrun": 4},
    )
    def each_body(batch: object) -> None:
        """Run for each batch of items; a step takes its items from each-items."""
        price = TransformOperator(
            task_id="price",
            operations=[
                {
                    "operation": "set_fields",
                    "fields": [{"name": "total", "value": "{{ item.price * item.quantity }}"}],
                },
            ],
            retries=0,
        )

        send = HttpOperator(
            task_id="send",
            method="POST",
            url="https://shop.example/orders",
            body_type="json",
            body="{{ steps.price }}",
            ports={"success": ["end"], "error": ["note"]},
            retries=2,
            retry_delay=timedelta(seconds=5),
            retry_exponential_backoff=2,
            max_retry_delay=timedelta(minutes=5),
            retry_policy=StepRetryPolicy(
                retry_on=["connection", "timeout", "408", "425", "429", "5xx"],
                never_on=["501", "505"],
            ),
            execution_timeout=timedelta(seconds=30),
        )

        note = TransformOperator(
            task_id="note",
            operations=[
                {
                    "operation": "set_fields",
                    "fields": [{"name": "why", "value": "{{ steps.send.error.message }}"}],
                },
            ],
            retries=0,
        )

        end = TransformOperator(
            task_id="end",
            operations=[
                {"operation": "set_fields", "fields": [{"name": "index", "value": "{{ item_index }}"}]},
            ],
            retries=0,
            trigger_rule="none_failed",
        )

        price >> send >> end
        send >> Label("error") >> note >> end

    each = ForEachOperator(
        task_id="each",
        task_display_name="Each order",
        continue_on_item_error=True,
        ports={"done": ["report"], "error": ["alarm"]},
        retries=0,
        trigger_rule="all_done",
        doc_md="Orders of one day.",
    )

    alarm = TransformOperator(
        task_id="alarm",
        operations=[
            {
                "operation": "set_fields",
                "fields": [{"name": "why", "value": "{{ steps.each.error.message }}"}],
            },
        ],
        retries=0,
    )

    report = TransformOperator(
        task_id="report",
        operations=[
            {"operation": "set_fields", "fields": [{"name": "count", "value": "{{ steps.each.succeeded }}"}]},
        ],
        retries=0,
    )

    each_body.expand(batch=each_items.output) >> each
    start >> each_items
    each >> Label("error") >> alarm
    each >> Label("done") >> report
