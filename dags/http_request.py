"""
Order what is running out

Reads a shop's products, page by page, and orders those that are running out.

Compiled by FlowForge from the workflow http_request. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/http_request; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG
from flowforge_provider.operators.http import HttpOperator
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator

with DAG(
    dag_id="http_request",
    dag_display_name="Order what is running out",
    description="Reads a shop's products, page by page, and orders those that are running out.",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={"variables": {"enough": 4}},
    tags=["example", "flowforge"],
) as dag:
    manual = TriggerOperator(
        task_id="manual",
        task_display_name="Start",
        trigger_type="manual",
        doc_md="Calls the shop of the connection shop_api.",
    )

    products = HttpOperator(
        task_id="products",
        task_display_name="Read all products",
        url="/products",
        connection_id="shop_api",
        pagination="next_link",
        next_field="next",
        items_field="items",
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "408", "425", "429", "5xx"],
            never_on=["501", "505"],
        ),
        doc_md="Each answer names the next page; the output is one list.",
    )

    scarce = TransformOperator(
        task_id="scarce",
        task_display_name="Keep what is scarce",
        operations=[
            {"operation": "jq", "program": "[.body[] | select(.stock < 4) | {id, missing: (4 - .stock)}]"},
        ],
        retries=0,
    )

    order = HttpOperator(
        task_id="order",
        task_display_name="Order them",
        method="POST",
        url="/restocks",
        connection_id="shop_api",
        headers=[{"name": "X-Run", "value": "{{ run.id }}"}],
        body_type="json",
        body={"reason": "{{ trigger.body.reason }}", "products": "{{ steps.scarce }}"},
        success_statuses=["201"],
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=5),
        retry_policy=StepRetryPolicy(
            retry_on=["connection", "timeout", "408", "425", "429", "5xx"],
            never_on=["501", "505"],
        ),
        doc_md="A retry carries the same Idempotency-Key, so the shop orders once.",
    )

    manual >> products >> scarce >> order
