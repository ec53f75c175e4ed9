"""
Remind later

Waits as long as the caller asks, and tells how long it was. No worker is held meanwhile.

Compiled by FlowForge from the workflow wait. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/wait; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator
from flowforge_provider.operators.wait import WaitOperator

with DAG(
    dag_id="wait",
    dag_display_name="Remind later",
    description="Waits as long as the caller asks, and tells how long it was. No worker is held meanwhile.",
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
        doc_md="Takes a text and the seconds after which to remind of it.",
    )

    pause = WaitOperator(
        task_id="pause",
        task_display_name="Wait",
        amount="{{ trigger.body.seconds }}",
        unit="seconds",
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_policy=StepRetryPolicy(),
        doc_md="Airflow's triggerer wakes the step.",
    )

    remind = TransformOperator(
        task_id="remind",
        task_display_name="Remind",
        operations=[
            {
                "operation": "set_fields",
                "fields": [
                    {"name": "text", "value": "{{ trigger.body.text }}"},
                    {"name": "after_s", "value": "{{ steps.pause.waited_s | round }}"},
                ],
            },
        ],
        retries=0,
        doc_md="Makes the reminder.",
    )

    start >> pause >> remind
