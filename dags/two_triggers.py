"""
Stock check

Works out which goods to order again: every working morning for all of them, and at once for the one
that a webhook names.

Compiled by FlowForge from the workflow two_triggers. Edit it in Airflow's web interface at
/plugin/flowforge/workflows/two_triggers; publishing it there replaces this file.
"""

from datetime import timedelta

from airflow.sdk import DAG
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator
from flowforge_provider.operators.which_trigger import WhichTriggerOperator
from flowforge_provider.timetables.workflow import WorkflowTimetable

with DAG(
    dag_id="two_triggers",
    dag_display_name="Stock check",
    description="Works out which goods to order again: every working morning for all of them, and at once for the one that a webhook names.",
    doc_md=__doc__,
    schedule=WorkflowTimetable(
        workflow="two_triggers",
        schedules=[
            {"node": "morning", "crons": ["0 7 * * 1-5"], "timezone": "Europe/Berlin", "jitter_s": 120},
        ],
    ),
    catchup=False,
    max_active_runs=16,
    is_paused_upon_creation=False,
    default_args={
        "variables": {
            "stock": [{"sku": "A-1", "count": 2}, {"sku": "B-7", "count": 40}, {"sku": "C-3", "count": 0}],
            "enough": 5,
        },
        "workflow_timezone": "Europe/Berlin",
    },
    tags=["example", "flowforge"],
) as dag:
    which_trigger = WhichTriggerOperator(
        task_id="which-trigger",
        no_overlap=["morning"],
        retries=3,
        retry_delay=timedelta(seconds=5),
        retry_exponential_backoff=2,
        max_retry_delay=timedelta(minutes=1),
        retry_policy=StepRetryPolicy(),
    )

    morning = TriggerOperator(
        task_id="morning",
        task_display_name="Working mornings",
        trigger_type="cron",
        doc_md="Skipped while an earlier run is still running.",
    )

    all_goods = TransformOperator(
        task_id="all_goods",
        task_display_name="All goods",
        operations=[{"operation": "set_fields", "fields": [{"name": "goods", "value": "{{ vars.stock }}"}]}],
        retries=0,
    )

    sold = TriggerOperator(
        task_id="sold",
        task_display_name="Goods were sold",
        trigger_type="webhook",
    )

    one_good = TransformOperator(
        task_id="one_good",
        task_display_name="The one that was sold",
        operations=[
            {
                "operation": "set_fields",
                "fields": [
                    {
                        "name": "goods",
                        "value": "{{ vars.stock | selectattr('sku', 'equalto', trigger.body.sku) | list }}",
                    },
                ],
            },
        ],
        retries=0,
    )

    to_order = TransformOperator(
        task_id="to_order",
        task_display_name="To order again",
        operations=[
            {
                "operation": "set_fields",
                "fields": [
                    {
                        "name": "skus",
                        "value": "{{ (steps.one_good or steps.all_goods).goods | selectattr('count', 'lt', vars.enough) | map(attribute='sku') | list }}",
                    },
                    {"name": "because_of", "value": "{{ trigger.node }}"},
                ],
            },
        ],
        retries=0,
        trigger_rule="none_failed_min_one_success",
        doc_md="Runs after whichever trigger has fired; the step of the other one was skipped and has no output.",
    )

    which_trigger >> [morning, sold]
    morning >> all_goods >> to_order
    sold >> one_good >> to_order
