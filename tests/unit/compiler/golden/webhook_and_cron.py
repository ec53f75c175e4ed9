"""
Orders

Compiled by FlowForge from the workflow orders. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/orders; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG, MultipleCronTriggerTimetable
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator
from flowforge_provider.operators.which_trigger import WhichTriggerOperator

with DAG(
    dag_id="orders",
    dag_display_name="Orders",
    doc_md=__doc__,
    schedule=MultipleCronTriggerTimetable(
        "0 3 * * *",
        "0 15 * * 6",
        timezone="Europe/Moscow",
        run_immediately=timedelta(0),
    ),
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={"workflow_timezone": "Europe/Moscow"},
    tags=["flowforge"],
) as dag:
    which_trigger = WhichTriggerOperator(
        task_id="which-trigger",
        retries=3,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=1),
        retry_policy=StepRetryPolicy(),
    )

    hook = TriggerOperator(
        task_id="hook",
        task_display_name="New order",
        trigger_type="webhook",
    )

    nightly = TriggerOperator(
        task_id="nightly",
        trigger_type="cron",
    )

    all_ = TransformOperator(
        task_id="all",
        operations=[
            {"operation": "set_fields", "fields": [{"name": "since", "value": "{{ trigger.scheduled_at }}"}]},
        ],
        retries=0,
    )

    one = TransformOperator(
        task_id="one",
        operations=[
            {"operation": "set_fields", "fields": [{"name": "id", "value": "{{ trigger.body.id }}"}]},
        ],
        retries=0,
    )

    tell = TransformOperator(
        task_id="tell",
        operations=[{"operation": "set_fields", "fields": [{"name": "by", "value": "{{ trigger.node }}"}]}],
        retries=0,
        trigger_rule="none_failed_min_one_success",
    )

    which_trigger >> [hook, nightly]
    hook >> one >> tell
    nightly >> all_ >> tell
