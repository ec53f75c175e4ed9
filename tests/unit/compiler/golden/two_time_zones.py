"""
Two offices

Compiled by FlowForge from the workflow two_offices. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/two_offices; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator
from flowforge_provider.operators.which_trigger import WhichTriggerOperator
from flowforge_provider.timetables.workflow import WorkflowTimetable

with DAG(
    dag_id="two_offices",
    dag_display_name="Two offices",
    doc_md=__doc__,
    schedule=WorkflowTimetable(
        workflow="two_offices",
        schedules=[
            {"node": "moscow", "crons": ["0 9 * * 1-5"], "timezone": "Europe/Moscow", "jitter_s": 120},
            {
                "node": "tokyo",
                "crons": ["@daily"],
                "timezone": "Asia/Tokyo",
                "catch_up": True,
                "start": "2026-03-01",
                "end": "2026-12-31",
            },
        ],
    ),
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={"workflow_timezone": "Europe/Moscow"},
    tags=["flowforge"],
) as dag:
    which_trigger = WhichTriggerOperator(
        task_id="which-trigger",
        no_overlap=["moscow"],
        retries=3,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=1),
        retry_policy=StepRetryPolicy(),
    )

    moscow = TriggerOperator(
        task_id="moscow",
        trigger_type="cron",
    )

    tokyo = TriggerOperator(
        task_id="tokyo",
        trigger_type="cron",
    )

    greet = TransformOperator(
        task_id="greet",
        operations=[
            {"operation": "set_fields", "fields": [{"name": "office", "value": "{{ trigger.node }}"}]},
        ],
        retries=0,
        trigger_rule="none_failed_min_one_success",
    )

    which_trigger >> [moscow, tokyo]
    moscow >> greet
    tokyo >> greet
