"""
Wait

Compiled by FlowForge from the workflow wait. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/wait; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG, Label
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator
from flowforge_provider.operators.wait import WaitOperator

with DAG(
    dag_id="wait",
    dag_display_name="Wait",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={"workflow_timezone": "Europe/Moscow"},
    tags=["flowforge"],
) as dag:
    start = TriggerOperator(
        task_id="start",
        trigger_type="manual",
    )

    pause = WaitOperator(
        task_id="pause",
        task_display_name="Until the morning",
        mode="time_of_day",
        time="08:30",
        weekdays=["mon", "fri"],
        timezone="Asia/Tokyo",
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_policy=StepRetryPolicy(),
    )

    moment = WaitOperator(
        task_id="moment",
        mode="moment",
        until="{{ trigger.body.due }}",
        past="fail",
        ports={"success": ["short"], "error": ["too_late"]},
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_policy=StepRetryPolicy(),
        execution_timeout=timedelta(hours=2),
    )

    short = WaitOperator(
        task_id="short",
        amount=30,
        unit="seconds",
        retries=2,
        retry_delay=timedelta(seconds=5),
        retry_policy=StepRetryPolicy(),
    )

    too_late = TransformOperator(
        task_id="too_late",
        operations=[
            {
                "operation": "set_fields",
                "fields": [{"name": "why", "value": "{{ steps.moment.error.message }}"}],
            },
        ],
        retries=0,
    )

    start >> pause >> moment >> short
    moment >> Label("error") >> too_late
