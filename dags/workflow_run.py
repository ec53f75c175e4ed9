"""
Quote

Has the workflow "Delivery price" work out a price, and waits for it.

Compiled by FlowForge from the workflow workflow_run. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/workflow_run; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator
from flowforge_provider.operators.workflow_run import WorkflowRunOperator

with DAG(
    dag_id="workflow_run",
    dag_display_name="Quote",
    description='Has the workflow "Delivery price" work out a price, and waits for it.',
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    tags=["example", "flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        task_display_name="Start",
        trigger_type="manual",
        doc_md="Takes an item and its weight.",
    )

    delivery = WorkflowRunOperator(
        task_id="delivery",
        task_display_name="Ask for the delivery price",
        workflow_id="delivery_price",
        payload={"weight_kg": "{{ trigger.body.weight_kg }}", "express": True},
        retries=2,
        retry_delay=timedelta(seconds=10),
        retry_policy=StepRetryPolicy(never_on=["workflow-failed"]),
        doc_md="Runs the other workflow and waits for its end without holding a worker.",
    )

    quote = TransformOperator(
        task_id="quote",
        task_display_name="Write the quote",
        operations=[
            {
                "operation": "set_fields",
                "fields": [
                    {"name": "item", "value": "{{ trigger.body.item }}"},
                    {"name": "delivery", "value": "{{ steps.delivery.result.body }}"},
                    {"name": "execution", "value": "{{ steps.delivery.execution_id }}"},
                ],
            },
        ],
        retries=0,
        doc_md="Puts the item and the result of the other workflow together.",
    )

    start >> delivery >> quote
